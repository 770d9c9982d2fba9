// controld ends at any moment, and the next one takes over: VMs that run go on, everything else is settled.
import { beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../../../control/src/app/app.ts'
import { World } from '../../fakes/world.ts'
import { draft } from './draft.ts'

const BY = 'administrator'
const CHANGE = { dryRun: false, by: BY }
const DISK = { datastore: 'local', file: 'a.qcow2', format: 'qcow2' }

describe('a new controld', () => {
  let world: World
  let id: string
  let first: App
  beforeEach(async () => {
    world = new World()
    first = await world.boot()
    id = first.vms.create(draft('web1', { disks: [DISK] }), CHANGE).id
  })

  const codes = (count: number) => world.store.latestEvents(count).map(({ code }) => code)
  async function start(): Promise<number> {
    first.power.powerOn(id, BY)
    await world.clock.advance(0)
    return first.vms.get(id).status.pid ?? 0
  }

  it('takes a running VM over: the same process, then watched', async () => {
    const pid = await start()
    const startedAt = first.vms.get(id).status.startedAt
    const app = await world.boot()
    expect(app.vms.get(id).status).toEqual({ powerState: 'running', pending: [], pid, guest: { agent: 'absent' }, startedAt })
    expect(codes(1)).toEqual(['vm.adopted'])
    expect(world.vmHost.launches).toHaveLength(1)
    world.vmHost.machine(id).crash()
    await world.clock.advance(0)
    expect(app.vms.get(id).status.powerState).toBe('crashed')
  })

  it('sees that a VM is paused', async () => {
    await start()
    world.vmHost.machine(id).state = 'paused'
    expect((await world.boot()).vms.get(id).status.powerState).toBe('paused')
  })

  it('says crashed of one that ended while nobody looked', async () => {
    await start()
    world.vmHost.machine(id).exit = { code: 1, signal: null, shutdownReason: null }
    const app = await world.boot()
    expect(app.vms.get(id).status).toMatchObject({ powerState: 'crashed', lastExit: { reason: 'unseen' } })
    expect(codes(1)).toEqual(['vm.crashed'])
    app.power.powerOn(id, BY)
    await world.clock.advance(0)
    expect(app.vms.get(id).status.powerState).toBe('running')
  })

  it('says off of one that ended in a shutdown that had been asked for, and the task succeeded', async () => {
    await start()
    world.vmHost.machine(id).obedient = false
    const task = first.power.shutdown(id, BY)
    await world.clock.advance(0)
    world.vmHost.machine(id).exit = { code: 0, signal: null, shutdownReason: 'guest-shutdown' }
    const app = await world.boot()
    expect(app.vms.get(id).status).toMatchObject({ powerState: 'off', lastExit: { reason: 'powered-off' } })
    expect(app.tasks.get(task.id)).toMatchObject({ state: 'succeeded', error: null })
  })

  it('says off of all after the whole host was down', async () => {
    await start()
    world.powerCut()
    const app = await world.boot()
    expect(app.vms.get(id).status).toMatchObject({ powerState: 'off', lastExit: { reason: 'host-restarted' } })
    expect(codes(1)).toEqual(['vm.stopped'])
  })

  // The start of this VM has 11 effects, and then its success is written.
  it.each(Array.from({ length: 12 }, (_, count) => [count]))(
    'leaves nothing of a start that was cut off after %d effects',
    async (count) => {
      world = new World()
      const { app: second, process, started } = world.begin()
      await started
      id = second.vms.create(draft('web1', { disks: [{ ...DISK, file: 'b.qcow2' }], nics: [{ network: 'nat' }] }), CHANGE).id
      const task = second.power.powerOn(id, BY)
      process.effectsLeft = count
      await world.clock.advance(0)
      expect(process.isAlive).toBe(false)
      const app = await world.boot()
      expect(app.vms.get(id).status).toEqual({ powerState: 'off' })
      expect(app.tasks.get(task.id)).toMatchObject({ state: 'failed', error: { code: 'task.interrupted' } })
      const { cgroups, runFiles, descriptors } = world.vmHost.kernel
      expect([cgroups.size, [...runFiles], descriptors.size]).toEqual([0, [], 0])
    },
  )

  it('removes a VM that nobody knows', async () => {
    await start()
    world.store.deleteVm(id)
    await world.boot()
    expect(world.vmHost.removed).toContain(id)
  })

  it('says unknown of one that does not answer, tries again, and can power it off meanwhile', async () => {
    const pid = await start()
    world.vmHost.machine(id).answering = false
    const app = await world.boot()
    expect(app.vms.get(id).status).toMatchObject({ powerState: 'unknown', pid })
    world.vmHost.machine(id).answering = true
    await world.clock.advance(5_000)
    expect(app.vms.get(id).status).toMatchObject({ powerState: 'running', pid })

    world.vmHost.machine(id).answering = false
    const next = await world.boot()
    next.power.powerOff(id, BY)
    await world.clock.advance(0)
    expect(next.vms.get(id).status).toMatchObject({ powerState: 'off', lastExit: { reason: 'powered-off' } })
    await world.clock.advance(10_000)
    expect(next.vms.get(id).status.powerState).toBe('off')
    expect(world.clock.pendingTimers).toBe(0)
  })

  it('leaves alone a VM that was powered off and on again before it answered', async () => {
    await start()
    world.vmHost.machine(id).answering = false
    const app = await world.boot()
    app.power.powerOff(id, BY)
    await world.clock.advance(0)
    app.power.powerOn(id, BY)
    await world.clock.advance(10_000)
    expect(app.vms.get(id).status.powerState).toBe('running')
    expect(world.store.latestEvents(100).map(({ code }) => code)).not.toContain('vm.adopted')
  })

  it('comes up on a full disk, and writes what it saw when there is room again', async () => {
    await start()
    world.vmHost.machine(id).exit = { code: 1, signal: null, shutdownReason: null }
    world.store.writesLeft = 0
    const app = await world.boot()
    expect(app.vms.get(id).status.powerState).toBe('unknown')
    world.store.writesLeft = Number.POSITIVE_INFINITY
    await world.clock.advance(5_000)
    expect(app.vms.get(id).status).toMatchObject({ powerState: 'crashed', lastExit: { reason: 'unseen' } })
    // Once the copy of its spec is written: its restart, and nothing else.
    await world.clock.advance(300)
    expect(world.clock.pendingTimers).toBe(1)
  })

  it('comes up though one VM makes trouble', async () => {
    await start()
    const other = first.vms.create(draft('b', { disks: [{ datastore: 'local', file: 'b.qcow2', format: 'qcow2' }] }), {
      dryRun: false,
      by: BY,
    })
    first.power.powerOn(other.id, BY)
    await world.clock.advance(0)
    world.vmHost.machine(id).answering = false
    const app = await world.boot()
    expect(app.vms.list().map(({ status }) => status.powerState)).toEqual(['unknown', 'running'])
    expect(world.logged.some((line) => line.includes(id))).toBe(true)
  })
})
