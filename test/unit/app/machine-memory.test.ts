// A machine that has less than at its last boot: that is told, and what is kept then is decided by priority.
import { beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../../../control/src/app/app.ts'
import { World } from '../../fakes/world.ts'
import { pool } from '../plan/random-hosts.ts'
import { draft } from './draft.ts'
import { codeOf } from './refused.ts'

const BY = 'operator'
const NOW = { dryRun: false, by: BY }
const fromKernel = { boot: { from: 'kernel', kernel: { datastore: 'local', file: 'vmlinuz' } } }

let world: World
let app: App
beforeEach(async () => {
  world = new World()
  await reboot(4, 4096)
})

/** The machine is booted with so many threads and this much memory, and what is to start has started. */
async function reboot(threads: number, memoryMiB: number): Promise<void> {
  world.powerCut()
  await world.clock.advance(1000)
  const { facts } = world.host
  world.host.facts = { ...facts, cpu: { ...facts.cpu, threads }, memoryMiB }
  app = await world.boot()
  await world.clock.advance(20_000)
}

const makeVm = (name: string, spec: object = {}) =>
  app.vms.create(draft(name, { ...fromKernel, memoryMiB: 1000, autostart: { enabled: true, order: 1 }, ...spec }), NOW).id
const messages = (code: string) => app.events.latest().flatMap((event) => (event.code === code ? [event.message] : []))
const running = () => app.vms.list().flatMap(({ spec, status }) => (status.powerState === 'running' ? [spec.name] : []))
const health = () => app.consoleStatus().health.map(({ message }) => message)

describe('a machine', () => {
  it('with as much as before has nothing to tell, whatever its kernel keeps for itself', async () => {
    await reboot(4, 4080)
    expect([messages('host.capacity-lost'), app.resources.view().missing, health()]).toEqual([[], { cores: 0, memoryMiB: 0 }, []])
  })

  it('with less says what is gone, once, and as long as it is missing on its screen', async () => {
    await reboot(2, 3072)
    await reboot(2, 3072)
    expect(messages('host.capacity-lost')).toEqual(['2 of 4 CPUs and 1024 of 4096 MiB of memory are gone since the last boot.'])
    expect(app.resources.view().missing).toEqual({ cores: 2, memoryMiB: 1024 })
    expect(health()).toEqual([expect.stringContaining('2 of 4 CPUs and 1024 of 4096 MiB of memory are missing')])
  })

  it('that has it back says so', async () => {
    await reboot(2, 3072)
    await reboot(4, 3072)
    await reboot(4, 4096)
    expect(messages('host.capacity-back')).toEqual([
      'Of what is missing a part is back: 1024 of 4096 MiB of memory are still missing.',
      'All CPUs and memory are there again.',
    ])
    expect(health()).toEqual([])
  })

  it('of which something was taken out on purpose misses nothing any more', async () => {
    await reboot(2, 4096)
    expect(app.resources.accept(BY).missing).toEqual({ cores: 0, memoryMiB: 0 })
    await reboot(2, 4096)
    expect([health(), messages('host.capacity-accepted')]).toEqual([[], [`2 of 4 CPUs are missed no more, says ${BY}.`]])
    app.resources.accept(BY)
    expect(messages('host.capacity-accepted')).toHaveLength(1)
  })
})

describe('with less memory', () => {
  it('the VM of higher priority starts though it comes last, and why the other does not is told', async () => {
    makeVm('low', { priority: 'low' })
    makeVm('high', { priority: 'high', autostart: { enabled: true, order: 9 } })
    await reboot(4, 4096)
    expect(running()).toEqual(['low', 'high'])
    await reboot(4, 2048)
    expect(running()).toEqual(['high'])
    expect(messages('vm.autostart-failed')).toEqual([
      'low was not started with the host: low does not fit: 1076 MiB of memory are asked of the host, which has 2048, 274 kept for itself, 1076 given out and 698 left.',
    ])
    await reboot(4, 4096)
    expect(running()).toEqual(['low', 'high'])
  })

  it('what was decided for one that waits for its turn is taken by nobody who comes in between', async () => {
    makeVm('first', { autostart: { enabled: true, order: 1, delaySeconds: 60 } })
    makeVm('later', { autostart: { enabled: true, order: 2 } })
    const other = makeVm('other', { autostart: { enabled: false } })
    await reboot(4, 2900)
    expect(running()).toEqual(['first'])
    expect(codeOf(() => app.power.powerOn(other, BY))).toBe('admission.memory')
    await world.clock.advance(60_000)
    expect(running()).toEqual(['first', 'later'])
  })

  it('one that did not fit gets the place of one that could not be started', async () => {
    makeVm('low', { priority: 'low' })
    makeVm('high', { priority: 'high', boot: { from: 'kernel', kernel: { datastore: 'local', file: 'gone' } } })
    await reboot(4, 2048)
    expect(running()).toEqual(['low'])
    expect(messages('vm.autostart-failed')).toHaveLength(2)
  })
})

describe('with fewer CPUs', () => {
  it('pools keep what is left of their promises by priority, which is told', async () => {
    app.pools.create(pool('gold', { priority: 'high', cpu: { reservationCores: 1.25 } }), NOW)
    app.pools.create(pool('silver', { cpu: { reservationCores: 1.5 } }), NOW)
    await reboot(2, 4096)
    const { pools, broken, free } = app.resources.view()
    expect(pools.map(({ name, cpu }) => [name, cpu.promisedCores, cpu.keptCores])).toEqual([
      ['gold', 1.25, 1.25],
      ['silver', 1.5, 0.25],
    ])
    expect([broken.map(({ code }) => code), free.cores]).toEqual([['admission.cpu-reservation'], 0])
    expect(messages('pool.promise-cut')).toEqual([
      'Of what is promised to the pool silver, 0.25 of 1.5 cores are kept: the host has less than it promised.',
    ])
  })

  it('a VM of higher priority keeps its promise, and a pool of lower priority yields what it does not use', async () => {
    app.pools.create(pool('silver', { cpu: { reservationCores: 1.5 } }), NOW)
    makeVm('high', { vcpus: 2, priority: 'high', cpuAllocation: { reservationCores: 1.5 } })
    makeVm('same', { vcpus: 2, cpuAllocation: { reservationCores: 0.25 } })
    await reboot(2, 4096)
    expect(running()).toEqual(['high'])
    expect(app.resources.view().pools[0]?.cpu).toMatchObject({ promisedCores: 1.5, keptCores: 0 })
    // The groups say so as well: nothing of the two cores is set aside for who is not there.
    expect(app.resources.view().promised.cores).toBe(1.5)
  })

  it('a VM that did not fit before either takes nothing of a pool’s promise, whatever its priority', async () => {
    app.pools.create(pool('silver', { cpu: { reservationCores: 1.25 } }), NOW)
    const high = makeVm('high', { vcpus: 2, priority: 'high', cpuAllocation: { reservationCores: 2 } })
    await reboot(3, 4096)
    expect([running(), codeOf(() => app.power.powerOn(high, BY))]).toEqual([[], 'admission.cpu-reservation'])
    expect(app.resources.view().pools[0]?.cpu.keptCores).toBe(1.25)
  })
})
