// Pausing, suspending and resuming, and what is left whenever controld or the machine goes away in the middle.
import { beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../../../control/src/app/app.ts'
import { FakeFailure } from '../../fakes/vm-host.ts'
import { World } from '../../fakes/world.ts'
import { draft } from './draft.ts'
import { codeOf } from './refused.ts'

const BY = 'administrator'
const DISK = { datastore: 'local', file: 'a.qcow2', format: 'qcow2' }
const MIB = 1_048_576

describe('suspension', () => {
  let world: World
  let app: App
  let id: string
  const memory = () => `/datastores/local/.vm/${id}/memory`
  const state = () => app.vms.get(id).status.powerState
  const settle = () => world.clock.advance(0)

  beforeEach(async () => {
    world = new World()
    app = await world.boot()
    id = app.vms.create(draft('web1', { memoryMiB: 512, maxMemoryMiB: 1024, disks: [DISK] }), { dryRun: false, by: BY }).id
    app.power.powerOn(id, BY)
    await settle()
  })

  it('pauses a VM and lets it go on', async () => {
    app.power.pause(id, BY)
    await settle()
    expect([state(), world.vmHost.machine(id).state]).toEqual(['paused', 'paused'])
    expect(codeOf(() => app.power.pause(id, BY))).toBe('vm.power.wrong-state')
    app.power.resume(id, BY)
    await settle()
    expect(state()).toBe('running')
    expect(codeOf(() => app.power.resume(id, BY))).toBe('vm.power.wrong-state')
  })

  it('writes the memory to the datastore and ends the process; the VM keeps its files', async () => {
    app.power.suspend(id, BY)
    expect(state()).toBe('suspending')
    await settle()
    expect(state()).toBe('suspended')
    expect([...world.vmHost.kept]).toEqual([memory()])
    expect(world.store.getVm(id)).toMatchObject({ process: null, suspended: { bootMemoryMiB: 512, spec: { name: 'web1' } } })
    expect(codeOf(() => app.vms.create(draft('b', { disks: [DISK] }), { dryRun: false, by: BY }))).toBe('vm.disk.in-use')
    expect(codeOf(() => app.power.powerOn(id, BY))).toBe('vm.power.wrong-state')
    expect(codeOf(() => app.vms.remove(id, () => true, { dryRun: false, by: BY }))).toBe('vm.power.wrong-state')
  })

  it('resumes with the hardware that it ran with; what was changed meanwhile waits', async () => {
    app.vms.patch(id, { memoryMiB: 768 }, () => true, { dryRun: false, by: BY })
    await settle()
    app.power.suspend(id, BY)
    await settle()
    const { vm } = app.vms.patch(id, { display: 'none', name: 'web2' }, () => true, { dryRun: false, by: BY })
    expect(vm.status.pending).toEqual(['display'])
    app.power.resume(id, BY)
    expect(state()).toBe('resuming')
    await settle()
    expect(state()).toBe('running')
    const { plan } = world.vmHost.machine(id)
    expect(plan.find(({ kind }) => kind === 'start-process')).toMatchObject({ argv: expect.arrayContaining(['size=512M,maxmem=1024M']) })
    expect(plan.at(-1)).toMatchObject({ kind: 'restore', path: memory() })
    expect(world.vmHost.kept.size).toBe(0)
    expect(app.vms.get(id).status.pending).toContain('display')
  })

  it('survives a power cut while it is suspended', async () => {
    app.power.suspend(id, BY)
    await settle()
    world.powerCut()
    app = await world.boot()
    expect(state()).toBe('suspended')
    app.power.resume(id, BY)
    await settle()
    expect(state()).toBe('running')
  })

  it('can be cancelled, and the VM goes on', async () => {
    world.vmHost.machine(id).saveGate = new Promise(() => {})
    const task = app.power.suspend(id, BY)
    await settle()
    expect(app.tasks.get(task.id)).toMatchObject({ state: 'running', cancellable: true, progressPercent: 50 })
    expect(app.tasks.cancel(task.id).cancellable).toBe(false)
    await world.clock.advance(1_000)
    expect(app.tasks.get(task.id)).toMatchObject({ state: 'cancelled', error: null })
    expect([state(), world.vmHost.kept.size]).toEqual(['running', 0])
    expect(codeOf(() => app.tasks.cancel(task.id))).toBe('task.ended')
  })

  it('is given up by a new controld that finds it half done', async () => {
    world.vmHost.machine(id).saveGate = new Promise(() => {})
    const task = app.power.suspend(id, BY)
    await settle()
    app = await world.boot()
    await settle()
    expect(state()).toBe('running')
    expect(app.tasks.get(task.id)).toMatchObject({ state: 'failed', error: { code: 'task.interrupted' } })
  })

  it('is finished by a new controld where only the process was left to end', async () => {
    const record = world.store.getVm(id)
    if (record?.startedSpec == null) throw new Error('does not run')
    world.vmHost.kept.add(memory())
    world.store.putVm({ ...record, suspended: { at: world.clock.now(), spec: record.startedSpec, bootMemoryMiB: 512 } })
    app = await world.boot()
    await settle()
    expect(state()).toBe('suspended')
    expect(world.vmHost.machine(id).exit).not.toBeNull()
  })

  it('is refused where the datastore has no room for the memory', () => {
    world.datastores.availableBytes = 512 * MIB
    expect(codeOf(() => app.power.suspend(id, BY))).toBe('datastore.full')
    expect(state()).toBe('running')
  })

  it('leaves the VM running, and nothing else, when the store fails at its end', async () => {
    const task = app.power.suspend(id, BY)
    world.store.writesLeft = 0
    await settle()
    world.store.writesLeft = Number.POSITIVE_INFINITY
    await world.clock.advance(10_000)
    expect(app.tasks.get(task.id).state).toBe('failed')
    expect(state()).toBe('running')
    expect([world.store.getVm(id)?.suspended, world.vmHost.kept.size]).toEqual([null, 0])
  })

  it('is given up for good by power-off', async () => {
    app.power.suspend(id, BY)
    await settle()
    app.power.powerOff(id, BY)
    await settle()
    expect([state(), world.vmHost.kept.size]).toEqual(['off', 0])
    app.power.powerOn(id, BY)
    await settle()
    expect(state()).toBe('running')
  })

  it('stays suspended when it cannot be resumed', async () => {
    app.power.suspend(id, BY)
    await settle()
    world.datastores.contents?.delete('a.qcow2')
    expect(codeOf(() => app.power.resume(id, BY))).toBe('vm.disk.file-missing')
    world.datastores.contents?.set('a.qcow2', 1)
    world.vmHost.failNextLaunch = new FakeFailure('migration.failed')
    const task = app.power.resume(id, BY)
    await settle()
    expect(app.tasks.get(task.id)).toMatchObject({ state: 'failed', error: { code: 'migration.failed' } })
    expect([state(), [...world.vmHost.kept]]).toEqual(['suspended', [memory()]])
  })
})
