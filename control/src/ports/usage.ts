// What VMs and the host use, as the kernel counts it.
import type { HostCounters, VmCounters } from '../domain/usage.ts'

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
  /** What cannot be read counts as 0, or is left out. */
  observeHost(): HostCounters
}
