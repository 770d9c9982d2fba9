// What is kept of the past of a VM, a pool and the host: the metrics, each with what it takes from a sample. The order is that of the columns in memory.
import type { HostUsage, PoolUsage, Pressure, VmUsage } from './usage.ts'

export interface Metric<Usage> {
  readonly name: string
  /** Null where it is not known. */
  readonly of: (usage: Usage) => number | null
}

/** Of VMs, pools and the host alike. */
interface Common {
  readonly counters: {
    readonly pressure: { readonly cpu: Pressure | null; readonly memory: Pressure | null; readonly io: Pressure | null }
  }
  readonly rates: Pick<NonNullable<VmUsage['rates']>, 'cpuPercent' | 'stealPercent' | 'io' | 'network'> | null
}

const COMMON: readonly Metric<Common>[] = [
  { name: 'cpuPercent', of: ({ rates }) => rates?.cpuPercent ?? null },
  { name: 'stealPercent', of: ({ rates }) => rates?.stealPercent ?? null },
  { name: 'readBytesPerSecond', of: ({ rates }) => rates?.io.readBytesPerSecond ?? null },
  { name: 'writtenBytesPerSecond', of: ({ rates }) => rates?.io.writtenBytesPerSecond ?? null },
  { name: 'readsPerSecond', of: ({ rates }) => rates?.io.readsPerSecond ?? null },
  { name: 'writesPerSecond', of: ({ rates }) => rates?.io.writesPerSecond ?? null },
  { name: 'receivedBytesPerSecond', of: ({ rates }) => rates?.network.receivedBytesPerSecond ?? null },
  { name: 'sentBytesPerSecond', of: ({ rates }) => rates?.network.sentBytesPerSecond ?? null },
  { name: 'cpuPressurePercent', of: ({ counters }) => counters.pressure.cpu?.someAvg10Percent ?? null },
  { name: 'memoryPressurePercent', of: ({ counters }) => counters.pressure.memory?.someAvg10Percent ?? null },
  { name: 'ioPressurePercent', of: ({ counters }) => counters.pressure.io?.someAvg10Percent ?? null },
]

export const VM_METRICS: readonly Metric<VmUsage>[] = [
  ...COMMON,
  { name: 'throttledPercent', of: ({ rates }) => rates?.throttledPercent ?? null },
  { name: 'residentBytes', of: ({ counters }) => counters.memory.residentBytes },
  { name: 'balloonBytes', of: ({ devices }) => devices?.balloonBytes ?? null },
]

export const POOL_METRICS: readonly Metric<PoolUsage>[] = [
  ...COMMON,
  { name: 'throttledPercent', of: ({ rates }) => rates?.throttledPercent ?? null },
  { name: 'residentBytes', of: ({ counters }) => counters.memory.residentBytes },
  { name: 'vms', of: ({ vms }) => vms },
]

export const HOST_METRICS: readonly Metric<HostUsage>[] = [
  ...COMMON,
  { name: 'memoryUsedBytes', of: ({ counters }) => counters.memory.usedBytes },
  { name: 'swapUsedBytes', of: ({ counters }) => counters.memory.swapUsedBytes },
]
