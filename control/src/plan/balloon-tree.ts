// The pools that VMs are in, as far as memory is taken from one for another. Pure.
import { ROOT_POOL } from '../domain/pool.ts'
import type { BalloonVm, MemoryBound } from './balloon.ts'

/** How much may be taken of a VM, whatever was taken of it before. */
export type Give = (vm: BalloonVm) => number

export class PoolTree {
  readonly #bounds: readonly MemoryBound[]
  readonly #children = new Map<string, MemoryBound[]>()
  readonly #own = new Map<string, BalloonVm[]>()
  readonly #inside = new Map<string, readonly BalloonVm[]>()

  /** What refers to a pool that is not there is in the host's. */
  constructor(bounds: readonly MemoryBound[], vms: readonly BalloonVm[]) {
    this.#bounds = bounds
    const known = new Set(bounds.map(({ name }) => name))
    for (const bound of bounds) {
      if (bound.parent !== null) push(this.#children, known.has(bound.parent) ? bound.parent : ROOT_POOL, bound)
    }
    for (const vm of vms) push(this.#own, known.has(vm.pool) ? vm.pool : ROOT_POOL, vm)
  }

  /** Each before the one that it is in. */
  innermostFirst(): readonly MemoryBound[] {
    const within = (bound: MemoryBound): readonly MemoryBound[] => [...(this.#children.get(bound.name) ?? []).flatMap(within), bound]
    return this.#bounds.filter(({ parent }) => parent === null).flatMap(within)
  }

  /** With those in pools inside. */
  vmsIn(name: string): readonly BalloonVm[] {
    const known = this.#inside.get(name)
    if (known !== undefined) return known
    const found = [...(this.#own.get(name) ?? []), ...(this.#children.get(name) ?? []).flatMap((pool) => this.vmsIn(pool.name))]
    this.#inside.set(name, found)
    return found
  }

  /** Takes `need`, or as much as can be had, in proportion to what each could give; tells how much that is. A pool inside gives no more than what it has above its reservation. */
  take(name: string, need: number, give: Give, taken: Map<string, number>): number {
    const vms = this.#own.get(name) ?? []
    const pools = this.#children.get(name) ?? []
    const left = (vm: BalloonVm) => Math.max(0, give(vm) - (taken.get(vm.id) ?? 0))
    const capacity = this.#capacityIn(name, give, taken)
    if (need <= 0 || capacity <= 0) return 0
    const part = Math.min(1, need / capacity)
    const amounts = pools.map((pool) => part * this.#capacityOf(pool, give, taken))
    for (const vm of vms) if (left(vm) > 0) taken.set(vm.id, (taken.get(vm.id) ?? 0) + part * left(vm))
    for (const [index, pool] of pools.entries()) this.take(pool.name, amounts[index] ?? 0, give, taken)
    return part * capacity
  }

  #capacityIn(name: string, give: Give, taken: ReadonlyMap<string, number>): number {
    const own = (this.#own.get(name) ?? []).reduce((sum, vm) => sum + Math.max(0, give(vm) - (taken.get(vm.id) ?? 0)), 0)
    return (this.#children.get(name) ?? []).reduce((sum, pool) => sum + this.#capacityOf(pool, give, taken), own)
  }

  #capacityOf({ name, heldMiB, reservationMiB }: MemoryBound, give: Give, taken: ReadonlyMap<string, number>): number {
    // What is on its way already is its own no more.
    const held = this.vmsIn(name).reduce((sum, vm) => sum - (taken.get(vm.id) ?? 0) - leaving(vm), heldMiB)
    return Math.min(this.#capacityIn(name, give, taken), Math.max(0, held - reservationMiB))
  }
}

function leaving({ follows, touchedMiB, targetMiB }: BalloonVm): number {
  return follows ? Math.max(0, touchedMiB - targetMiB) : 0
}

function push<Value>(lists: Map<string, Value[]>, key: string, value: Value): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}
