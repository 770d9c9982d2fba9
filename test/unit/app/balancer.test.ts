// The balancer over fakes: who is asked when, what is told to whom, what survives a restart, and what of it is seen.
import { beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../../../control/src/app/app.ts'
import type { FakeMachine } from '../../fakes/machine.ts'
import { World } from '../../fakes/world.ts'
import { draft } from './draft.ts'
import { poolDraft } from './pool-draft.ts'

const MIB = 1_048_576
const BY = 'test'
const NOW = { dryRun: false, by: BY }
const BOOT = { from: 'kernel', kernel: { datastore: 'local', file: 'vmlinuz' } }
const GROUP = '/sys/fs/cgroup/corbel.vm'
/** 4 GiB of which 356 MiB are kept: below 187 MiB memory is taken, above 374 it is given back. */
const HOST_MIB = 4096
const FOR_VMS_MIB = HOST_MIB - 356

let world: World
let app: App
beforeEach(async () => {
  world = new World()
  world.host.facts = { ...world.host.facts, memoryMiB: HOST_MIB }
  await boot()
  app.resources.change({ overcommit: { memory: 3 } }, BY)
})

async function boot(): Promise<void> {
  app = await world.boot()
  app.balancer.run()
}

async function running(name: string, spec: object = {}): Promise<string> {
  const { id } = app.vms.create(draft(name, { boot: BOOT, memoryMiB: 1024, ...spec }), NOW)
  app.power.powerOn(id, BY)
  await world.clock.advance(0)
  // It has all, needs 200 MiB and has touched all but 24 of what QEMU's own is left out of.
  has(id, (spec as { memoryMiB?: number }).memoryMiB ?? 1024, 200)
  return id
}

/** What its balloon leaves, and its guest needs. */
function has(id: string, actualMiB: number, neededMiB: number): void {
  const updatedAt = world.clock.now()
  const guestMemory = { totalBytes: 1024 * MIB, availableBytes: Math.max(0, actualMiB - neededMiB) * MIB, updatedAt }
  machine(id).devicesInUse = { balloonBytes: actualMiB * MIB, guestMemory, disks: [] }
}
const machine = (id: string): FakeMachine => world.vmHost.machine(id)
const told = (id: string) => machine(id).taken.flatMap((step) => (step.kind === 'set-balloon' ? [step.bytes / MIB] : []))
const latest = (id: string) => told(id).at(-1)
const balloon = (id: string) => app.vms.get(id).status.balloon
const events = (code: string) => app.events.latest().filter((event) => event.code === code)

/** In MiB: of all VMs, and of each by its id. */
function held(all: number, each: Readonly<Record<string, number>> = {}): void {
  world.usage.held.set(GROUP, all * MIB)
  for (const [id, mib] of Object.entries(each)) world.usage.held.set(`${GROUP}/${id}`, mib * MIB)
}
const seconds = (count: number) => world.clock.advance(count * 1000)

describe('while there is room', () => {
  it('nobody is told anything beyond what it has', async () => {
    const id = await running('a')
    held(1000, { [id]: 1000 })
    await seconds(60)
    expect([told(id), balloon(id)]).toEqual([[1024], undefined])
  })

  it('where nothing was given out twice, hardly anybody is asked', async () => {
    app.resources.change({ overcommit: { memory: 1 } }, BY)
    const id = await running('a')
    let asked = 0
    const { devicesInUse } = machine(id)
    Object.defineProperty(machine(id), 'devicesInUse', {
      get() {
        asked++
        return devicesInUse
      },
      set() {},
    })
    held(FOR_VMS_MIB, { [id]: 1000 })
    await seconds(300)
    // Once, for what it has to begin with; read twice for the answer, and twice when it is told.
    expect([asked, told(id)]).toEqual([4, [1024]])
  })
})

describe('while memory is short', () => {
  let idle: string
  let busy: string
  beforeEach(async () => {
    idle = await running('idle')
    busy = await running('busy')
    await running('third')
    await running('fourth', { memoryMiB: 2048 })
    await seconds(10)
    has(busy, 1024, 1000)
    has(idle, 1024, 200)
    held(FOR_VMS_MIB - 100, { [idle]: 1000, [busy]: 1100 })
    // It is told in the first, and has been seen to have less in the second.
    await seconds(2)
  })

  it('the idle one is told to have less, and no other', () => {
    expect(latest(idle)).toBeLessThan(1000)
    expect([told(busy), balloon(busy)]).toEqual([[1024], undefined])
    expect(balloon(idle)).toEqual({ targetMiB: latest(idle), by: 'balancer' })
  })

  it('that is an event once, and an item of the console’s health', async () => {
    // What it gave is there now.
    held(FOR_VMS_MIB - 250, { [idle]: 900, [busy]: 1100 })
    await seconds(20)
    expect(events('vm.memory-squeezed').map(({ target }) => target.id)).toEqual([idle])
    expect(app.consoleStatus().health).toEqual([
      { severity: 'warning', message: 'Memory for VMs is short: A VM has been asked to give some back.' },
    ])
  })

  it('and none can be had, the console says how much is missing', async () => {
    for (const id of [idle, busy]) machine(id).hasBalloonDriver = false
    held(FOR_VMS_MIB, { [idle]: 1000, [busy]: 1100 })
    await seconds(40)
    expect(app.consoleStatus().health[0]).toMatchObject({ severity: 'error' })
  })

  it('it is given back when there is room again, with an event', async () => {
    held(2000, { [idle]: 700, [busy]: 1100 })
    await seconds(60)
    expect([latest(idle), balloon(idle)]).toEqual([1024, undefined])
    expect(events('vm.memory-released').map(({ target }) => target.id)).toEqual([idle])
    expect(app.consoleStatus().health).toEqual([])
  })

  it('a next controld takes over what was taken, tells of it no more, and gives it back', async () => {
    held(FOR_VMS_MIB - 250, { [idle]: 900, [busy]: 1100 })
    await boot()
    await seconds(10)
    expect(balloon(idle)?.by).toBe('balancer')
    held(2000, { [idle]: 700, [busy]: 1100 })
    await seconds(60)
    expect([latest(idle), balloon(idle)]).toEqual([1024, undefined])
    expect([events('vm.memory-squeezed').length, events('vm.memory-released').length]).toEqual([1, 1])
  })

  it('one that its user gives more has no more than is left to it', async () => {
    app.vms.patch(idle, { memoryTargetMiB: 1000 }, () => true, NOW)
    await seconds(8)
    expect(told(idle)).toContain(1000)
    expect(latest(idle)).toBeLessThan(1000)
    expect(balloon(idle)?.by).toBe('balancer')
  })

  it('one that its user gives less has that, and is no longer squeezed', async () => {
    held(FOR_VMS_MIB - 200, { [idle]: 1000, [busy]: 1100 })
    app.vms.patch(idle, { memoryTargetMiB: 300 }, () => true, NOW)
    await seconds(8)
    expect([latest(idle), balloon(idle)]).toEqual([300, { targetMiB: 300, by: 'user' }])
  })

  it('one that stands still, or does not answer, is left as it is', async () => {
    const before = told(idle).length
    app.power.pause(idle, BY)
    machine(busy).answering = false
    held(FOR_VMS_MIB, { [idle]: 1000, [busy]: 1100 })
    await seconds(30)
    expect([told(idle).length, told(busy)]).toEqual([before, [1024]])
  })
})

it('one whose balloon does not move has its own back, and is tried again later', async () => {
  const id = await running('deaf')
  await running('other', { memoryMiB: 3000 })
  await seconds(10)
  machine(id).hasBalloonDriver = false
  held(FOR_VMS_MIB - 100, { [id]: 1000 })
  await seconds(2)
  expect(latest(id)).toBeLessThan(1000)
  await seconds(20)
  expect([latest(id), balloon(id)]).toEqual([1024, undefined])
  const before = told(id).length
  await seconds(30)
  expect(told(id)).toHaveLength(before)
  await seconds(60)
  expect(told(id).length).toBeGreaterThan(before)
})

it('what a pool is limited to is taken from those in it', async () => {
  app.pools.create(poolDraft('small', { memory: { limitMiB: 1024 } }), NOW)
  const [inside, outside] = [await running('in', { pool: 'small' }), await running('out')]
  const other = await running('in2', { pool: 'small', memoryMiB: 512 })
  await seconds(10)
  const group = `${GROUP}/pool.small`
  held(2100, { [outside]: 1000 })
  world.usage.held.set(group, 1020 * MIB)
  world.usage.held.set(`${group}/${inside}`, 700 * MIB)
  world.usage.held.set(`${group}/${other}`, 320 * MIB)
  await seconds(2)
  expect(latest(inside)).toBeLessThan(700)
  expect(told(outside)).toEqual([1024])
})

it('what somebody outside of all VMs has taken is not there for them', async () => {
  const id = await running('a')
  await running('b', { memoryMiB: 3000 })
  await seconds(10)
  held(1500, { [id]: 1000 })
  world.usage.room = { availableBytes: 50 * MIB, waitingPercent: 0 }
  await seconds(2)
  expect(latest(id)).toBeLessThan(1000)
})
