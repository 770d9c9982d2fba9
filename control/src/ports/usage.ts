// What VMs and the host use, as the kernel counts it.
import type { GroupCounters, HostCounters, MemoryRoom, VmCounters } from '../domain/usage.ts'

/** A running VM as its traces on the host are found. */
export interface VmTraces {
  readonly id: string
  /** Of its QEMU. */
  readonly pid: number
  readonly nics: readonly { readonly slot: number; readonly device: string }[]
}

/** Reads files and nothing else, and never throws. */
export interface Usage {
  /** Null when there is nothing to be read, as it has ended. NICs that are not there are left out. */
  observeVm(vm: VmTraces): VmCounters | null
  /** Of the cgroup at `path`, with all in it; null when it is not there. */
  observeGroup(path: string): GroupCounters | null
  /** What the cgroup at `path` has that cannot be had back while its processes live: all but page cache and what the kernel can free. Null when it is not there. */
  observeHeldBytes(path: string): number | null
  observeMemoryRoom(): MemoryRoom
  /** What cannot be read counts as 0, or is left out. */
  observeHost(): HostCounters
}
