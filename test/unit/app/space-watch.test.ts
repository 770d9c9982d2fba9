// A full datastore: the VMs that need space stand still, say so, and go on when there is room.
import { beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../../../control/src/app/app.ts'
import { ROOM_TO_GO_ON_BYTES } from '../../../control/src/plan/out-of-space.ts'
import { World } from '../../fakes/world.ts'
import { draft } from './draft.ts'

const BY = 'operator'
const ROOM = ROOM_TO_GO_ON_BYTES

let world: World
let app: App
beforeEach(async () => {
  world = new World()
  app = await world.boot()
})

const pass = (ms = 0) => world.clock.advance(ms)
const machine = (id: string) => world.vmHost.machine(id)
const statusOf = (id: string) => app.vms.get(id).status
const events = (id: string) =>
  world.store
    .latestEvents(99)
    .flatMap(({ code, target }) => (target.id === id ? [code] : []))
    .slice(2)

async function running(name: string): Promise<string> {
  const { id } = app.vms.create(draft(name, { boot: { from: 'kernel', kernel: { datastore: 'local', file: 'vmlinuz' } } }), {
    dryRun: false,
    by: BY,
  })
  app.power.powerOn(id, BY)
  await pass()
  return id
}

function fill(...ids: string[]): void {
  world.datastores.availableBytes = 1000
  for (const id of ids) {
    // One event for each request that failed.
    machine(id).enter('out-of-space')
    machine(id).enter('out-of-space')
  }
}

describe('a VM that finds its datastore full', () => {
  it('is paused, says why, and goes on when there is room', async () => {
    const id = await running('web1')
    fill(id)
    await pass()
    expect(statusOf(id)).toMatchObject({ powerState: 'paused', pausedBecause: 'out-of-space' })
    expect(events(id)).toEqual(['vm.out-of-space'])
    expect(app.consoleStatus().health).toContainEqual({ severity: 'error', message: 'The datastore is full: the VM web1 is paused.' })
    await pass(60_000)
    world.datastores.availableBytes = 1000 + ROOM - 1
    machine(id).enter('out-of-space')
    await pass(60_000)
    expect(machine(id).state).toBe('out-of-space')
    world.datastores.availableBytes = 1000 + ROOM
    await pass(5_000)
    expect(machine(id).state).toBe('running')
    expect(statusOf(id)).not.toHaveProperty('pausedBecause')
    expect(events(id)).toEqual(['vm.out-of-space', 'vm.continued'])
    await pass(60_000)
    expect(world.clock.pendingTimers).toBe(0)
  })

  it('that is paused again at once needs more room than that', async () => {
    const id = await running('web1')
    fill(id)
    world.datastores.availableBytes = 1000 + ROOM
    await pass(5_000)
    machine(id).enter('out-of-space')
    await pass(60_000)
    expect(machine(id).state).toBe('out-of-space')
    world.datastores.availableBytes = 1000 + 2 * ROOM
    await pass(5_000)
    expect(machine(id).state).toBe('running')
    expect(events(id)).toEqual(['vm.out-of-space', 'vm.continued', 'vm.out-of-space', 'vm.continued'])
  })

  it('that is paused again before anybody saw it run is waited for all the same', async () => {
    const id = await running('web1')
    fill(id)
    machine(id).stopsAgain = 'out-of-space'
    world.datastores.availableBytes = 1000 + ROOM
    await pass(10_000)
    expect(statusOf(id)).toMatchObject({ powerState: 'paused', pausedBecause: 'out-of-space' })
    expect(events(id)).toEqual(['vm.out-of-space', 'vm.continued', 'vm.out-of-space'])
    world.datastores.availableBytes = 1000 + 2 * ROOM
    await pass(5_000)
    expect(statusOf(id).powerState).toBe('running')
  })

  it('is still waited for by the next controld, which finds it so', async () => {
    const id = await running('web1')
    fill(id)
    app = await world.boot()
    expect(statusOf(id)).toMatchObject({ powerState: 'paused', pausedBecause: 'out-of-space' })
    world.datastores.availableBytes = ROOM
    await pass(5_000)
    expect(statusOf(id).powerState).toBe('running')
  })

  it('goes on later when it does not answer now', async () => {
    const id = await running('web1')
    fill(id)
    await pass()
    machine(id).answering = false
    world.datastores.availableBytes = 5 * ROOM
    await pass(20_000)
    expect(statusOf(id).powerState).toBe('paused')
    machine(id).answering = true
    await pass(5_000)
    expect(statusOf(id).powerState).toBe('running')
  })

  it('is left to a task that is at it, and forgotten when it ends', async () => {
    const id = await running('web1')
    machine(id).obedient = false
    fill(id)
    await pass()
    app.power.shutdown(id, BY)
    world.datastores.availableBytes = 5 * ROOM
    await pass(20_000)
    expect(machine(id).state).toBe('out-of-space')
    // The guest had 60 s.
    await pass(60_000)
    expect(statusOf(id).powerState).toBe('running')
    fill(id)
    await pass()
    app.power.powerOff(id, BY)
    await pass(20_000)
    expect(statusOf(id).powerState).toBe('off')
    expect(world.clock.pendingTimers).toBe(0)
  })

  it('goes on before one that was paused later', async () => {
    const [one, two] = [await running('web1'), await running('web2')]
    fill(one)
    await pass(1_000)
    fill(two)
    world.datastores.availableBytes = 1000 + ROOM
    await pass(5_000)
    expect([machine(one).state, machine(two).state]).toEqual(['running', 'out-of-space'])
    world.datastores.availableBytes = 1000 + 3 * ROOM
    await pass(5_000)
    expect(machine(two).state).toBe('running')
  })
})

describe('a VM that another error of a disk stopped', () => {
  it('says so and stays as it is', async () => {
    const id = await running('web1')
    machine(id).enter('io-error')
    await pass(60_000)
    expect(statusOf(id)).toMatchObject({ powerState: 'paused', pausedBecause: 'io-error' })
    expect(events(id)).toEqual(['vm.io-error'])
    app.power.resume(id, BY)
    await pass()
    expect(statusOf(id)).not.toHaveProperty('pausedBecause')
  })
})
