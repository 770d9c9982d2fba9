// What VMs, pools and the host use: counters as they are read, and the rates that follow from two readings. Counters are totals since the VM's process, or the host, began.
import type { BalloonStatus } from './vm-status.ts'

/** How much work waited for a resource. @source Linux Documentation/accounting/psi.rst */
export interface Pressure {
  /** Share of the last 10 s in which something waited, 0 to 100. */
  readonly someAvg10Percent: number
  /** In which nothing got on for it. */
  readonly fullAvg10Percent: number
  readonly someTotalMicroseconds: number
  readonly fullTotalMicroseconds: number
}

/** Null where the kernel does not tell. */
export interface Pressures {
  readonly cpu: Pressure | null
  readonly memory: Pressure | null
  readonly io: Pressure | null
}

export interface Transfers {
  readonly readBytes: number
  readonly writtenBytes: number
  readonly reads: number
  readonly writes: number
}

/** A disk or CD drive of a VM (`disk0`), or a disk of the host (`sda`). */
export interface DeviceTransfers extends Transfers {
  readonly name: string
}

/** As whoever owns it sees it: what a VM's NIC received is what the guest was sent. */
export interface Traffic {
  readonly receivedBytes: number
  readonly sentBytes: number
  readonly receivedPackets: number
  readonly sentPackets: number
  /** Packets that were dropped on the way in or out. */
  readonly dropped: number
}

export interface NicTraffic extends Traffic {
  readonly slot: number
}

export interface AdapterTraffic extends Traffic {
  readonly name: string
}

/** What files tell of a group of processes: a pool's with all VMs in it, or a VM's, helpers included. */
export interface GroupCounters {
  readonly cpu: {
    readonly usedMicroseconds: number
    /** Time on CPUs that was withheld because of the group's own limit, and the periods in which that happened. */
    readonly throttledMicroseconds: number
    readonly throttledPeriods: number
  }
  readonly memory: {
    /** All that is charged to it: resident, page cache, the kernel's own for it. */
    readonly chargedBytes: number
    /** What it has in memory for itself: guests' memory as far as it was touched, and QEMU's own. */
    readonly residentBytes: number
    /** Page cache of its disk files. */
    readonly cacheBytes: number
    readonly swapBytes: number
  }
  /** What its disks cost the host's: what the page cache answered is not in it, what it wrote is when it is written back. */
  readonly io: Transfers
  readonly pressure: Pressures
}

export interface VmCounters extends GroupCounters {
  readonly cpu: GroupCounters['cpu'] & {
    /** How long its vCPUs were ready and had no CPU, summed over them; time withheld because of a limit counts here, too. Null where the kernel does not tell. */
    readonly stealMicroseconds: number | null
  }
  readonly nics: readonly NicTraffic[]
}

/** Of the host. */
export interface MemoryRoom {
  /** What could be had without swapping, page cache included. */
  readonly availableBytes: number
  /** Share of the last 10 s in which something on the host waited for memory; null where the kernel does not tell. */
  readonly waitingPercent: number | null
}

/** What a guest claims of its memory, by the driver of its balloon. */
export interface GuestMemory {
  readonly totalBytes: number
  /** What its programs could have without swapping: free, or page cache. */
  readonly availableBytes: number
  /** RFC 3339, by the host's clock. */
  readonly updatedAt: string
}

export interface Balloon {
  /** What the guest has, as its balloon leaves it. Null where there is none. */
  readonly actualBytes: number | null
  /** Null where the guest's driver does not tell. */
  readonly guest: GuestMemory | null
}

/** What only QEMU can tell. */
export interface VmDevices {
  /** What the guest has, as its balloon leaves it. Null where there is none, or its driver is not at work. */
  readonly balloonBytes: number | null
  /** Null where the guest does not tell. */
  readonly guestMemory: GuestMemory | null
  /** What the guest asked of its disks. */
  readonly disks: readonly DeviceTransfers[]
}

export interface CpuTime {
  readonly busyMicroseconds: number
  readonly idleMicroseconds: number
  /** Taken by a hypervisor below this one. */
  readonly stealMicroseconds: number
}

export interface HostCounters {
  /** Of all CPUs together. */
  readonly cpu: CpuTime
  readonly cpus: readonly (CpuTime & { readonly number: number })[]
  readonly memory: {
    readonly totalBytes: number
    /** What could not be had without swapping. */
    readonly usedBytes: number
    readonly cacheBytes: number
    readonly swapUsedBytes: number
  }
  readonly pressure: Pressures
  /** Whole disks of the machine. */
  readonly disks: readonly DeviceTransfers[]
  readonly adapters: readonly AdapterTraffic[]
}

