// How many huge pages VMs need, of which size and on which node. Pure.
import type { HugePageNeed } from '../domain/huge-page-need.ts'
import { HUGE_PAGE_KIB } from '../domain/placement-fields.ts'
import type { VmSpec } from '../domain/vm.ts'

const KIB_PER_MIB = 1024

/** For those that say so, in the order of size and node. */
export function planHugePages(vms: Iterable<VmSpec>, memoryNodes: readonly number[]): readonly HugePageNeed[] {
  const needs = new Map<string, HugePageNeed>()
  for (const spec of vms) {
    const sizeKiB = HUGE_PAGE_KIB[spec.hugePages]
    if (sizeKiB === null) continue
    const on = pageNodes(spec, memoryNodes)
    const pages = Math.ceil((spec.memoryMiB * KIB_PER_MIB) / sizeKiB)
    for (const [index, node] of on.entries()) {
      const key = `${sizeKiB}@${node}`
      const part = Math.floor(pages / on.length) + (index < pages % on.length ? 1 : 0)
      needs.set(key, { sizeKiB, node, pages: (needs.get(key)?.pages ?? 0) + part })
    }
  }
  return [...needs.values()].sort((one, other) => one.sizeKiB - other.sizeKiB || one.node - other.node)
}

/** Nodes that a VM's huge pages come from as long as it runs: those it names, or all that have memory. */
export function pageNodes({ numaNodes }: Pick<VmSpec, 'numaNodes'>, memoryNodes: readonly number[]): readonly number[] {
  return numaNodes ?? memoryNodes
}
