// Edits of running VMs: what is in force, what is pending, and what is left when a step fails or controld goes away.
import { beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../../../control/src/app/app.ts'
import { World } from '../../fakes/world.ts'
import { draft } from './draft.ts'
import { codeOf } from './refused.ts'

const CHANGE = { dryRun: false, by: 'administrator' }
/** What a guest has to let go of a device in. */
const UNPLUG_TIMEOUT_MS = 30_000
const disk = (file: string) => ({ datastore: 'local', file, format: 'qcow2' })

describe('an edit of a running VM', () => {
  let world: World
  let app: App
  let id: string
  const settle = () => world.clock.advance(0)
  const edit = (patch: object) => app.vms.patch(id, patch, () => true, CHANGE)
  const machine = () => world.vmHost.machine(id)
  const pending = () => app.vms.get(id).status.pending

  beforeEach(async () => {
    world = new World()
    app = await world.boot()
    id = app.vms.create(draft('web1', { maxVcpus: 4, disks: [disk('a.qcow2')] }), CHANGE).id
    app.power.powerOn(id, 'x')
    await settle()
  })

  it('that waits is kept at once and says what waits', () => {
    const { vm, task } = edit({ display: 'none', smbios: { serial: 'S' } })
    expect(task).toBeNull()
    expect(vm).toMatchObject({ revision: 2, spec: { display: 'none' }, status: { pending: ['display', 'smbios.serial'] } })
  })

  it('is in force after the next power-on', async () => {
    edit({ display: 'none' })
    app.power.powerOff(id, 'x')
    await settle()
    expect(pending()).toBeUndefined()
    app.power.powerOn(id, 'x')
    await settle()
    expect(pending()).toEqual([])
  })

  it('that concerns the host alone is in force at once', () => {
    expect(edit({ name: 'web2', autostart: { enabled: true } })).toMatchObject({ task: null, vm: { status: { pending: [] } } })
  })

  it('that can be done live is a task, and kept when that has succeeded', async () => {
    const { vm, task } = edit({ vcpus: 2, disks: [disk('a.qcow2'), disk('b.qcow2')], display: 'none' })
    expect(task?.kind).toBe('vm.reconfigure')
    expect(vm).toMatchObject({ revision: 1, spec: { vcpus: 1 } })
    await settle()
    expect(app.tasks.get(task?.id ?? '').state).toBe('succeeded')
    expect(app.vms.get(id)).toMatchObject({ revision: 2, spec: { vcpus: 2 }, status: { pending: ['display'] } })
    expect(machine().taken.map(({ kind }) => kind)).toEqual(['plug-disk', 'set-vcpus'])
    expect(world.store.getVm(id)).toMatchObject({ changingTo: null, startedSpec: { vcpus: 2, display: 'vga' } })
  })

  it('is told by a dry run, which does nothing', async () => {
    const { vm, task } = app.vms.patch(id, { vcpus: 2, display: 'none' }, () => true, { dryRun: true, by: 'x' })
    expect([task, vm.spec.vcpus, vm.status.pending]).toEqual([null, 2, ['display']])
    await settle()
    expect(machine().taken).toEqual([])
  })

  it('is undone whole when a later step fails', async () => {
    machine().failNextStep = 'set-vcpus'
    const { task } = edit({ vcpus: 2, disks: [disk('a.qcow2'), disk('b.qcow2')] })
    await settle()
    expect(app.tasks.get(task?.id ?? '')).toMatchObject({ state: 'failed', error: { code: 'qmp.error.GenericError' } })
    expect(machine().taken.map(({ kind }) => kind)).toEqual(['plug-disk', 'unplug-disk', 'set-vcpus'])
    expect(app.vms.get(id)).toMatchObject({ revision: 1, spec: { vcpus: 1 }, status: { pending: [] } })
    expect(app.vms.create(draft('b', { disks: [disk('b.qcow2')] }), CHANGE).spec.name).toBe('b')
  })

  it('says what is in force when it cannot be undone', async () => {
    machine().failNextStep = 'set-vcpus'
    machine().releasing = false
    edit({ vcpus: 2, disks: [disk('a.qcow2'), disk('b.qcow2')] })
    await world.clock.advance(UNPLUG_TIMEOUT_MS)
    expect(app.vms.get(id)).toMatchObject({ revision: 1, status: { pending: ['disk1'] } })
    expect(codeOf(() => app.vms.create(draft('b', { disks: [disk('b.qcow2')] }), CHANGE))).toBe('vm.disk.in-use')
    machine().release('disk1')
    await settle()
    expect(pending()).toEqual([])
  })

  it('fails when the guest does not let go, and shows it when it does so late', async () => {
    machine().releasing = false
    const { task } = edit({ disks: [] })
    await world.clock.advance(UNPLUG_TIMEOUT_MS)
    expect(app.tasks.get(task?.id ?? '')).toMatchObject({ state: 'failed', error: { code: 'device.unplug-timeout' } })
    expect(pending()).toEqual([])
    machine().release('disk0')
    await settle()
    expect(pending()).toEqual(['disk0'])
    expect(world.store.latestEvents(1)).toMatchObject([{ code: 'vm.device-unplugged' }])
  })

  it('that a guest carries out while no controld listens is seen by the next, and what was unplugged gives its file up', async () => {
    machine().releasing = false
    edit({ disks: [] })
    await world.clock.advance(UNPLUG_TIMEOUT_MS)
    const { process } = world.begin()
    process.kill()
    machine().release('disk0')
    app = await world.boot()
    await settle()
    expect(pending()).toEqual(['disk0'])
    expect(world.store.latestEvents(2).map(({ code }) => code)).toContain('vm.device-unplugged')
    expect(machine().writtenFiles()).toEqual([])
  })

  it('begins from what is in force when it has its turn', async () => {
    machine().releasing = false
    edit({ disks: [] })
    await world.clock.advance(UNPLUG_TIMEOUT_MS)
    machine().releasing = true
    // What this leads to has its turn first, and is not through when the edit is asked for.
    machine().release('disk0')
    const { task } = edit({ vcpus: 2 })
    await settle()
    expect(app.tasks.get(task?.id ?? '').state).toBe('succeeded')
    // The disk is still wanted.
    expect(machine().devices()).toEqual(['disk0'])
    expect(world.store.getVm(id)).toMatchObject({ changingTo: null, startedSpec: { vcpus: 2, disks: [{ slot: 0 }] } })
  })

  it('shows vCPUs that the guest let go of late', async () => {
    edit({ vcpus: 2 })
    await settle()
    machine().releasing = false
    edit({ vcpus: 1 })
    await world.clock.advance(2 * UNPLUG_TIMEOUT_MS)
    expect(world.store.getVm(id)?.startedSpec?.vcpus).toBe(2)
    machine().release('vcpu1-0-0-0')
    await settle()
    expect(world.store.getVm(id)?.startedSpec?.vcpus).toBe(1)
    expect(pending()).toEqual(['vcpus'])
  })

  it('is taken back as soon as a VM answers again, and nothing else is changed until then', async () => {
    machine().failNextStep = 'set-vcpus'
    edit({ vcpus: 2, disks: [disk('a.qcow2'), disk('b.qcow2')] })
    world.vmHost.machine(id).answering = false
    await settle()
    machine().answering = true
    expect(edit({ vcpus: 3 }).task).toBeNull()
    await world.clock.advance(5_000)
    expect(world.store.getVm(id)).toMatchObject({ changingTo: null, startedSpec: { vcpus: 1, disks: [{ file: 'a.qcow2' }] } })
    expect(pending()).toEqual(['vcpus'])
  })

  it('is refused while another is made, and where a file is missing', () => {
    expect(codeOf(() => edit({ disks: [disk('a.qcow2'), disk('none.qcow2')] }))).toBe('vm.disk.file-missing')
    edit({ vcpus: 2 })
    expect(codeOf(() => edit({ display: 'none' }))).toBe('vm.busy')
    expect(codeOf(() => app.power.reset(id, 'x'))).toBe('vm.busy')
  })

  it('is taken back by a new controld that finds it half done', async () => {
    const record = world.store.getVm(id)
    if (record?.startedSpec == null) throw new Error('does not run')
    const disks = app.vms.patch(id, { disks: [disk('a.qcow2'), disk('b.qcow2')] }, () => true, { dryRun: true, by: 'x' }).vm.spec.disks
    world.store.putVm({ ...record, changingTo: { ...record.startedSpec, disks } })
    app = await world.boot()
    await settle()
    expect(machine().taken).toMatchObject([{ kind: 'unplug-disk', name: 'disk1' }])
    expect(world.store.getVm(id)).toMatchObject({ changingTo: null, startedSpec: { disks: [{ file: 'a.qcow2' }] } })
  })

  it('waits whole while the VM does not answer', async () => {
    machine().answering = false
    app = await world.boot()
    expect(app.vms.get(id).status.powerState).toBe('unknown')
    expect(edit({ vcpus: 2 })).toMatchObject({ task: null, vm: { spec: { vcpus: 2 }, status: { pending: ['vcpus'] } } })
  })
})
