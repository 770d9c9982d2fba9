// In which order the host gives up VMs when all its memory is taken. Pure.
import type { Priority } from '../domain/priority.ts'

/**
 * Thousandths of the host's memory that count as if a VM had them besides its own: one of lower priority goes first unless the other is larger by 30 % of
 * the memory. Work on images (900) goes before every VM. The control plane is at 0 and below and has 140 MiB a process at most, so that it outlives every VM.
 * @source Linux Documentation/filesystems/proc.rst, oom_score_adj
 */
export const OOM_SCORE_ADJ: Readonly<Record<Priority, number>> = { low: 800, normal: 500, high: 200 }
