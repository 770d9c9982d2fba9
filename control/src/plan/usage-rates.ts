// Rates from two readings of counters: how much each grew in the time between. Pure.
import type {
  DeviceTransfers,
  DeviceUsage,
  GroupCounters,
  HostCounters,
  HostRates,
  NicTraffic,
  Reading,
  Traffic,
  TrafficRates,
  TransferRates,
  Transfers,
  VmCounters,
  VmDevices,
  VmRates,
} from '../domain/usage.ts'

const NO_TRANSFERS: Transfers = { readBytes: 0, writtenBytes: 0, reads: 0, writes: 0 }
const NO_TRAFFIC: Traffic = { receivedBytes: 0, sentBytes: 0, receivedPackets: 0, sentPackets: 0, dropped: 0 }
/** Microseconds a second that are a percent of one CPU. */
const PERCENT = 1 / 10_000

/** How much a counter grew per second; null when it began anew meanwhile, is not known, or no time has passed. */
type Rate = (before: number | null | undefined, after: number | null) => number | null

function rateOver(elapsedMs: number): Rate {
  return (before, after) => {
    if (before == null || after === null || after < before || elapsedMs <= 0) return null
    return hundredths(((after - before) * 1000) / elapsedMs)
  }
}

function percent(rate: number | null): number | null {
  return rate === null ? null : hundredths(rate * PERCENT)
}

/** What is finer than that is noise, and long in JSON. */
export function hundredths(value: number): number {
  return Math.round(value * 100) / 100
}

export function groupRates(
  { atMs, value: old }: Reading<GroupCounters>,
  after: Reading<GroupCounters>,
): Pick<VmRates, 'cpuPercent' | 'throttledPercent' | 'io'> {
  const rate = rateOver(after.atMs - atMs)
  const now = after.value
  return {
    cpuPercent: percent(rate(old.cpu.usedMicroseconds, now.cpu.usedMicroseconds)),
    throttledPercent: percent(rate(old.cpu.throttledMicroseconds, now.cpu.throttledMicroseconds)),
    io: transferRates(old.io, now.io, rate),
  }
}

export function vmRates(before: Reading<VmCounters>, after: Reading<VmCounters>): VmRates {
  const rate = rateOver(after.atMs - before.atMs)
  const [old, now] = [before.value, after.value]
  const nics = now.nics.map((nic) => ({
    slot: nic.slot,
    ...trafficRates(
      old.nics.find(({ slot }) => slot === nic.slot),
      nic,
      rate,
    ),
  }))
  return {
    ...groupRates(before, after),
    stealPercent: percent(rate(old.cpu.stealMicroseconds, now.cpu.stealMicroseconds)),
    // Of those that were there both times: one that has come or gone makes no leap.
    network: trafficRates(...together<NicTraffic, Traffic>(old.nics, now.nics, ({ slot }) => slot, addTraffic, NO_TRAFFIC), rate),
    nics,
  }
}

export function deviceUsage(before: Reading<VmDevices> | null, after: Reading<VmDevices>): DeviceUsage {
  return { ...after.value, rates: before === null ? null : deviceRates(before.value.disks, after.value.disks, after.atMs - before.atMs) }
}

export function hostRates(before: Reading<HostCounters>, after: Reading<HostCounters>): HostRates {
  const elapsedMs = after.atMs - before.atMs
  const rate = rateOver(elapsedMs)
  const [old, now] = [before.value, after.value]
  const cpus = now.cpus.map(({ number, busyMicroseconds, stealMicroseconds }) => {
    const earlier = old.cpus.find((cpu) => cpu.number === number)
    return {
      number,
      busyPercent: percent(rate(earlier?.busyMicroseconds, busyMicroseconds)),
      stealPercent: percent(rate(earlier?.stealMicroseconds, stealMicroseconds)),
    }
  })
  const named = ({ name }: { readonly name: string }) => name
  return {
    cpuPercent: percent(rate(old.cpu.busyMicroseconds, now.cpu.busyMicroseconds)),
    stealPercent: percent(rate(old.cpu.stealMicroseconds, now.cpu.stealMicroseconds)),
    cpus,
    io: transferRates(...together<DeviceTransfers, Transfers>(old.disks, now.disks, named, addTransfers, NO_TRANSFERS), rate),
    network: trafficRates(...together(old.adapters, now.adapters, named, addTraffic, NO_TRAFFIC), rate),
    disks: deviceRates(old.disks, now.disks, elapsedMs),
    adapters: now.adapters.map((adapter) => ({
      name: adapter.name,
      ...trafficRates(
        old.adapters.find(({ name }) => name === adapter.name),
        adapter,
        rate,
      ),
    })),
  }
}

function deviceRates(
  before: readonly DeviceTransfers[],
  after: readonly DeviceTransfers[],
  elapsedMs: number,
): readonly (TransferRates & { readonly name: string })[] {
  const rate = rateOver(elapsedMs)
  return after.map((device) => ({
    name: device.name,
    ...transferRates(
      before.find(({ name }) => name === device.name),
      device,
      rate,
    ),
  }))
}

function transferRates(before: Transfers | undefined, after: Transfers, rate: Rate): TransferRates {
  return {
    readBytesPerSecond: rate(before?.readBytes, after.readBytes),
    writtenBytesPerSecond: rate(before?.writtenBytes, after.writtenBytes),
    readsPerSecond: rate(before?.reads, after.reads),
    writesPerSecond: rate(before?.writes, after.writes),
  }
}

function trafficRates(before: Traffic | undefined, after: Traffic, rate: Rate): TrafficRates {
  return {
    receivedBytesPerSecond: rate(before?.receivedBytes, after.receivedBytes),
    sentBytesPerSecond: rate(before?.sentBytes, after.sentBytes),
    receivedPacketsPerSecond: rate(before?.receivedPackets, after.receivedPackets),
    sentPacketsPerSecond: rate(before?.sentPackets, after.sentPackets),
    droppedPerSecond: rate(before?.dropped, after.dropped),
  }
}

/** Sums, before and after, over what is in both lists. */
function together<Item extends Sum, Sum>(
  before: readonly Item[],
  after: readonly Item[],
  keyOf: (item: Item) => string | number,
  add: (a: Sum, b: Sum) => Sum,
  none: Sum,
): [Sum, Sum] {
  const earlier = new Map(before.map((item) => [keyOf(item), item]))
  let sums: [Sum, Sum] = [none, none]
  for (const item of after) {
    const was = earlier.get(keyOf(item))
    if (was !== undefined) sums = [add(sums[0], was), add(sums[1], item)]
  }
  return sums
}

function addTransfers(a: Transfers, b: Transfers): Transfers {
  return {
    readBytes: a.readBytes + b.readBytes,
    writtenBytes: a.writtenBytes + b.writtenBytes,
    reads: a.reads + b.reads,
    writes: a.writes + b.writes,
  }
}

function addTraffic(a: Traffic, b: Traffic): Traffic {
  return {
    receivedBytes: a.receivedBytes + b.receivedBytes,
    sentBytes: a.sentBytes + b.sentBytes,
    receivedPackets: a.receivedPackets + b.receivedPackets,
    sentPackets: a.sentPackets + b.sentPackets,
    dropped: a.dropped + b.dropped,
  }
}
