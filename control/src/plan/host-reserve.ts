// What of the machine is kept for the host itself, and what QEMU takes for a VM beside the guest's memory. Pure.

import { RESERVE_FLOOR } from '../domain/host-resources.ts'

export interface HostReserve {
  readonly cores: number
  readonly memoryMiB: number
}

const MOST_MEMORY_MIB = 16_384

/** A core, or a quarter of a small machine, or 2 % of a large one; 192 MiB and 4 % of the memory, up to 16 GiB. Measured: 55 to 200 MiB are in use on a host without VMs. */
export function defaultReserve(threads: number, memoryMiB: number): HostReserve {
  return {
    cores: Math.max(Math.min(1, threads / 4), threads * 0.02, RESERVE_FLOOR.cores),
    memoryMiB: Math.min(MOST_MEMORY_MIB, Math.round(192 + memoryMiB * 0.04)),
  }
}

const QEMU_MIB = 48
const DISPLAY_MIB = 16
const VCPU_MIB = 2
const TPM_MIB = 12
/** Page tables of the guest, and of QEMU. */
const PART_OF_MEMORY = 0.01

export interface VmSize {
  /** The most that it can have while it runs. */
  readonly memoryMiB: number
  readonly vcpus: number
  readonly display: boolean
  readonly tpm: boolean
}

/** What its processes take beside the guest's memory. */
export function overheadMiB({ memoryMiB, vcpus, display, tpm }: VmSize): number {
  return Math.ceil(QEMU_MIB + (display ? DISPLAY_MIB : 0) + vcpus * VCPU_MIB + (tpm ? TPM_MIB : 0) + memoryMiB * PART_OF_MEMORY)
}

/** Where a VM ends that takes more than anything explains: twice the overhead, so that no VM is killed for a busy disk. */
export function memoryCeilingMiB(size: VmSize): number {
  return size.memoryMiB + 2 * overheadMiB(size)
}
