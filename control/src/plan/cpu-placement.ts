// Which cores a VM gets for itself: whole ones, near to each other. Pure.
import type { Core } from './cpu-cores.ts'

/** vCPUs that belong together: all of a VM, or those of one of its guest's NUMA nodes. */
export interface Block {
  readonly vcpus: number
  /** Null: the node that fits best, so that large gaps stay; several only when none is large enough. */
  readonly node: number | null
}

/**
 * Cores for each block out of the free ones; null when they do not suffice. Siblings of a core are given to one VM: where half a core is left over nobody
 * else gets it, as its neighbour would be felt.
 */
export function chooseCores(free: readonly Core[], blocks: readonly Block[]): readonly Core[] | null {
  let left = free
  const chosen: Core[] = []
  for (const { vcpus, node } of blocks) {
    const near = node === null ? bestNode(left, vcpus) : left.filter((core) => core.node === node)
    const some = fill(near, vcpus)
    if (some === null) return null
    chosen.push(...some)
    left = left.filter((core) => !some.includes(core))
  }
  return chosen
}

/** One CPU for each vCPU, in order, of cores that {@link chooseCores} gave for these blocks. */
export function assignVcpus(cores: readonly Core[], blocks: readonly Block[]): readonly number[] {
  let left = cores
  return blocks.flatMap(({ vcpus, node }) => {
    const near = node === null ? left : left.filter((core) => core.node === node)
    const some = fill(near, vcpus) ?? near
    left = left.filter((core) => !some.includes(core))
    return some.flatMap(({ cpus }) => cpus).slice(0, vcpus)
  })
}

function bestNode(free: readonly Core[], vcpus: number): readonly Core[] {
  const byNode = [...new Set(free.map(({ node }) => node))].map((node) => free.filter((core) => core.node === node))
  const enough = byNode.filter((some) => count(some) >= vcpus).sort((one, other) => count(one) - count(other))
  return enough[0] ?? byNode.sort((one, other) => count(other) - count(one)).flat()
}

function fill(cores: readonly Core[], vcpus: number): readonly Core[] | null {
  const some: Core[] = []
  for (const core of cores) {
    if (count(some) >= vcpus) break
    some.push(core)
  }
  return count(some) >= vcpus ? some : null
}

function count(cores: readonly Core[]): number {
  return cores.reduce((sum, { cpus }) => sum + cpus.length, 0)
}
