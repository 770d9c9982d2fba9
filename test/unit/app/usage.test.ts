// Accounting over fakes: what is sampled when, what is known of what runs, and what is forgotten.
import { beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../../../control/src/app/app.ts'
import type { VmCounters } from '../../../control/src/domain/usage.ts'
import { VM_COUNTERS } from '../../fakes/usage.ts'
import { World } from '../../fakes/world.ts'
import { draft } from './draft.ts'
import { poolDraft } from './pool-draft.ts'
import { codeOf } from './refused.ts'

const PERIOD = 10_000
const BOOT = { from: 'kernel', kernel: { datastore: 'local', file: 'vmlinuz' } }
const CHANGE = { dryRun: false, by: 'test' }

const used = (seconds: number): VmCounters => ({ ...VM_COUNTERS, cpu: { ...VM_COUNTERS.cpu, usedMicroseconds: seconds * 1_000_000 } })

describe('accounting', () => {
  let world: World
  let app: App
  let stop: () => void
  beforeEach(async () => {
    world = new World()
    app = await world.boot()
    stop = app.accounting.run()
  })

  async function started(name: string, rest: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const { id } = app.vms.create(draft(name, { boot: BOOT, ...rest }), CHANGE)
    app.power.powerOn(id, 'test')
    await world.clock.advance(0)
    return id
  }
  /** The next samples. */
  const round = () => world.clock.advance(PERIOD)
  const latest = (id: string) => app.accounting.vm(id, '10s').latest

  it('samples the host at once and every 10 s, and rates follow from two samples', async () => {
    const busy = (seconds: number) => ({ busyMicroseconds: seconds * 1_000_000, idleMicroseconds: 0, stealMicroseconds: 0 })
    expect(app.accounting.host('10s')).toMatchObject({ latest: { at: '2026-01-01T00:00:00.000Z', rates: null }, history: { at: [] } })
    world.usage.host = { ...world.usage.host, cpu: busy(15) }
    await round()
    expect(app.accounting.host('10s')).toMatchObject({
      latest: { at: '2026-01-01T00:00:10.000Z', rates: { cpuPercent: 150 } },
      history: { at: ['2026-01-01T00:00:10.000Z'], average: { cpuPercent: [150], memoryUsedBytes: [536_870_912] } },
    })
  })

  it('samples VMs that run, and no others', async () => {
    const id = await started('web1', { memoryMiB: 512, nics: [{ network: 'nat' }] })
    app.vms.create(draft('off1'), CHANGE)
    await round()
    expect(world.usage.observed).toEqual([id])
    expect(latest(id)).toMatchObject({ id, name: 'web1', memoryMiB: 512, rates: null, counters: { nics: [{ slot: 0 }] } })
    world.usage.vms.set(id, used(2.5))
    await round()
    expect(latest(id)).toMatchObject({ at: '2026-01-01T00:00:20.000Z', rates: { cpuPercent: 25 } })
    expect(app.accounting.all()).toMatchObject({ vms: [{ id }], total: { vms: 1, memoryMiB: 512, cpuPercent: 25 } })
    expect(app.accounting.vm(id, '10s').history).toMatchObject({ at: ['2026-01-01T00:00:20.000Z'], average: { cpuPercent: [25] } })
  })

  it('samples one that is paused, which stands still', async () => {
    const id = await started('web1')
    await round()
    app.power.pause(id, 'test')
    await round()
    expect(latest(id)).toMatchObject({ rates: { cpuPercent: 0 } })
  })

  it('tells the memory and NICs that are in force, not those that wait for the next power-on', async () => {
    const id = await started('web1', { memoryMiB: 512 })
    app.vms.patch(id, { memoryMiB: 256 }, () => true, CHANGE)
    await round()
    expect(app.vms.get(id).spec.memoryMiB).toBe(256)
    expect(latest(id)).toMatchObject({ memoryMiB: 512 })
  })

  it('knows what QEMU tells of disks and balloon a moment after the files’ values', async () => {
    const id = await started('web1')
    const { machines } = world.vmHost
    const disk = (bytes: number) => ({ name: 'disk0', readBytes: bytes, writtenBytes: 0, reads: 0, writes: 0 })
    const machine = machines.get(id)
    if (machine === undefined) throw new Error('it does not run')
    machine.devicesInUse = { balloonBytes: 4096, guestMemory: null, disks: [disk(0)] }
    await round()
    expect(latest(id)?.devices).toEqual({ balloonBytes: 4096, guestMemory: null, disks: [disk(0)], rates: null })
    machine.devicesInUse = { balloonBytes: 4096, guestMemory: null, disks: [disk(10_240)] }
    await round()
    expect(latest(id)?.devices?.rates).toMatchObject([{ name: 'disk0', readBytesPerSecond: 1024 }])
    expect(app.accounting.vm(id, '10s').history.average.balloonBytes).toEqual([4096])
  })

  it('goes on without what a QEMU tells that does not answer, until it does', async () => {
    const id = await started('web1')
    const machine = world.vmHost.machine(id)
    await round()
    expect(latest(id)?.devices).not.toBeNull()
    machine.answering = false
    world.usage.vms.set(id, used(5))
    await round()
    expect(latest(id)).toMatchObject({ devices: null, rates: { cpuPercent: 50 } })
    machine.answering = true
    await round()
    expect(latest(id)?.devices).toMatchObject({ disks: [] })
  })

  it('does not ask a QEMU again that has not answered yet', async () => {
    const id = await started('web1')
    const machine = world.vmHost.machine(id)
    let asked = 0
    Object.defineProperty(machine, 'devicesInUse', {
      get() {
        asked++
        return new Promise(() => {})
      },
    })
    await round()
    await round()
    await round()
    expect([asked, latest(id)?.devices, latest(id)?.rates?.cpuPercent]).toEqual([1, null, 0])
  })

  it('begins anew with another process: no rate spans the two, and the past is kept', async () => {
    const id = await started('web1')
    world.usage.vms.set(id, used(100))
    await round()
    world.usage.vms.set(id, used(110))
    await round()
    app.power.powerOff(id, 'test')
    await round()
    expect(latest(id)).toBeNull()
    expect(app.accounting.all().vms).toEqual([])
    world.usage.vms.set(id, used(200))
    app.power.powerOn(id, 'test')
    await world.clock.advance(0)
    expect(latest(id)).toBeNull()
    await round()
    expect(latest(id)).toMatchObject({ rates: null })
    world.usage.vms.set(id, used(205))
    await round()
    expect(latest(id)).toMatchObject({ rates: { cpuPercent: 50 } })
    expect(app.accounting.vm(id, '10s').history.average.cpuPercent).toEqual([100, 50])
  })

  it('begins anew, too, with a process that was started within one round', async () => {
    const id = await started('web1')
    world.usage.vms.set(id, used(100))
    await round()
    app.power.powerOff(id, 'test')
    await world.clock.advance(0)
    app.power.powerOn(id, 'test')
    world.usage.vms.set(id, used(105))
    await round()
    expect(latest(id)).toMatchObject({ rates: null })
  })

  it('goes on when nothing can be read of one, and when something goes wrong', async () => {
    const [ended, broken, well] = [await started('ended'), await started('broken'), await started('well')]
    world.usage.vms.set(ended, null)
    Object.defineProperty(world.usage.vms, 'get', {
      value(this: Map<string, VmCounters | null>, id: string) {
        if (id === broken) throw new Error('unforeseen')
        return Map.prototype.get.call(this, id) as VmCounters | null | undefined
      },
    })
    await round()
    await round()
    expect(app.accounting.all().vms.map(({ id }) => id)).toEqual([well])
    expect(world.logged).toContain(`error: usage of VM ${broken}: Error: unforeseen`)
  })

  it('samples many VMs in turns, all within a round', async () => {
    const ids: string[] = []
    for (let index = 0; index < 30; index++) ids.push(await started(`vm${index}`))
    await round()
    expect(world.usage.observed).toEqual(ids)
  })

  it('forgets a VM with its deletion, and has never heard of others', async () => {
    const id = await started('web1')
    await round()
    await round()
    app.power.powerOff(id, 'test')
    await round()
    expect(app.accounting.vm(id, '10s').history.at).toHaveLength(1)
    app.vms.remove(id, () => true, CHANGE)
    expect(codeOf(() => app.accounting.vm(id, '10s'))).toBe('vm.not-found')
    await round()
    expect(app.accounting.all()).toMatchObject({ vms: [], total: { vms: 0 } })
  })

  it('keeps the past of 256 VMs, and forgets the one that has been off for longest before any other', async () => {
    app.resources.change({ overcommit: { vcpus: 64, memory: 8 } }, 'test')
    const first = await started('first')
    const second = await started('second')
    await world.clock.advance(2 * PERIOD)
    for (const id of [first, second]) {
      app.power.powerOff(id, 'test')
      await round()
    }
    const points = (id: string) => app.accounting.vm(id, '10s').history.at.length
    for (let index = 0; index < 254; index++) await started(`vm${index}`)
    await world.clock.advance(2 * PERIOD)
    expect([points(first) > 0, points(second) > 0]).toEqual([true, true])
    const third = await started('third')
    await world.clock.advance(2 * PERIOD)
    expect([points(first) > 0, points(second) > 0, points(third) > 0]).toEqual([false, true, true])
  }, 120_000)

  it('moves what was when the clock is set', async () => {
    await round()
    const now = world.clock.now
    world.clock.now = () => new Date(Date.parse(now.call(world.clock)) + 3_600_000).toISOString()
    expect(app.accounting.host('10s').history.at).toEqual(['2026-01-01T01:00:10.000Z'])
  })

  it('leaves no timer when it is stopped, at any moment of a round', async () => {
    for (let index = 0; index < 20; index++) await started(`vm${index}`)
    await round()
    stop()
    const { pendingTimers } = world.clock
    expect(pendingTimers).toBe(0)
    const before = world.usage.observed.length
    await round()
    expect(world.usage.observed.length).toBe(before)
    // Between the turns of a round: the first 8 have been sampled.
    const again = app.accounting.run()
    expect(world.usage.observed.length).toBe(before + 8)
    again()
    await round()
    expect([world.clock.pendingTimers, world.usage.observed.length]).toEqual([0, before + 8])
  })

  describe('of pools', () => {
    const GROUP = '/sys/fs/cgroup/corbel.vm'
    const { stealMicroseconds: _ofVcpus, ...cpu } = VM_COUNTERS.cpu
    const group = (seconds: number, residentBytes: number) => ({
      ...{ cpu: { ...cpu, usedMicroseconds: seconds * 1_000_000 }, memory: { ...VM_COUNTERS.memory, residentBytes } },
      ...{ io: VM_COUNTERS.io, pressure: VM_COUNTERS.pressure },
    })
    const pool = (name: string, parent = 'host') =>
      poolDraft(name, { parent, cpu: { reservationCores: 0.5 }, memory: { reservationMiB: 256, limitMiB: 4096 } })
    const latestOf = (name: string) => app.accounting.pool(name, '10s').latest
    beforeEach(async () => {
      app.pools.create(pool('gold'), CHANGE)
      app.pools.create(pool('inner', 'gold'), CHANGE)
      await started('web1', { pool: 'gold' })
      await started('db1', { pool: 'inner' })
      await started('other')
      world.usage.groups.set(`${GROUP}/pool.gold`, group(0, 1000))
      await round()
    })

    it('counts by their own groups, and sums up the VMs inside', async () => {
      expect(latestOf('gold')).toMatchObject({ vms: 2, memoryMiB: 1024, rates: null, cpu: { reservationCores: 0.5, limitCores: null } })
      world.usage.groups.set(`${GROUP}/pool.gold`, group(5, 3000))
      world.usage.groups.set(`${GROUP}/pool.gold/pool.inner`, group(1, 2000))
      await round()
      expect(latestOf('gold')).toMatchObject({
        ...{ name: 'gold', parent: 'host', at: '2026-01-01T00:00:20.000Z', memory: { reservationMiB: 256, limitMiB: 4096 } },
        ...{ counters: { memory: { residentBytes: 3000 } }, rates: { cpuPercent: 50, throttledPercent: 0, stealPercent: 0 } },
      })
      expect(latestOf('inner')).toMatchObject({ parent: 'gold', vms: 1, memoryMiB: 512, rates: null })
      expect(app.accounting.all().pools.map(({ name }) => name)).toEqual(['gold', 'inner'])
    })

    it('have a past, which goes with them', async () => {
      await round()
      expect(app.accounting.pool('gold', '10s').history.average).toMatchObject({ cpuPercent: [0], residentBytes: [1000], vms: [2] })
      expect(app.accounting.pool('inner', '10s')).toMatchObject({ latest: null, history: { at: [] } })
      app.pools.create(pool('short'), CHANGE)
      world.usage.groups.set(`${GROUP}/pool.short`, group(0, 0))
      await round()
      await round()
      expect(app.accounting.pool('short', '10s').history.at).toHaveLength(1)
      app.pools.remove('short', () => true, CHANGE)
      expect(codeOf(() => app.accounting.pool('short', '10s'))).toBe('pool.not-found')
      await round()
      app.pools.create(pool('short'), CHANGE)
      expect(app.accounting.pool('short', '10s').history.at).toEqual([])
    })
  })
})
