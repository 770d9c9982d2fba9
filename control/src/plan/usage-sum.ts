// What VMs use together, grouped by whatever they are to be grouped by. Pure.
import type { TrafficRates, TransferRates, UsageSum, VmUsage } from '../domain/usage.ts'
import { hundredths } from './usage-rates.ts'

/** By no VM. */
export const NOTHING_USED: UsageSum = {
  ...{ vms: 0, memoryMiB: 0, residentBytes: 0, cpuPercent: 0, stealPercent: 0, throttledPercent: 0 },
  io: { readBytesPerSecond: 0, writtenBytesPerSecond: 0, readsPerSecond: 0, writesPerSecond: 0 },
  network: { receivedBytesPerSecond: 0, sentBytesPerSecond: 0, receivedPacketsPerSecond: 0, sentPacketsPerSecond: 0, droppedPerSecond: 0 },
}

/** A sum for each key that `keysOf` gives; of several, the VM counts in each. */
export function sumUsage<Key>(usages: readonly VmUsage[], keysOf: (usage: VmUsage) => readonly Key[]): ReadonlyMap<Key, UsageSum> {
  const sums = new Map<Key, UsageSum>()
  for (const usage of usages) {
    for (const key of keysOf(usage)) sums.set(key, plus(sums.get(key) ?? NOTHING_USED, usage))
  }
  return sums
}

/** Of all of them. */
export function totalUsage(usages: readonly VmUsage[]): UsageSum {
  return sumUsage(usages, () => ['all']).get('all') ?? NOTHING_USED
}

function plus(sum: UsageSum, { memoryMiB, counters, rates }: VmUsage): UsageSum {
  const common = {
    vms: sum.vms + 1,
    memoryMiB: sum.memoryMiB + memoryMiB,
    residentBytes: sum.residentBytes + counters.memory.residentBytes,
  }
  if (rates === null) return { ...sum, ...common }
  return {
    ...common,
    cpuPercent: hundredths(sum.cpuPercent + (rates.cpuPercent ?? 0)),
    stealPercent: hundredths(sum.stealPercent + (rates.stealPercent ?? 0)),
    throttledPercent: hundredths(sum.throttledPercent + (rates.throttledPercent ?? 0)),
    io: plusEach(sum.io, rates.io),
    network: plusEach(sum.network, rates.network),
  }
}

function plusEach<T extends TransferRates | TrafficRates>(
  sum: { readonly [Name in keyof T]: number },
  rates: T,
): { readonly [Name in keyof T]: number } {
  const names = Object.keys(sum) as (keyof T)[]
  return Object.fromEntries(names.map((name) => [name, hundredths(sum[name] + ((rates[name] as number | null) ?? 0))])) as {
    [Name in keyof T]: number
  }
}
