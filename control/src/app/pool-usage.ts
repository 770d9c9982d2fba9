// Accounting of pools: what each uses by the count of its own group, and what the VMs in it, and in pools inside, use together.
import type { GroupCounters, PoolUsage, Reading, Resolution, UsageHistory, UsageSum, VmUsage } from '../domain/usage.ts'
import { POOL_METRICS } from '../domain/usage-metrics.ts'
import { poolPaths } from '../plan/pool-path.ts'
import { groupRates } from '../plan/usage-rates.ts'
import { NOTHING_USED, sumUsage } from '../plan/usage-sum.ts'
import type { AppPorts } from './ports.ts'
import { Refusal } from './refusal.ts'
import type { Resources } from './resources.ts'
import { History } from './usage-history.ts'

export interface PoolAccounting {
  /** What is to be sampled now, pool by pool; `vms` gives what they are made of. */
  samples(vms: () => readonly VmUsage[]): readonly (() => void)[]
  /** Of pools that have a group. */
  all(): readonly PoolUsage[]
  one(name: string, resolution: Resolution): { readonly latest: PoolUsage | null; readonly history: UsageHistory }
}

interface Sampled {
  readonly reading: Reading<GroupCounters>
  readonly rates: ReturnType<typeof groupRates> | null
  readonly sum: UsageSum
}

/** There are at most 100 pools, each with a past of 58 KB, which goes with the pool. */
export function createPoolAccounting(
  { usage, clock }: Pick<AppPorts, 'usage' | 'clock'>,
  resources: Pick<Resources, 'pools' | 'groupOf'>,
  timeOf: (atMs: number) => string,
): PoolAccounting {
  const sampled = new Map<string, Sampled>()
  const histories = new Map<string, History<PoolUsage>>()
  const noHistory = new History(POOL_METRICS)

  const specOf = (name: string) => resources.pools().find((pool) => pool.name === name)

  function sample(name: string, sum: UsageSum): void {
    const atMs = clock.monotonicMs()
    const value = usage.observeGroup(resources.groupOf(name))
    if (value === null) {
      sampled.delete(name)
      return
    }
    const reading = { atMs, value }
    const before = sampled.get(name)
    sampled.set(name, { reading, sum, rates: before === undefined ? null : groupRates(before.reading, reading) })
    const latest = latestOf(name)
    if (latest?.rates == null) return
    const history = histories.get(name) ?? new History(POOL_METRICS)
    histories.set(name, history)
    history.add(atMs, latest)
  }

  function latestOf(name: string): PoolUsage | null {
    const spec = specOf(name)
    const seen = sampled.get(name)
    if (spec === undefined || seen === undefined) return null
    const { reading, rates, sum } = seen
    const { reservationCores, limitCores } = spec.cpu
    const { vms, memoryMiB, stealPercent, network } = sum
    return {
      ...{ name, parent: spec.parent, at: timeOf(reading.atMs), vms, memoryMiB },
      ...{ cpu: { reservationCores, limitCores }, memory: spec.memory, counters: reading.value },
      rates: rates === null ? null : { ...rates, stealPercent, network },
    }
  }

  return {
    samples(vms) {
      const pools = resources.pools()
      const names = new Set(pools.map(({ name }) => name))
      for (const known of [sampled, histories]) for (const name of known.keys()) if (!names.has(name)) known.delete(name)
      if (pools.length === 0) return []
      const pathOf = poolPaths(pools)
      const sums = sumUsage(vms(), ({ pool }) => pathOf(pool))
      return pools.map(
        ({ name }) =>
          () =>
            sample(name, sums.get(name) ?? NOTHING_USED),
      )
    },
    all: () => resources.pools().flatMap(({ name }) => latestOf(name) ?? []),
    one(name, resolution) {
      if (specOf(name) === undefined) throw new Refusal('not-found', 'pool.not-found', `There is no pool ${name}.`)
      const history = histories.get(name) ?? noHistory
      return { latest: latestOf(name), history: history.read(resolution, clock.monotonicMs(), timeOf) }
    },
  }
}
