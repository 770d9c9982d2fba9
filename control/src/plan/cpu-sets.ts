// Who runs on which CPUs: host, pools and VMs, such that what is somebody's own is nobody else's. Pure, and the same for the same input.
import { ROOT_POOL } from '../domain/pool.ts'
import type { HostTopology } from '../domain/topology.ts'
import { type Core, coresOf, cpusOf, keptCpus } from './cpu-cores.ts'
import { assignVcpus, type Block, chooseCores } from './cpu-placement.ts'

export interface SetPool {
  readonly name: string
  readonly parent: string
  /** Null: all of its parent's. */
  readonly cpus: readonly number[] | null
  readonly dedicated: boolean
  readonly nodes: readonly number[] | null
}

/** Where a VM that runs, or is about to, wants to be. */
export interface CpuWish {
  readonly id: string
  readonly pool: string
  readonly mode: 'shared' | 'pinned' | 'dedicated'
  readonly cpus: readonly number[] | null
  readonly nodes: readonly number[] | null
  readonly guestNodes: number
  /** The most that it can have. */
  readonly vcpus: number
  /** Cores; of one with dedicated CPUs nothing. */
  readonly reservedCores: number
}

export interface VmCpus {
  /** Where all runs that is no vCPU, and every vCPU that has no CPU of its own. */
  readonly shared: readonly number[]
  /** By vCPU where it may run; null: on all that are shared. */
  readonly vcpus: readonly (readonly number[])[] | null
  /** Dedicated to it, ascending; whole cores. */
  readonly own: readonly number[]
  /** Nodes that its memory comes from; null: wherever. */
  readonly nodes: readonly number[] | null
}

export interface CpuShortage {
  readonly kind: /** No cores are left that it could have for itself. */
    | 'dedicated'
    /** None of its CPUs is there for it. */
    | 'nowhere'
    /** More is reserved on a set of CPUs than they can do. */
    | 'overdrawn'
  /** Of the VM or pool; of those of an overdrawn set the first. */
  readonly subject: { readonly kind: 'vm' | 'pool'; readonly id: string }
  readonly asked: number
  readonly total: number
  /** Of the total what stays everybody's, or is the host's. */
  readonly kept: number
  /** Of the total what others have. */
  readonly taken: number
  readonly free: number
}

export interface CpuPlan {
  /** All that there are, offline ones included. */
  readonly present: readonly number[]
  readonly online: readonly number[]
  /** What is nobody's own: where the host itself runs. */
  readonly everybody: readonly number[]
  /** By pool; one that nothing was said of has what its parent has. */
  readonly pools: ReadonlyMap<string, readonly number[]>
  readonly vms: ReadonlyMap<string, VmCpus>
  readonly shortages: readonly CpuShortage[]
}

export interface CpuSetInput {
  readonly topology: Pick<HostTopology, 'cpus'>
  /** Cores' worth of CPUs that stay everybody's. */
  readonly reserveCores: number
  readonly pools: readonly SetPool[]
  /** Who comes first is served first, but for those that have something already. */
  readonly wishes: readonly CpuWish[]
  /** What VMs have for themselves now; kept as long as it is what they want. */
  readonly current: ReadonlyMap<string, readonly number[]>
}

interface Common {
  readonly set: ReadonlySet<number>
  readonly cpus: readonly number[]
}

export function planCpuSets(input: CpuSetInput): CpuPlan {
  return new Sets(input).plan()
}

class Sets {
  readonly #input: CpuSetInput
  readonly #cores: readonly Core[]
  readonly #online: ReadonlySet<number>
  readonly #kept: ReadonlySet<number>
  readonly #pools: ReadonlyMap<string, SetPool>
  readonly #shortages: CpuShortage[] = []
  /** What a pool may use at all. */
  readonly #reach = new Map<string, ReadonlySet<number>>()
  /** Of each dedicated pool what nobody outside may use. */
  readonly #walled = new Map<string, ReadonlySet<number>>()
  readonly #bases = new Map<string, ReadonlySet<number>>()
  readonly #commons = new Map<string, Common>()
  /** What VMs have for themselves. */
  readonly #taken = new Set<number>()

  constructor(input: CpuSetInput) {
    this.#input = input
    this.#cores = coresOf(input.topology)
    this.#online = new Set(cpusOf(this.#cores))
    this.#kept = keptCpus(this.#cores, input.reserveCores)
    this.#pools = new Map(input.pools.map((pool) => [pool.name, pool]))
  }

