// The script that sfdisk makes a partition table of.
import type { LayoutPartition } from '../domain/disk-layout.ts'

/** @source sfdisk(8), "Input formats": named fields */
export function renderPartitionTable(layout: readonly LayoutPartition[]): string {
  const lines = layout.map(({ name, startMiB, sizeMiB, type }) => `start=${startMiB}MiB, size=${sizeMiB}MiB, type=${type}, name="${name}"`)
  return ['label: gpt', ...lines, ''].join('\n')
}
