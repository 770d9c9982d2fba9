// Creating, changing and deleting VMs.
import { beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../../../control/src/app/app.ts'
import type { Refusal } from '../../../control/src/app/refusal.ts'
import { World } from '../../fakes/world.ts'
import { draft } from './draft.ts'

const CHANGE = { dryRun: false, by: 'administrator' }
const any = () => true
const disk = (file: string, readOnly = false) => ({ datastore: 'local', file, format: 'qcow2', readOnly })

function refusal(act: () => unknown): Pick<Refusal, 'kind' | 'code' | 'problems'> {
  try {
    act()
  } catch (error) {
    const { kind, code, problems } = error as Refusal
    return { kind, code, problems }
  }
  throw new Error('was not refused')
}

describe('VMs', () => {
  let world: World
  let app: App
  beforeEach(async () => {
    world = new World()
    app = await world.boot()
  })

  it('are in the store when their creation returns, with an event', () => {
    const vm = app.vms.create(draft('web1'), CHANGE)
    expect(world.store.getVm(vm.id)).toMatchObject({ revision: 1, uid: 20_000, spec: vm.spec, process: null })
    expect(world.store.latestEvents(1)).toMatchObject([{ code: 'vm.created', target: { kind: 'vm', id: vm.id } }])
    expect(app.vms.get(vm.id)).toEqual({ id: vm.id, revision: 1, spec: vm.spec, status: { powerState: 'off' } })
  })

  it('are nowhere when the store fails', () => {
    world.store.writesLeft = 1
    expect(() => app.vms.create(draft('web1'), CHANGE)).toThrow('the disk is full')
    expect(app.vms.list()).toEqual([])
    world.store.writesLeft = Number.POSITIVE_INFINITY
    expect(world.store.listVms()).toEqual([])
    expect(world.store.latestEvents(10)).toEqual([])
  })

  it('are the same object until something changes', () => {
    const { id } = app.vms.create(draft('web1'), CHANGE)
    const before = app.vms.get(id)
    expect(app.vms.list()[0]).toBe(before)
    app.vms.patch(id, { memoryMiB: 1024 }, any, CHANGE)
    expect(app.vms.get(id)).not.toBe(before)
  })

  it('get the lowest uid that no other has', () => {
    const [first, second] = ['a', 'b'].map((name) => app.vms.create(draft(name), CHANGE))
    app.vms.remove(first?.id ?? '', any, CHANGE)
    const third = app.vms.create(draft('c'), CHANGE)
    expect([second, third].map((vm) => world.store.getVm(vm?.id ?? '')?.uid)).toEqual([20_001, 20_000])
  })

  it('get a MAC address for every NIC that has none, and keep it', () => {
    const { id, spec } = app.vms.create(draft('web1', { nics: [{ network: 'nat' }, { network: 'nat', mac: '52:54:00:00:00:01' }] }), CHANGE)
    expect(spec.nics[0]?.mac).toMatch(/^52:54:00(:[0-9a-f]{2}){3}$/)
    expect(spec.nics[1]?.mac).toBe('52:54:00:00:00:01')
    expect(app.vms.patch(id, { nics: [{ network: 'nat' }] }, any, CHANGE).vm.spec.nics).toEqual([spec.nics[0]])
  })

  it.each([
    ['name', draft('web1'), [{ code: 'vm.name.in-use', field: 'name', message: 'is the name of another VM', got: 'web1' }]],
    [
      'MAC address',
      draft('b', { nics: [{ network: 'nat', mac: '52:54:00:00:00:01' }] }),
      [{ code: 'vm.nics.mac.in-use', field: 'nics[0].mac', message: 'is an address of the VM web1', got: '52:54:00:00:00:01' }],
    ],
    [
      'writable disk',
      draft('b', { disks: [disk('b.qcow2', true), disk('a.qcow2')] }),
      [
        {
          code: 'vm.disk.in-use',
          field: 'disks[1].file',
          message: 'is used by the VM web1, and only one VM may write a file',
          got: 'a.qcow2',
        },
      ],
    ],
    [
      'writable disk, to read it',
      draft('b', { disks: [disk('a.qcow2', true)] }),
      [
        {
          code: 'vm.disk.in-use',
          field: 'disks[0].file',
          message: 'is used by the VM web1, and only one VM may write a file',
          got: 'a.qcow2',
        },
      ],
    ],
    [
      'CD, to write it',
      draft('b', { disks: [{ ...disk('x.iso'), format: 'raw' }] }),
      [
        {
          code: 'vm.disk.in-use',
          field: 'disks[0].file',
          message: 'is used by the VM web1, and only one VM may write a file',
          got: 'x.iso',
        },
      ],
    ],
  ])('may not share their %s', (_what, other, problems) => {
    const nics = [{ network: 'nat', mac: '52:54:00:00:00:01' }]
    app.vms.create(draft('web1', { disks: [disk('a.qcow2')], cdroms: [{ medium: { datastore: 'local', file: 'x.iso' } }], nics }), CHANGE)
    expect(refusal(() => app.vms.create(other, CHANGE))).toEqual({ kind: 'conflict', code: problems[0]?.code, problems })
    expect(app.vms.list()).toHaveLength(1)
  })

  it('may share what they only read', () => {
    const shared = { disks: [disk('b.qcow2', true)], cdroms: [{ medium: { datastore: 'local', file: 'x.iso' } }] }
    app.vms.create(draft('a', shared), CHANGE)
    expect(app.vms.create(draft('b', shared), CHANGE).spec.name).toBe('b')
  })

  it('may not use a writable disk as their own CD', () => {
    const both = draft('a', { disks: [disk('a.qcow2')], cdroms: [{ medium: { datastore: 'local', file: 'a.qcow2' } }] })
    expect(refusal(() => app.vms.create(both, CHANGE)).problems).toMatchObject([{ code: 'vm.disk.in-use', field: 'cdroms[0].medium.file' }])
  })

  it('are only checked by a dry run', () => {
    const dry = { dryRun: true, by: 'administrator' }
    expect(app.vms.create(draft('a'), dry)).toMatchObject({ revision: 1, spec: { name: 'a' } })
    expect(app.vms.list()).toEqual([])
    const { id } = app.vms.create(draft('a'), CHANGE)
    expect(refusal(() => app.vms.create(draft('a'), dry)).code).toBe('vm.name.in-use')
    expect(app.vms.patch(id, { vcpus: 2 }, any, dry).vm).toMatchObject({ revision: 2, spec: { vcpus: 2 } })
    app.vms.remove(id, any, dry)
    expect(app.vms.get(id)).toMatchObject({ revision: 1, spec: { vcpus: 1 } })
  })

  it('are changed by a merge patch, null giving the default back', () => {
    const { id } = app.vms.create(draft('a', { vcpus: 4, cdroms: [{ medium: { datastore: 'local', file: 'x.iso' } }] }), CHANGE)
    const changed = app.vms.patch(id, { vcpus: null, memoryMiB: 128, cdroms: null }, any, CHANGE).vm
    expect(changed).toMatchObject({ revision: 2, spec: { vcpus: 1, memoryMiB: 128, cdroms: [] } })
    expect(world.store.getVm(id)).toMatchObject({ revision: 2, spec: changed.spec })
  })

  it('keep their revision when a patch changes nothing', () => {
    const { id } = app.vms.create(draft('a'), CHANGE)
    expect(app.vms.patch(id, { vcpus: 1 }, any, CHANGE).vm.revision).toBe(1)
  })

  it('are not changed by a patch that breaks a rule, or meant another revision', () => {
    const { id } = app.vms.create(draft('a'), CHANGE)
    expect(refusal(() => app.vms.patch(id, { vcpus: 0, x: 1 }, any, CHANGE)).problems.map(({ code }) => code)).toEqual([
      'vm.vcpus.below-minimum',
      'request.unknown-field',
    ])
    expect(refusal(() => app.vms.patch(id, [], any, CHANGE)).problems).toMatchObject([{ code: 'request.wrong-type' }])
    expect(refusal(() => app.vms.patch(id, { vcpus: 2 }, (revision) => revision === 2, CHANGE))).toMatchObject({
      kind: 'precondition-failed',
      code: 'vm.revision-changed',
    })
    expect(app.vms.get(id).revision).toBe(1)
  })

  it('keep clear of files that another was started with and no longer names', async () => {
    const { id } = app.vms.create(draft('a', { disks: [disk('a.qcow2')] }), CHANGE)
    app.power.powerOn(id, 'x')
    await world.clock.advance(0)
    app.vms.patch(id, { disks: [disk('b.qcow2')] }, any, CHANGE)
    expect(refusal(() => app.vms.create(draft('b', { disks: [disk('a.qcow2')] }), CHANGE)).code).toBe('vm.disk.in-use')
    app.power.powerOff(id, 'x')
    await world.clock.advance(0)
    expect(app.vms.create(draft('b', { disks: [disk('a.qcow2')] }), CHANGE).spec.name).toBe('b')
  })

  it('are not changed while they are started, as what they are started with keeps its files', async () => {
    const { id } = app.vms.create(draft('a', { disks: [disk('a.qcow2')] }), CHANGE)
    app.power.powerOn(id, 'x')
    expect(refusal(() => app.vms.patch(id, { disks: [] }, any, CHANGE)).code).toBe('vm.busy')
    await world.clock.advance(0)
    expect(app.vms.patch(id, { vcpus: 2 }, any, CHANGE).vm.revision).toBe(2)
  })

  it('are deleted only when off, with their logs', async () => {
    const { id } = app.vms.create(draft('a', { disks: [disk('a.qcow2')] }), CHANGE)
    app.power.powerOn(id, 'x')
    expect(refusal(() => app.vms.remove(id, any, CHANGE)).code).toBe('vm.busy')
    await world.clock.advance(0)
    expect(refusal(() => app.vms.remove(id, any, CHANGE)).code).toBe('vm.power.wrong-state')
    world.vmHost.machine(id).crash()
    await world.clock.advance(0)
    app.vms.remove(id, any, CHANGE)
    expect(refusal(() => app.vms.get(id))).toMatchObject({ kind: 'not-found', code: 'vm.not-found' })
    expect(world.store.getVm(id)).toBeNull()
    expect(world.vmHost.removed).toEqual([`/state/vm/${id}`, `/datastores/local/.vm/${id}`])
  })
})
