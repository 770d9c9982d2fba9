// In which order the host gives up VMs when all its memory is taken. Pure.
import type { VmSpec } from '../domain/vm.ts'

/** Thousandths of the host's memory that count as if a VM had them besides its own: one of lower priority goes first unless the other is larger by 30 % of the memory. */
const BY_PRIORITY: Readonly<Record<VmSpec['priority'], number>> = { low: 800, normal: 500, high: 200 }
/** Of that less for what is reserved: among VMs of one priority, who was promised nothing goes before who was promised all. */
const ALL_RESERVED = 150

/**
 * Of all processes of the VM. Work on images (900) goes before every VM. The control plane is at 0 and below and has 140 MiB a process at most, so that it
 * outlives every VM.
 * @source Linux Documentation/filesystems/proc.rst, oom_score_adj
 */
export function oomScoreAdj({ priority, memoryMiB, memoryAllocation, hugePages }: OomFields): number {
  const reserved = hugePages === 'none' ? Math.min(1, memoryAllocation.reservationMiB / memoryMiB) : 1
  return BY_PRIORITY[priority] - Math.round(reserved * ALL_RESERVED)
}

type OomFields = Pick<VmSpec, 'priority' | 'memoryMiB' | 'memoryAllocation' | 'hugePages'>

/** Of a group that says nothing of it. */
export const USUAL_OOM_SCORE_ADJ = BY_PRIORITY.normal
