// Who runs on which CPUs: host, pools and VMs, such that what is somebody's own is nobody else's. Pure, and the same for the same input.
import { ROOT_POOL } from '../domain/pool.ts'
import type { HostTopology } from '../domain/topology.ts'
import { type Core, cpusOf } from './cpu-cores.ts'
import { assignVcpus, type Block, chooseCores } from './cpu-placement.ts'
import type { CpuShortage } from './cpu-shortage.ts'
import { difference, PoolSets, type SetPool } from './pool-sets.ts'

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
  /** Nodes that have memory. */
  readonly memoryNodes: readonly number[]
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
  readonly #sets: PoolSets
  readonly #shortages: CpuShortage[] = []
  readonly #commons = new Map<ReadonlySet<number>, Common>()
  readonly #lists = new Map<ReadonlySet<number>, readonly number[]>()
  readonly #usual = new Map<string, VmCpus>()
  /** What VMs have for themselves. */
  readonly #taken = new Set<number>()

  constructor(input: CpuSetInput) {
    this.#input = input
    this.#sets = new PoolSets(input, (shortage) => this.#shortages.push(shortage))
  }

  plan(): CpuPlan {
    const own = this.#dedicate()
    const vms = new Map(this.#input.wishes.map((wish) => [wish.id, this.#place(wish, own.get(wish.id) ?? [])] as const))
    this.#findOverdrawn(vms)
    return {
      present: ascending(this.#input.topology.cpus.map(({ id }) => id)),
      online: ascending(this.#sets.online),
      everybody: this.#commonOf(ROOT_POOL).cpus,
      pools: new Map(this.#input.pools.map(({ name }) => [name, this.#listOf(name)])),
      vms,
      shortages: this.#shortages,
    }
  }

  /** Of that what no VM has for itself, once that is settled. */
  #commonOf(name: string): Common {
    const base = this.#sets.base(name)
    const known = this.#commons.get(base)
    if (known !== undefined) return known
    const outer = this.#sets.parentOf(name)
    const own = difference(base, this.#taken)
    if (own.size === 0) this.#sets.lacks({ kind: 'pool', id: name }, 'nowhere', 1, base, this.#taken.size)
    const common = own.size === 0 && outer !== undefined ? this.#commonOf(outer) : { set: own, cpus: ascending(own) }
    this.#commons.set(base, common)
    return common
  }

  /** With what its VMs have instead, where they have that all to themselves. */
  #listOf(name: string): readonly number[] {
    const base = this.#sets.base(name)
    const known = this.#lists.get(base) ?? ascending(new Set([...base, ...this.#commonOf(name).cpus]))
    this.#lists.set(base, known)
    return known
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
        const allowed = this.#sets.within(this.#sets.base(wish.pool), wish.cpus, wish.nodes)
        const taken = [...allowed].filter((cpu) => this.#taken.has(cpu)).length
        this.#sets.lacks({ kind: 'vm', id }, 'dedicated', vcpus, allowed, taken, cpusOf(free).length)
      }
    }
    return own
  }

  /** Whole cores that nobody has; something is left in the pool for QEMU's other threads. */
  #freeFor({ pool, cpus, nodes }: CpuWish): readonly Core[] {
    const base = this.#sets.base(pool)
    const allowed = this.#sets.within(base, cpus, nodes)
    const stays = [...base].some((cpu) => this.#sets.kept.has(cpu))
      ? this.#sets.kept
      : new Set(this.#sets.cores.find((core) => core.cpus.some((cpu) => base.has(cpu)))?.cpus)
    return this.#sets.cores.filter((core) => core.cpus.every((cpu) => allowed.has(cpu) && !this.#taken.has(cpu) && !stays.has(cpu)))
  }

  #place(wish: CpuWish, own: readonly number[]): VmCpus {
    const { id, pool, mode, cpus } = wish
    const nodes = this.#nodesOf(wish)
    const common = this.#commonOf(pool)
    if (mode === 'dedicated' && own.length > 0) {
      const cores = this.#sets.cores.filter((core) => core.cpus.some((cpu) => own.includes(cpu)))
      const near = nodes ?? [...new Set(cores.map(({ node }) => node))]
      const beside = this.#sets.within(common.set, null, near)
      const vcpus = assignVcpus(cores, blocksOf(wish)).map((cpu) => [cpu])
      return { shared: beside.size === 0 ? common.cpus : ascending(beside), vcpus, own, nodes: near }
    }
    if (mode === 'shared' && cpus === null && wish.nodes === null && wish.guestNodes === 1) {
      // Most VMs say nothing of where they want to be: those of a pool share one answer.
      const known = this.#usual.get(pool)
      if (known !== undefined) return known
    }
    const wanted = cpus === null && nodes === null ? common.set : this.#sets.within(common.set, cpus, nodes)
    if (wanted.size === 0) this.#sets.lacks({ kind: 'vm', id }, 'nowhere', cpus?.length ?? 1, this.#sets.reachOf(pool), this.#taken.size)
    const shared = wanted.size === 0 || wanted === common.set ? common.cpus : ascending(wanted)
    const place = { shared, vcpus: this.#spread(wish, shared), own: [], nodes }
    if (place.vcpus === null && cpus === null && wish.nodes === null && wanted.size > 0) this.#usual.set(pool, place)
    return place
  }

  #nodesOf({ id, nodes, pool }: CpuWish): readonly number[] | null {
    const knows = this.#sets.knowsNodes({ kind: 'vm', id }, nodes)
    return (knows ? nodes : null) ?? this.#sets.nodesOf(pool)
  }

  /** A vCPU that is pinned has one CPU, one of a guest’s node those of that node. */
  #spread(wish: CpuWish, shared: readonly number[]): readonly (readonly number[])[] | null {
    if (wish.mode === 'shared' && wish.guestNodes === 1) return null
    const blocks = blocksOf(wish)
    return blocks.flatMap(({ vcpus, node }) => {
      const near = this.#sets.within(new Set(shared), null, node === null ? null : [node])
      const some = near.size === 0 ? shared : ascending(near)
      return Array.from({ length: vcpus }, (_, index) => (wish.mode === 'pinned' ? [some[index % some.length] ?? 0] : some))
    })
  }

  /** What is reserved by those that can be nowhere else has to fit on each set of CPUs that somebody is held to. */
  #findOverdrawn(vms: ReadonlyMap<string, VmCpus>): void {
    const everywhere = this.#sets.online.size
    const byList = new Map<readonly number[], { readonly first: string; reserved: number }>()
    for (const { id, reservedCores } of this.#input.wishes) {
      const place = vms.get(id)
      if (place === undefined || place.own.length > 0 || reservedCores === 0) continue
      const known = byList.get(place.shared) ?? { first: id, reserved: 0 }
      known.reserved += reservedCores
      byList.set(place.shared, known)
    }
    const sets = new Map<string, { readonly cpus: ReadonlySet<number>; readonly first: string; reserved: number }>()
    for (const [list, { first, reserved }] of byList) {
      const known = sets.get(list.join()) ?? { cpus: new Set(list), first, reserved: 0 }
      known.reserved += reserved
      sets.set(list.join(), known)
    }
    for (const { cpus, first } of sets.values()) {
      if (cpus.size === everywhere) continue
      const inside = [...sets.values()].filter((other) => [...other.cpus].every((cpu) => cpus.has(cpu)))
      const asked = inside.reduce((sum, { reserved }) => sum + reserved, 0)
      const kept = Math.min(this.#input.reserveCores, [...cpus].filter((cpu) => this.#sets.kept.has(cpu)).length)
      const free = cpus.size - kept
      if (asked > free + 1e-9) {
        this.#shortages.push({ kind: 'overdrawn', subject: { kind: 'vm', id: first }, asked, total: cpus.size, kept, taken: 0, free })
      }
    }
  }
}

/** The vCPUs of a VM, or of each of its guest's NUMA nodes. */
function blocksOf({ vcpus, guestNodes, nodes }: Pick<CpuWish, 'vcpus' | 'guestNodes' | 'nodes'>): readonly Block[] {
  if (guestNodes === 1 || nodes === null) return [{ vcpus, node: null }]
  return nodes.map((node) => ({ vcpus: vcpus / guestNodes, node }))
}

function ascending(cpus: Iterable<number>): number[] {
  return [...cpus].sort((one, other) => one - other)
}
