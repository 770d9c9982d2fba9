// Whether a machine has less than it had, and how that is said. Pure.
import type { MachineSize } from '../domain/host-resources.ts'

const SMALLEST_DIMM_MIB = 64
/** The kernel’s own part of the memory is not quite the same in each of its versions. */
const PART_OF_MEMORY = 0.001

/** 0 in all: nothing is missing. */
export function missingFrom(had: MachineSize, has: MachineSize): MachineSize {
  const memoryMiB = had.memoryMiB - has.memoryMiB
  const isNoise = memoryMiB < SMALLEST_DIMM_MIB + had.memoryMiB * PART_OF_MEMORY
  return { cores: Math.max(0, had.cores - has.cores), memoryMiB: isNoise ? 0 : memoryMiB }
}

/** The most that there was, of each. */
export function largerSize(a: MachineSize, b: MachineSize): MachineSize {
  return { cores: Math.max(a.cores, b.cores), memoryMiB: Math.max(a.memoryMiB, b.memoryMiB) }
}

export function isMissing({ cores, memoryMiB }: MachineSize): boolean {
  return cores > 0 || memoryMiB > 0
}

/** `2 of 4 CPUs and 512 of 1971 MiB of memory`; of a machine from which something is missing. */
export function describeMissing({ cores, memoryMiB }: MachineSize, had: MachineSize): string {
  const parts = [
    ...(cores > 0 ? [`${cores} of ${had.cores} CPUs`] : []),
    ...(memoryMiB > 0 ? [`${memoryMiB} of ${had.memoryMiB} MiB of memory`] : []),
  ]
  return parts.join(' and ')
}
