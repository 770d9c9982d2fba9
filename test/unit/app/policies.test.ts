// What the host does with VMs by itself: autostart, ordered shutdown, restarts after crashes.
import { beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../../../control/src/app/app.ts'
import { FakeFailure } from '../../fakes/vm-host.ts'
import { World } from '../../fakes/world.ts'
import { draft } from './draft.ts'

const CHANGE = { dryRun: false, by: 'x' }
const boot = { from: 'kernel', kernel: { datastore: 'local', file: 'vmlinuz' } }

let world: World
let app: App
const create = (name: string, rest: object = {}) => app.vms.create(draft(name, { boot, ...rest }), CHANGE).id
const state = (id: string) => app.vms.get(id).status.powerState
const settle = () => world.clock.advance(0)
const codes = () => world.store.latestEvents(50).map(({ code }) => code)
const start = async (id: string) => {
  app.power.powerOn(id, 'x')
  await settle()
}
const restart = async (bootId: string) => {
  world.powerCut()
  world.host.bootId = bootId
  app = await world.boot()
  await settle()
}

beforeEach(async () => {
  world = new World()
  app = await world.boot()
})

describe('autostart', () => {
  it('starts VMs in their order, each after the one before and its delay', async () => {
    const web = create('web', { autostart: { enabled: true, order: 2 } })
    const database = create('database', { autostart: { enabled: true, order: 1, delaySeconds: 30 } })
    const spare = create('spare')
    await restart('boot 2')
    expect([state(database), state(web), state(spare)]).toEqual(['running', 'off', 'off'])
    await world.clock.advance(29_000)
    expect(state(web)).toBe('off')
    await world.clock.advance(2000)
    expect([state(web), state(spare)]).toEqual(['running', 'off'])
  })

  it('happens once a boot: a controld that is restarted leaves alone what was powered off', async () => {
    const id = create('a', { autostart: { enabled: true } })
    await restart('boot 2')
    app.power.powerOff(id, 'x')
    await world.clock.advance(1000)
    app = await world.boot()
    await world.clock.advance(60_000)
    expect(state(id)).toBe('off')
    await restart('boot 3')
    await world.clock.advance(1000)
    expect(state(id)).toBe('running')
  })

  it('goes on where a controld was in the middle', async () => {
    const first = create('a', { autostart: { enabled: true, order: 1, delaySeconds: 600 } })
    const second = create('b', { autostart: { enabled: true, order: 2 } })
    await restart('boot 2')
    app.power.powerOff(first, 'x')
    await world.clock.advance(1000)
    app = await world.boot()
    await world.clock.advance(601_000)
    expect([state(first), state(second)]).toEqual(['off', 'running'])
  })

  it('goes on with the others when one cannot be started, and says so', async () => {
    const first = create('a', { autostart: { enabled: true, order: 1 } })
    const second = create('b', { autostart: { enabled: true, order: 2 } })
    world.vmHost.failNextLaunch = new FakeFailure('host.EIO')
    await restart('boot 2')
    await world.clock.advance(2000)
    expect([state(first), state(second)]).toEqual(['off', 'running'])
    expect(codes()).toContain('vm.autostart-failed')
  })

  it('waits for an agent that never answers only as long as it may', async () => {
    create('a', { autostart: { enabled: true, order: 1, ready: 'agent', readyTimeoutSeconds: 60 } })
    const second = create('b', { autostart: { enabled: true, order: 2 } })
    await restart('boot 2')
    await world.clock.advance(50_000)
    expect(state(second)).toBe('off')
    await world.clock.advance(12_000)
    expect(state(second)).toBe('running')
    expect(codes()).toContain('vm.autostart-failed')
  })

  it('counts a VM as ready when its agent has answered', async () => {
    const first = create('a', { autostart: { enabled: true, order: 1, ready: 'agent', readyTimeoutSeconds: 60 } })
    const second = create('b', { autostart: { enabled: true, order: 2 } })
    await restart('boot 2')
    await world.clock.advance(20_000)
    expect(state(second)).toBe('off')
    world.vmHost.machine(first).guest.isOpen = true
    await world.clock.advance(2_000)
    expect(state(second)).toBe('running')
    expect(codes()).not.toContain('vm.autostart-failed')
  })

  it('resumes what was suspended when the host went down', async () => {
    const id = create('a', { autostart: { enabled: true }, onHostShutdown: { action: 'suspend' } })
    await start(id)
    app.hostPower.powerOff('x')
    await settle()
    expect(state(id)).toBe('suspended')
    await restart('boot 2')
    await world.clock.advance(1000)
    expect(state(id)).toBe('running')
    expect(world.vmHost.machine(id).plan.at(-1)?.kind).toBe('restore')
  })
})

describe('when the host goes down', () => {
  it('the last to start ends first, and the host waits for it', async () => {
    const [first, last] = [create('a', { autostart: { order: 1 } }), create('b', { autostart: { order: 2 } })]
    await start(first)
    await start(last)
    let end = () => {}
    world.vmHost.machine(last).shutdownAfter = new Promise((resolve) => {
      end = resolve
    })
    app.hostPower.powerOff('x')
    await settle()
    expect([world.vmHost.machine(last).presses, world.vmHost.machine(first).presses]).toEqual([1, 0])
    end()
    await settle()
    expect(world.vmHost.machine(first).presses).toBe(1)
    expect(world.host.done).toEqual(['power-off'])
  })

  it('each VM has its own deadline, and is powered off then', async () => {
    const id = create('a', { onHostShutdown: { timeoutSeconds: 10 } })
    await start(id)
    world.vmHost.machine(id).obedient = false
    app.hostPower.powerOff('x')
    await world.clock.advance(9000)
    expect(world.host.done).toEqual([])
    await world.clock.advance(2000)
    expect([world.host.done, state(id)]).toEqual([['power-off'], 'off'])
  })

  it('one that cannot be suspended is shut down', async () => {
    const id = create('a', { onHostShutdown: { action: 'suspend' } })
    await start(id)
    world.vmHost.machine(id).failNextSave = true
    app.hostPower.powerOff('x')
    await settle()
    expect([world.vmHost.machine(id).presses, state(id), world.host.done]).toEqual([1, 'off', ['power-off']])
  })

  it('one that is to be powered off is not asked', async () => {
    const id = create('a', { onHostShutdown: { action: 'power-off' } })
    await start(id)
    app.hostPower.restart('x')
    await settle()
    expect([world.vmHost.machine(id).presses, state(id), world.host.done]).toEqual([0, 'off', ['restart']])
  })
})

describe('shutdown', () => {
  it('takes the deadline and the end of the spec, or those that are asked for', async () => {
    const id = create('a', { shutdown: { timeoutSeconds: 5 } })
    await start(id)
    world.vmHost.machine(id).obedient = false
    const failed = app.power.shutdown(id, 'x')
    await world.clock.advance(6000)
    expect([app.tasks.get(failed.id).error?.code, state(id)]).toEqual(['vm.shutdown.timeout', 'running'])
    const forced = app.power.shutdown(id, 'x', { onTimeout: 'power-off' })
    await world.clock.advance(6000)
    expect([app.tasks.get(forced.id).state, state(id)]).toEqual(['succeeded', 'off'])
  })
})

describe('a VM that crashes', () => {
  it('is started again after a moment, and says when', async () => {
    const id = create('a')
    await start(id)
    world.vmHost.machine(id).crash()
    await settle()
    expect(app.vms.get(id).status).toMatchObject({ powerState: 'crashed', restartAt: '2026-01-01T00:00:01.000Z' })
    await world.clock.advance(1000)
    expect(state(id)).toBe('running')
    expect(app.vms.get(id).status.restartAt).toBeUndefined()
  })

  it('again and again is started ever later, and then left off', async () => {
    const id = create('a', { onCrash: { maxRestarts: 3 } })
    await start(id)
    const waits: number[] = []
    for (let crash = 0; crash < 4; crash++) {
      world.vmHost.machine(id).crash()
      await settle()
      const before = world.clock.monotonicMs()
      while (state(id) === 'crashed' && world.clock.monotonicMs() - before < 20_000) await world.clock.advance(500)
      waits.push(world.clock.monotonicMs() - before)
    }
    expect(waits).toEqual([1000, 2000, 4000, 20_000])
    expect(codes().filter((code) => code === 'vm.restart-given-up')).toHaveLength(1)
  })

  it('stays off where its policy, or a user, says so', async () => {
    const id = create('a', { onCrash: { action: 'stay-off' } })
    await start(id)
    world.vmHost.machine(id).crash()
    await world.clock.advance(60_000)
    expect(state(id)).toBe('crashed')
    app.vms.patch(id, { onCrash: null }, () => true, CHANGE)
    await start(id)
    world.vmHost.machine(id).crash()
    await settle()
    app.vms.remove(id, () => true, CHANGE)
    await world.clock.advance(60_000)
    expect(app.vms.list()).toEqual([])
  })

  it('is started again by a new controld that comes up while it waits', async () => {
    const id = create('a')
    await start(id)
    world.vmHost.machine(id).crash()
    await settle()
    app = await world.boot()
    await world.clock.advance(60_000)
    expect(state(id)).toBe('running')
  })

  it('is tried again when it cannot be started', async () => {
    const id = create('a')
    await start(id)
    world.vmHost.machine(id).crash()
    world.vmHost.failNextLaunch = new FakeFailure('host.EIO')
    await world.clock.advance(1000)
    expect(state(id)).toBe('crashed')
    await world.clock.advance(2000)
    expect(state(id)).toBe('running')
  })

  it('is not started again while the host goes down', async () => {
    const id = create('a', { onHostShutdown: { timeoutSeconds: 30 } })
    await start(id)
    world.vmHost.machine(id).obedient = false
    app.hostPower.powerOff('x')
    await settle()
    world.vmHost.machine(id).crash()
    await world.clock.advance(10_000)
    expect(world.vmHost.launches).toHaveLength(1)
  })
})

describe('a guest that panics', () => {
  it.each([
    ['reset', 1],
    ['none', 0],
    ['pause', 0],
  ])('with the policy %s is reset %d times', async (onPanic, resets) => {
    const id = create('a', { onPanic })
    await start(id)
    world.vmHost.machine(id).enter('guest-panicked')
    await world.clock.advance(5000)
    expect(world.vmHost.machine(id).resets).toBe(resets)
  })

  it('again and again is reset ever later, and paused in the end', async () => {
    const id = create('a', { onPanic: 'reset', onCrash: { maxRestarts: 2 } })
    await start(id)
    for (let panic = 0; panic < 3; panic++) {
      world.vmHost.machine(id).enter('guest-panicked')
      await world.clock.advance(5000)
    }
    expect([world.vmHost.machine(id).resets, state(id)]).toEqual([2, 'paused'])
  })
})
