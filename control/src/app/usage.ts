// Accounting: samples every running VM, every pool and the host on a timer, and keeps the latest of each and what was, in memory of a bounded size.
import type {
  DeviceUsage,
  HostCounters,
  HostRates,
  HostUsage,
  PoolUsage,
  Reading,
  Resolution,
  UsageHistory,
  UsageSum,
  VmCounters,
  VmDevices,
  VmRates,
  VmUsage,
} from '../domain/usage.ts'
import { HOST_METRICS, VM_METRICS } from '../domain/usage-metrics.ts'
import { deviceUsage, hostRates, vmRates } from '../plan/usage-rates.ts'
import { totalUsage } from '../plan/usage-sum.ts'
import { tapName } from '../plan/vm-paths.ts'
import type { VmProcess } from '../ports/vm-host.ts'
import type { Fleet } from './fleet.ts'
import { createPoolAccounting } from './pool-usage.ts'
import type { AppPorts } from './ports.ts'
import type { Resources } from './resources.ts'
import { History, SAMPLE_MS } from './usage-history.ts'

/** VMs or pools that are read in one turn; others get theirs in between. */
const READ_A_TURN = 8
/** Of QEMU: what it tells is left out when it takes longer. */
const DEVICES_TIMEOUT_MS = 3_000
/** VMs whose past is kept: 256 times 58 KB. Beyond that the longest unsampled is forgotten. */
const MAX_HISTORIES = 256

export interface AllUsage {
  /** Null before the first sample. */
  readonly host: HostUsage | null
  readonly vms: readonly VmUsage[]
  readonly pools: readonly PoolUsage[]
  readonly total: UsageSum
}

export interface Accounting {
  /** Samples from now on, until what it returns is called. */
  run(): () => void
  all(): AllUsage
  host(resolution: Resolution): { readonly latest: HostUsage | null; readonly history: UsageHistory }
  /** The latest is null for one that does not run, or that has not been sampled yet. Refuses with `vm.not-found`. */
  vm(id: string, resolution: Resolution): { readonly latest: VmUsage | null; readonly history: UsageHistory }
  /** The latest is null for one that no VM was started in yet. Refuses with `pool.not-found`. */
  pool(name: string, resolution: Resolution): { readonly latest: PoolUsage | null; readonly history: UsageHistory }
}

interface Sampled<Counters, Rates> {
  readonly reading: Reading<Counters>
  readonly rates: Rates | null
}

/** A VM's process since it was first sampled. */
interface Watched {
  readonly process: VmProcess
  sampled: Sampled<VmCounters, VmRates> | null
  devices: { readonly reading: Reading<VmDevices>; readonly usage: DeviceUsage } | null
  /** QEMU is being asked: it is not asked again before that has ended. */
  asking: boolean
}