/** Something that was read at a moment of the monotonic clock. */
export interface Reading<T> {
  readonly atMs: number
  readonly value: T
}

/** Per second; null where a counter began anew between the two readings. */
export interface TransferRates {
  readonly readBytesPerSecond: number | null
  readonly writtenBytesPerSecond: number | null
  readonly readsPerSecond: number | null
  readonly writesPerSecond: number | null
}

export interface TrafficRates {
  readonly receivedBytesPerSecond: number | null
  readonly sentBytesPerSecond: number | null
  readonly receivedPacketsPerSecond: number | null
  readonly sentPacketsPerSecond: number | null
  readonly droppedPerSecond: number | null
}

/** 100 percent is one CPU, or one vCPU. */
export interface VmRates {
  readonly cpuPercent: number | null
  readonly stealPercent: number | null
  readonly throttledPercent: number | null
  readonly io: TransferRates
  /** All NICs together. */
  readonly network: TrafficRates
  readonly nics: readonly (TrafficRates & { readonly slot: number })[]
}

export interface HostRates {
  /** 100 percent is one CPU. */
  readonly cpuPercent: number | null
  readonly stealPercent: number | null
  /** By CPU, each 0 to 100. */
  readonly cpus: readonly { readonly number: number; readonly busyPercent: number | null; readonly stealPercent: number | null }[]
  /** All together. */
  readonly io: TransferRates
  readonly network: TrafficRates
  readonly disks: readonly (TransferRates & { readonly name: string })[]
  readonly adapters: readonly (TrafficRates & { readonly name: string })[]
}

/** A VM's disks as QEMU told of them last. Null: it did not answer lately. */
export interface DeviceUsage extends VmDevices {
  /** By disk; null until it has told twice. */
  readonly rates: readonly (TransferRates & { readonly name: string })[] | null
}

/** The latest of a running VM. */
export interface VmUsage {
  readonly id: string
  readonly name: string
  /** When it was sampled, RFC 3339. */
  readonly at: string
  /** That it runs in. */
  readonly pool: string
  /** As the spec in force has it. */
  readonly memoryMiB: number
  /** What of it the guest is to have, where that is less. */
  readonly balloon: BalloonStatus | null
  readonly counters: VmCounters
  /** Null until it was sampled twice. */
  readonly rates: VmRates | null
  readonly devices: DeviceUsage | null
}

/** Of a pool, where VMs run in it or in a pool inside. */
export interface PoolRates {
  readonly cpuPercent: number | null
  /** Of its VMs together. */
  readonly stealPercent: number
  /** By its own limit; what limits of pools and VMs inside withhold is theirs. */
  readonly throttledPercent: number | null
  readonly io: TransferRates
  /** Of its VMs together. */
  readonly network: UsageSum['network']
}

/** The latest of a pool that has a group: from when a VM was first started in it. */
export interface PoolUsage {
  readonly name: string
  readonly parent: string
  readonly at: string
  /** VMs that run in it and in pools inside, and the memory that they have together. */
  readonly vms: number
  readonly memoryMiB: number
  readonly cpu: { readonly reservationCores: number; readonly limitCores: number | null }
  readonly memory: { readonly reservationMiB: number; readonly limitMiB: number | null }
  readonly counters: GroupCounters
  readonly rates: PoolRates | null
}

export interface HostUsage {
  readonly at: string
  readonly counters: HostCounters
  readonly rates: HostRates | null
}

/** What several VMs use together. What is not known of one counts as nothing. */
export interface UsageSum {
  readonly vms: number
  readonly memoryMiB: number
  readonly residentBytes: number
  readonly cpuPercent: number
  readonly stealPercent: number
  readonly throttledPercent: number
  readonly io: { readonly [Rate in keyof TransferRates]: number }
  readonly network: { readonly [Rate in keyof TrafficRates]: number }
}

export const RESOLUTIONS = ['10s', '5m'] as const
/** `10s`: the last hour. `5m`: the last day. */
export type Resolution = (typeof RESOLUTIONS)[number]

/** What was used, point by point, the oldest first; by metric, each value null where it was not known. Times in which nothing was sampled are left out. */
export interface UsageHistory {
  readonly resolution: Resolution
  /** The end of each point's time, RFC 3339. */
  readonly at: readonly string[]
  readonly average: Readonly<Record<string, readonly (number | null)[]>>
  /** The highest of the samples in a point; with `10s` there is one sample in each. */
  readonly maximum?: Readonly<Record<string, readonly (number | null)[]>>
}
