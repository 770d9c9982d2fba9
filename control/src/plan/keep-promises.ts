// What of its promises a host keeps that has less than it promised: by priority, so that nothing of lower priority ever takes from what is of higher. Pure.
import type { Capacity } from '../domain/host-resources.ts'
import { PRIORITIES, type Priority } from '../domain/priority.ts'
import type { Claim, PoolPromise, Resource, Shortage } from './admission.ts'
import { amountOf, Books, promisedTo, RESOURCES } from './books.ts'

/** A VM that wants to start. */
export interface Candidate {
  readonly claim: Claim
  readonly priority: Priority
}

export interface Kept<Pool extends PoolPromise> {
  /** With what is kept of their promises. */
  readonly pools: readonly Pool[]
  /** Ids of the candidates that fit, in the order in which they were considered. */
  readonly admitted: readonly string[]
  readonly refused: readonly { readonly id: string; readonly shortages: readonly Shortage[] }[]
}

/**
 * What runs is never hurt. `pools-first`: then come the promises to pools, the higher priority first, and what is left is for VMs, the higher priority first.
 * `by-priority`: pools and VMs are considered together, at the same priority pools first. Within a priority in the order given.
 */
export type Order = 'pools-first' | 'by-priority'

export function keepPromises<Pool extends PoolPromise>(
  capacity: Capacity,
  pools: readonly Pool[],
  running: readonly Claim[],
  candidates: readonly Candidate[],
  order: Order,
): Kept<Pool> {
  const admission = new Admission(capacity, pools, running)
  const admitted: string[] = []
  const refused: { id: string; shortages: readonly Shortage[] }[] = []
  if (order === 'pools-first') for (const priority of HIGHEST_FIRST) admission.promise(priority)
  for (const priority of HIGHEST_FIRST) {
    if (order === 'by-priority') admission.promise(priority)
    for (const { claim } of candidates.filter((candidate) => candidate.priority === priority)) {
      const shortages = admission.shortages(claim)
      if (shortages.length > 0) refused.push({ id: claim.id, shortages })
      else {
        admission.take(claim)
        admitted.push(claim.id)
      }
    }
  }
  return { pools: pools.map((pool) => admission.kept(pool)), admitted, refused }
}

/** The books for a VM of this priority: with what comes before it, and what runs. */
export function openAdmission(
  capacity: Capacity,
  pools: readonly PoolPromise[],
  running: readonly Claim[],
  priority: Priority,
  order: Order,
): Admission {
  const admission = new Admission(capacity, pools, running)
  const least = order === 'pools-first' ? 0 : PRIORITIES.indexOf(priority)
  for (const one of HIGHEST_FIRST) if (PRIORITIES.indexOf(one) >= least) admission.promise(one)
  return admission
}

const HIGHEST_FIRST = [...PRIORITIES].reverse()

/** The books of every resource. */
export class Admission {
  readonly #capacity: Capacity
  readonly #pools: readonly PoolPromise[]
  readonly #books: ReadonlyMap<string, Books>
  /** By resource and pool. */
  readonly #kept = new Map<string, number>()

  constructor(capacity: Capacity, pools: readonly PoolPromise[], running: readonly Claim[]) {
    this.#pools = pools
    this.#capacity = capacity
    const bare = pools.map((pool) => ({ ...withReservations(pool, 0, 0), cpuSet: { ...pool.cpuSet, dedicated: false } }))
    this.#books = new Map(RESOURCES.map((resource) => [resource, new Books(resource, capacity, bare, running)]))
  }

  /** Sets aside what is promised to the pools of this priority, as far as it is there. */
  promise(priority: Priority): void {
    for (const pool of this.#pools.filter((one) => (one.priority ?? 'normal') === priority)) {
      for (const resource of RESOURCES) {
        const kept = this.#books.get(resource)?.promise(pool.name, promisedTo(resource, pool)) ?? 0
        this.#kept.set(`${resource} ${pool.name}`, kept)
      }
    }
  }

  shortages(claim: Claim): readonly Shortage[] {
    return RESOURCES.flatMap(
      (resource) => this.#books.get(resource)?.shortages(claim.pool, amountOf(resource, claim, this.#capacity)) ?? [],
    )
  }

  take(claim: Claim): void {
    for (const books of this.#books.values()) books.take(claim)
  }

  /** How many like it can be taken one after the other, `most` at most. */
  fits(claim: Claim, most: number): number {
    const haveRoom = (count: number) =>
      RESOURCES.every(
        (resource) => this.#books.get(resource)?.shortages(claim.pool, count * amountOf(resource, claim, this.#capacity)).length === 0,
      )
    let [enough, tooMany] = [0, most + 1]
    while (tooMany - enough > 1) {
      const middle = Math.floor((enough + tooMany) / 2)
      if (haveRoom(middle)) enough = middle
      else tooMany = middle
    }
    return enough
  }

  /** The pool with what is kept of its promises. */
  kept<Pool extends PoolPromise>(pool: Pool): Pool {
    const of = (resource: Resource) => this.#kept.get(`${resource} ${pool.name}`) ?? 0
    // CPUs of its own are its own beside what is reserved.
    return withReservations(pool, Math.min(pool.cpu.reservationCores, of('cpu-reservation')), of('memory-reservation'))
  }
}

function withReservations<Pool extends PoolPromise>(pool: Pool, reservationCores: number, reservationMiB: number): Pool {
  return { ...pool, cpu: { ...pool.cpu, reservationCores }, memory: { ...pool.memory, reservationMiB } }
}