export function createAccounting(
  { usage, clock, log }: Pick<AppPorts, 'usage' | 'clock' | 'log'>,
  fleet: Pick<Fleet, 'get' | 'list' | 'process' | 'record'>,
  resources: Pick<Resources, 'pools' | 'groupOf'>,
): Accounting {
  const watched = new Map<string, Watched>()
  const histories = new Map<string, History<VmUsage>>()
  const hostHistory = new History(HOST_METRICS)
  const noHistory = new History(VM_METRICS)
  let hostSampled: Sampled<HostCounters, HostRates> | null = null

  const pools = createPoolAccounting({ usage, clock }, resources, timeOf)

  /** By the clock of now: one that was set meanwhile moves what was before, too. */
  function timeOf(atMs: number): string {
    return new Date(Date.parse(clock.now()) - (clock.monotonicMs() - atMs)).toISOString()
  }

  function sampleHost(): void {
    const atMs = clock.monotonicMs()
    const reading = { atMs, value: usage.observeHost() }
    const rates = hostSampled === null ? null : hostRates(hostSampled.reading, reading)
    hostSampled = { reading, rates }
    const latest = latestOfHost()
    if (rates !== null && latest !== null) hostHistory.add(atMs, latest)
  }

  function latestOfHost(): HostUsage | null {
    if (hostSampled === null) return null
    return { at: timeOf(hostSampled.reading.atMs), counters: hostSampled.reading.value, rates: hostSampled.rates }
  }

  function inForce(id: string) {
    const { spec, startedSpec, uid } = fleet.record(id)
    const { name } = spec
    const { memoryMiB, pool, nics } = startedSpec ?? spec
    return { name, memoryMiB, pool, nics: nics.map(({ slot }) => ({ slot, device: tapName(uid, slot) })) }
  }

  function sampleVm(id: string): void {
    const process = fleet.process(id)
    if (process === null) return
    const known = watched.get(id)
    const entry = known?.process === process ? known : { process, sampled: null, devices: null, asking: false }
    watched.set(id, entry)
    const atMs = clock.monotonicMs()
    const value = usage.observeVm({ id, pid: process.identity.pid, nics: inForce(id).nics })
    if (value === null) return
    const reading = { atMs, value }
    const rates = entry.sampled === null ? null : vmRates(entry.sampled.reading, reading)
    entry.sampled = { reading, rates }
    const latest = latestOf(id)
    if (rates !== null && latest !== null) historyOf(id)?.add(atMs, latest)
    if (!entry.asking) void askDevices(entry)
  }

  function latestOf(id: string): VmUsage | null {
    const entry = watched.get(id)
    if (entry?.sampled == null || fleet.process(id) !== entry.process) return null
    const { name, memoryMiB, pool } = inForce(id)
    const { reading, rates } = entry.sampled
    return {
      ...{ id, name, at: timeOf(reading.atMs), pool, memoryMiB, balloon: fleet.get(id)?.status.balloon ?? null },
      ...{ counters: reading.value, rates, devices: entry.devices?.usage ?? null },
    }
  }

  /** Null when the past of so many others is kept that run, too. */
  function historyOf(id: string): History<VmUsage> | null {
    const known = histories.get(id)
    if (known !== undefined) return known
    if (histories.size >= MAX_HISTORIES) {
      const [longest] = [...histories].filter(([other]) => fleet.process(other) === null).sort(([, a], [, b]) => a.lastMs - b.lastMs)
      if (longest === undefined) return null
      histories.delete(longest[0])
    }
    const made = new History(VM_METRICS)
    histories.set(id, made)
    return made
  }

  async function askDevices(entry: Watched): Promise<void> {
    entry.asking = true
    try {
      const value = await entry.process.observeDevices(DEVICES_TIMEOUT_MS)
      const reading = { atMs: clock.monotonicMs(), value }
      entry.devices = { reading, usage: deviceUsage(entry.devices?.reading ?? null, reading) }
    } catch {
      // It is busy, or ending; files tell the rest.
      entry.devices = null
    } finally {
      entry.asking = false
    }
  }

  function forgetOthers(ids: ReadonlySet<string>): void {
    for (const id of watched.keys()) if (!ids.has(id) || fleet.process(id) === null) watched.delete(id)
    for (const id of histories.keys()) if (!ids.has(id)) histories.delete(id)
  }

  /** The others are sampled all the same, and again. */
  function attempt(what: string, sample: () => void): void {
    try {
      sample()
    } catch (error) {
      log('error', `usage of ${what}: ${String(error)}`)
    }
  }

  function run(): () => void {
    let cancel = () => {}
    function round(): void {
      const startedMs = clock.monotonicMs()
      const ids = fleet.list().map(({ id }) => id)
      forgetOthers(new Set(ids))
      attempt('the host', sampleHost)
      const waiting = ids.filter((id) => fleet.process(id) !== null).map((id) => () => attempt(`VM ${id}`, () => sampleVm(id)))
      // Last, as they are made of VMs in part.
      let poolsWait = true
      const turn = () => {
        for (const sample of waiting.splice(0, READ_A_TURN)) sample()
        if (waiting.length === 0 && poolsWait) {
          poolsWait = false
          attempt('pools', () => waiting.push(...pools.samples(latestOfAll).map((sample) => () => attempt('a pool', sample))))
        }
        const restMs = startedMs + SAMPLE_MS - clock.monotonicMs()
        cancel = waiting.length > 0 ? clock.after(0, turn) : clock.after(Math.max(0, restMs), round)
      }
      turn()
    }
    round()
    return () => cancel()
  }

  const latestOfAll = () => fleet.list().flatMap(({ id }) => latestOf(id) ?? [])

  const all = () => {
    const vms = latestOfAll()
    return { host: latestOfHost(), vms, pools: pools.all(), total: totalUsage(vms) }
  }

  return {
    run,
    all,
    host: (resolution) => ({ latest: latestOfHost(), history: hostHistory.read(resolution, clock.monotonicMs(), timeOf) }),
    vm(id, resolution) {
      fleet.record(id)
      const history = histories.get(id) ?? noHistory
      return { latest: latestOf(id), history: history.read(resolution, clock.monotonicMs(), timeOf) }
    },
    pool: pools.one,
  }
}
