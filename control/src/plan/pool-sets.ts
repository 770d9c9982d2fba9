// What pools can give of the machine's CPUs: their sets, one inside the other, and the walls around those that are alone on theirs. Pure.
import type { HostTopology } from '../domain/topology.ts'
import { type Core, coresOf, cpusOf, keptCpus } from './cpu-cores.ts'
import type { CountShortage, CpuShortage } from './cpu-shortage.ts'

export interface SetPool {
  readonly name: string
  readonly parent: string
  /** Null: all of its parent's. */
  readonly cpus: readonly number[] | null
  readonly dedicated: boolean
  readonly nodes: readonly number[] | null
}

export class PoolSets {
  readonly cores: readonly Core[]
  readonly online: ReadonlySet<number>
  /** Those that stay everybody's. */
  readonly kept: ReadonlySet<number>
  readonly #tell: (shortage: CpuShortage) => void
  readonly #pools: ReadonlyMap<string, SetPool>
  /** What a pool may use at all. */
  readonly #reach = new Map<string, ReadonlySet<number>>()
  /** Of each dedicated pool what nobody outside may use. */
  readonly #walled = new Map<string, ReadonlySet<number>>()
  readonly #bases = new Map<string, ReadonlySet<number>>()
  readonly #memoryNodes: readonly number[]
  readonly #differences = new Map<ReadonlySet<number>, Map<string, ReadonlySet<number>>>()

  /** `tell` hears of pools whose CPUs are not there for them. */
  constructor(
    input: {
      readonly topology: Pick<HostTopology, 'cpus'>
      readonly memoryNodes: readonly number[]
      readonly reserveCores: number
      readonly pools: readonly SetPool[]
    },
    tell: (shortage: CpuShortage) => void,
  ) {
    this.cores = coresOf(input.topology)
    this.online = new Set(cpusOf(this.cores))
    this.kept = keptCpus(this.cores, input.reserveCores)
    this.#tell = tell
    this.#pools = new Map(input.pools.map((pool) => [pool.name, pool]))
    this.#memoryNodes = input.memoryNodes
    for (const pool of input.pools) {
      this.#wallIn(pool)
      this.knowsNodes({ kind: 'pool', id: pool.name }, pool.nodes)
    }
  }

  parentOf(name: string): string | undefined {
    return this.#pools.get(name)?.parent
  }

  /** Of the pool, or the nearest around it that names any that are there. */
  nodesOf(name: string): readonly number[] | null {
    for (
      let at = this.#pools.get(name), steps = 0;
      at !== undefined && steps <= this.#pools.size;
      at = this.#pools.get(at.parent), steps++
    ) {
      const there = at.nodes?.filter((node) => this.#memoryNodes.includes(node)) ?? []
      if (there.length > 0) return there
    }
    return null
  }

  #wallIn({ name, dedicated, cpus }: SetPool): void {
    const reach = this.reachOf(name)
    if (!dedicated || cpus === null) return
    const others = [...this.#walled].flatMap(([other, walled]) => (this.#isInside(name, other) ? [] : [...walled]))
    const walled = difference(reach, new Set([...this.kept, ...others]))
    if (walled.size === 0) this.lacks({ kind: 'pool', id: name }, 'dedicated', cpus.length, reach, others.length)
    this.#walled.set(name, walled)
  }

  reachOf(name: string): ReadonlySet<number> {
    const pool = this.#pools.get(name)
    if (pool === undefined) return this.online
    const known = this.#reach.get(name)
    if (known !== undefined) return known
    const outer = this.reachOf(pool.parent)
    const wanted = this.within(outer, pool.cpus, pool.nodes)
    if (wanted.size === 0) this.lacks({ kind: 'pool', id: name }, 'nowhere', pool.cpus?.length ?? 1, outer, 0)
    const reach = wanted.size === 0 ? outer : wanted
    this.#reach.set(name, reach)
    return reach
  }

  /** A node without CPUs says nothing of where to run. */
  within(set: ReadonlySet<number>, cpus: readonly number[] | null, nodes: readonly number[] | null): ReadonlySet<number> {
    const near = nodes === null ? [] : cpusOf(this.cores.filter(({ node }) => nodes.includes(node)))
    const some = cpus === null ? set : new Set(cpus.filter((cpu) => set.has(cpu)))
    return near.length === 0 ? some : new Set(near.filter((cpu) => some.has(cpu)))
  }

  #isInside(name: string, outer: string): boolean {
    for (let at = name, steps = 0; steps <= this.#pools.size; steps++) {
      if (at === outer) return true
      const parent = this.#pools.get(at)?.parent
      if (parent === undefined) return false
      at = parent
    }
    return false
  }

  /** What a pool can give its VMs, once the walls are up: what it reaches, but for what is another's. Where that is nothing, what its parent can. */
  base(name: string): ReadonlySet<number> {
    const known = this.#bases.get(name)
    if (known !== undefined) return known
    const outer = this.#pools.get(name)?.parent
    const others = [...this.#walled.keys()].filter((other) => !this.#isInside(name, other))
    const own = this.#without(this.#holds(name), others)
    if (own.size === 0) this.lacks({ kind: 'pool', id: name }, 'nowhere', 1, this.reachOf(name), this.reachOf(name).size)
    const base = own.size === 0 && outer !== undefined ? this.base(outer) : own
    this.#bases.set(name, base)
    return base
  }

  /** Most pools have the same, and then the very same set: what follows from it is worked out once. */
  #without(set: ReadonlySet<number>, walls: readonly string[]): ReadonlySet<number> {
    if (walls.length === 0) return set
    const bySet = this.#differences.get(set) ?? new Map<string, ReadonlySet<number>>()
    const known = bySet.get(walls.join())
    if (known !== undefined) return known
    const rest = difference(set, new Set(walls.flatMap((name) => [...(this.#walled.get(name) ?? [])])))
    this.#differences.set(set, bySet.set(walls.join(), rest))
    return rest
  }

  /** What is within all walls around a pool. */
  #holds(name: string): ReadonlySet<number> {
    const pool = this.#pools.get(name)
    const walled = this.#walled.get(name)
    if (pool === undefined) return this.online
    if (walled !== undefined && walled.size > 0) return walled
    const outer = this.#holds(pool.parent)
    const reach = this.reachOf(name)
    return outer === this.online || outer === reach ? reach : new Set([...reach].filter((cpu) => outer.has(cpu)))
  }

  /** Whether memory can come from all of them. */
  knowsNodes(subject: CpuShortage['subject'], named: readonly number[] | null): boolean {
    const knows = named?.every((node) => this.#memoryNodes.includes(node)) ?? true
    if (!knows) this.#tell({ kind: 'no-node', subject, named: named ?? [], there: this.#memoryNodes })
    return knows
  }

  lacks(
    subject: CpuShortage['subject'],
    kind: CountShortage['kind'],
    asked: number,
    of: ReadonlySet<number>,
    taken: number,
    free = 0,
  ): void {
    const kept = [...of].filter((cpu) => this.kept.has(cpu)).length
    this.#tell({ kind, subject, asked, total: of.size, kept, taken, free })
  }
}

export function difference(set: ReadonlySet<number>, without: ReadonlySet<number>): ReadonlySet<number> {
  return new Set([...set].filter((cpu) => !without.has(cpu)))
}