  plan(): CpuPlan {
    for (const pool of this.#input.pools) this.#wallIn(pool)
    const own = this.#dedicate()
    const vms = new Map(this.#input.wishes.map((wish) => [wish.id, this.#place(wish, own.get(wish.id) ?? [])] as const))
    this.#findOverdrawn(vms)
    return {
      present: ascending(this.#input.topology.cpus.map(({ id }) => id)),
      online: ascending(this.#online),
      everybody: this.#commonOf(ROOT_POOL).cpus,
      pools: new Map(this.#input.pools.map(({ name }) => [name, ascending(new Set([...this.#base(name), ...this.#commonOf(name).cpus]))])),
      vms,
      shortages: this.#shortages,
    }
  }

  #wallIn({ name, dedicated, cpus }: SetPool): void {
    const reach = this.#reachOf(name)
    if (!dedicated || cpus === null) return
    const others = [...this.#walled].flatMap(([other, walled]) => (this.#isInside(name, other) ? [] : [...walled]))
    const walled = difference(reach, new Set([...this.#kept, ...others]))
    if (walled.size === 0) this.#lacks({ kind: 'pool', id: name }, 'dedicated', cpus.length, reach, others.length)
    this.#walled.set(name, walled)
  }

  #reachOf(name: string): ReadonlySet<number> {
    const pool = this.#pools.get(name)
    if (pool === undefined) return this.#online
    const known = this.#reach.get(name)
    if (known !== undefined) return known
    const outer = this.#reachOf(pool.parent)
    const wanted = this.#within(outer, pool.cpus, pool.nodes)
    if (wanted.size === 0) this.#lacks({ kind: 'pool', id: name }, 'nowhere', pool.cpus?.length ?? 1, outer, 0)
    const reach = wanted.size === 0 ? outer : wanted
    this.#reach.set(name, reach)
    return reach
  }

  /** A node without CPUs says nothing of where to run. */
  #within(set: ReadonlySet<number>, cpus: readonly number[] | null, nodes: readonly number[] | null): ReadonlySet<number> {
    const near = nodes === null ? [] : cpusOf(this.#cores.filter(({ node }) => nodes.includes(node)))
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
  #base(name: string): ReadonlySet<number> {
    const known = this.#bases.get(name)
    if (known !== undefined) return known
    const outer = this.#pools.get(name)?.parent
    const foreign = new Set([...this.#walled].flatMap(([other, walled]) => (this.#isInside(name, other) ? [] : [...walled])))
    const own = difference(this.#holds(name), foreign)
    if (own.size === 0) this.#lacks({ kind: 'pool', id: name }, 'nowhere', 1, this.#reachOf(name), foreign.size)
    const base = own.size === 0 && outer !== undefined ? this.#base(outer) : own
    this.#bases.set(name, base)
    return base
  }

  /** What is within all walls around a pool. */
  #holds(name: string): ReadonlySet<number> {
    const pool = this.#pools.get(name)
    const walled = this.#walled.get(name)
    if (pool === undefined) return this.#online
    if (walled !== undefined && walled.size > 0) return walled
    const outer = this.#holds(pool.parent)
    return new Set([...this.#reachOf(name)].filter((cpu) => outer.has(cpu)))
  }

  /** Of that what no VM has for itself, once that is settled. */
  #commonOf(name: string): Common {
    const known = this.#commons.get(name)
    if (known !== undefined) return known
    const outer = this.#pools.get(name)?.parent
    const own = difference(this.#base(name), this.#taken)
    if (own.size === 0) this.#lacks({ kind: 'pool', id: name }, 'nowhere', 1, this.#base(name), this.#taken.size)
    const common = own.size === 0 && outer !== undefined ? this.#commonOf(outer) : { set: own, cpus: ascending(own) }
    this.#commons.set(name, common)
    return common
  }

  /** Those that have what they want keep it; then the others, in their order. */
  #dedicate(): ReadonlyMap<string, readonly number[]> {
    const wishes = this.#input.wishes.filter(({ mode }) => mode === 'dedicated')
    const own = new Map<string, readonly number[]>()
    const take = (id: string, cores: readonly Core[]) => {
      const cpus = ascending(cpusOf(cores))
      own.set(id, cpus)
      for (const cpu of cpus) this.#taken.add(cpu)
    }
    for (const wish of wishes) {
      const has = new Set(this.#input.current.get(wish.id) ?? [])
      if (has.size === 0) continue
      const cores = this.#freeFor(wish).filter(({ cpus }) => cpus.every((cpu) => has.has(cpu)))
      if (cpusOf(cores).length !== has.size) continue
      const again = chooseCores(cores, blocksOf(wish))
      if (again !== null && cpusOf(again).length === has.size) take(wish.id, again)
    }
    for (const wish of wishes.filter(({ id }) => !own.has(id))) {
      const free = this.#freeFor(wish)
      const chosen = chooseCores(free, blocksOf(wish))
      if (chosen !== null) take(wish.id, chosen)
      else {
        const { vcpus, id } = wish
        const allowed = this.#within(this.#base(wish.pool), wish.cpus, wish.nodes)
        const taken = [...allowed].filter((cpu) => this.#taken.has(cpu)).length
        this.#lacks({ kind: 'vm', id }, 'dedicated', vcpus, allowed, taken, cpusOf(free).length)
      }
    }
    return own
  }

  /** Whole cores that nobody has; something is left in the pool for QEMU's other threads. */
  #freeFor({ pool, cpus, nodes }: CpuWish): readonly Core[] {
    const base = this.#base(pool)
    const allowed = this.#within(base, cpus, nodes)
    const stays = [...base].some((cpu) => this.#kept.has(cpu))
      ? this.#kept
      : new Set(this.#cores.find((core) => core.cpus.some((cpu) => base.has(cpu)))?.cpus)
    return this.#cores.filter((core) => core.cpus.every((cpu) => allowed.has(cpu) && !this.#taken.has(cpu) && !stays.has(cpu)))
  }

  #place(wish: CpuWish, own: readonly number[]): VmCpus {
    const { id, pool, mode, cpus } = wish
    const nodes = this.#nodesOf(wish)
    const common = this.#commonOf(pool)
    if (mode === 'dedicated' && own.length > 0) {
      const cores = this.#cores.filter((core) => core.cpus.some((cpu) => own.includes(cpu)))
      const near = nodes ?? [...new Set(cores.map(({ node }) => node))]
      const beside = this.#within(common.set, null, near)
      const vcpus = assignVcpus(cores, blocksOf(wish)).map((cpu) => [cpu])
      return { shared: beside.size === 0 ? common.cpus : ascending(beside), vcpus, own, nodes: near }
    }
    const wanted = cpus === null && nodes === null ? common.set : this.#within(common.set, cpus, nodes)
    if (wanted.size === 0) this.#lacks({ kind: 'vm', id }, 'nowhere', cpus?.length ?? 1, this.#reachOf(pool), this.#taken.size)
    const shared = wanted.size === 0 || wanted === common.set ? common.cpus : ascending(wanted)
    return { shared, vcpus: this.#spread(wish, shared), own: [], nodes }
  }

  #nodesOf({ nodes, pool }: CpuWish): readonly number[] | null {
    if (nodes !== null) return nodes
    for (
      let at = this.#pools.get(pool), steps = 0;
      at !== undefined && steps <= this.#pools.size;
      at = this.#pools.get(at.parent), steps++
    ) {
      if (at.nodes !== null) return at.nodes
    }
    return null
  }

  /** A vCPU that is pinned has one CPU, one of a guest’s node those of that node. */
  #spread(wish: CpuWish, shared: readonly number[]): readonly (readonly number[])[] | null {
    if (wish.mode === 'shared' && wish.guestNodes === 1) return null
    const blocks = blocksOf(wish)
    return blocks.flatMap(({ vcpus, node }) => {
      const near = this.#within(new Set(shared), null, node === null ? null : [node])
      const some = near.size === 0 ? shared : ascending(near)
      return Array.from({ length: vcpus }, (_, index) => (wish.mode === 'pinned' ? [some[index % some.length] ?? 0] : some))
    })
  }

  /** What is reserved by those that can be nowhere else has to fit on each set of CPUs that somebody is held to. */
  #findOverdrawn(vms: ReadonlyMap<string, VmCpus>): void {
    const everywhere = this.#online.size
    const sets = new Map<string, { readonly cpus: ReadonlySet<number>; readonly first: string; reserved: number }>()
    for (const { id, reservedCores } of this.#input.wishes) {
      const place = vms.get(id)
      if (place === undefined || place.own.length > 0 || reservedCores === 0) continue
      const key = place.shared.join()
      const known = sets.get(key) ?? { cpus: new Set(place.shared), first: id, reserved: 0 }
      known.reserved += reservedCores
      sets.set(key, known)
    }
    for (const { cpus, first } of sets.values()) {
      if (cpus.size === everywhere) continue
      const inside = [...sets.values()].filter((other) => [...other.cpus].every((cpu) => cpus.has(cpu)))
      const asked = inside.reduce((sum, { reserved }) => sum + reserved, 0)
      const kept = Math.min(this.#input.reserveCores, [...cpus].filter((cpu) => this.#kept.has(cpu)).length)
      const free = cpus.size - kept
      if (asked > free + 1e-9) {
        this.#shortages.push({ kind: 'overdrawn', subject: { kind: 'vm', id: first }, asked, total: cpus.size, kept, taken: 0, free })
      }
    }
  }

  #lacks(
    subject: CpuShortage['subject'],
    kind: CpuShortage['kind'],
    asked: number,
    of: ReadonlySet<number>,
    taken: number,
    free = 0,
  ): void {
    const kept = [...of].filter((cpu) => this.#kept.has(cpu)).length
    this.#shortages.push({ kind, subject, asked, total: of.size, kept, taken, free })
  }
}

/** The vCPUs of a VM, or of each of its guest's NUMA nodes. */
function blocksOf({ vcpus, guestNodes, nodes }: Pick<CpuWish, 'vcpus' | 'guestNodes' | 'nodes'>): readonly Block[] {
  if (guestNodes === 1 || nodes === null) return [{ vcpus, node: null }]
  return nodes.map((node) => ({ vcpus: vcpus / guestNodes, node }))
}

function difference(set: ReadonlySet<number>, without: ReadonlySet<number>): ReadonlySet<number> {
  return new Set([...set].filter((cpu) => !without.has(cpu)))
}

function ascending(cpus: Iterable<number>): number[] {
  return [...cpus].sort((one, other) => one - other)
}
