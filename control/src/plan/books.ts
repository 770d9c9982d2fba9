// The books of one resource: what every pool has given out, and what could still be asked of it. Pure data, changed in place while a plan is being made.
import { parseCpuList } from '../domain/cpu-list.ts'
import type { Capacity } from '../domain/host-resources.ts'
import { ROOT_POOL } from '../domain/pool.ts'
import { BESIDE_RESERVED_CORES, type Claim, type PoolPromise, type Resource, type Shortage } from './admission.ts'

export const RESOURCES: readonly Resource[] = ['cpu-reservation', 'memory-reservation', 'memory', 'vcpus']

export function amountOf(resource: Resource, claim: Claim, capacity: Capacity): number {
  switch (resource) {
    case 'cpu-reservation':
      return claim.dedicatedVcpus === 0 ? claim.reservedCores : dedicatedCpus(claim, capacity) + BESIDE_RESERVED_CORES
    case 'memory-reservation':
      return claim.reservedMiB
    case 'memory':
      return claim.memoryMiB
    case 'vcpus':
      // What has a CPU of its own leaves that CPU to no others.
      return claim.dedicatedVcpus === 0 ? claim.vcpus : dedicatedCpus(claim, capacity) * capacity.overcommit.vcpus
  }
}

/** Cores are given whole. */
function dedicatedCpus({ dedicatedVcpus }: Claim, { threadsPerCore }: Capacity): number {
  return Math.ceil(dedicatedVcpus / threadsPerCore) * threadsPerCore
}

function setSize({ cpuSet: { cpus } }: PoolPromise): number {
  return cpus === null ? Number.POSITIVE_INFINITY : (parseCpuList(cpus)?.length ?? 0)
}

/** What a pool is promised, of a resource that can be promised. */
export function promisedTo(resource: Resource, pool: PoolPromise): number {
  const { cpu, memory, cpuSet } = pool
  if (resource === 'cpu-reservation') return cpuSet.dedicated ? Math.max(cpu.reservationCores, setSize(pool)) : cpu.reservationCores
  return resource === 'memory-reservation' ? memory.reservationMiB : 0
}

function limitOf(resource: Resource, pool: PoolPromise, { overcommit }: Capacity): number {
  const { cpu, memory } = pool
  switch (resource) {
    case 'cpu-reservation':
      return Math.min(cpu.limitCores ?? Number.POSITIVE_INFINITY, setSize(pool))
    case 'memory-reservation':
      return memory.limitMiB ?? Number.POSITIVE_INFINITY
    case 'memory':
      return (memory.limitMiB ?? Number.POSITIVE_INFINITY) * overcommit.memory
    case 'vcpus':
      return Number.POSITIVE_INFINITY
  }
}

function ofHost(
  resource: Resource,
  { cores, memoryMiB, reserve, overcommit }: Capacity,
): { readonly total: number; readonly kept: number } {
  switch (resource) {
    case 'cpu-reservation':
      return { total: cores, kept: reserve.cores }
    case 'memory-reservation':
      return { total: memoryMiB, kept: reserve.memoryMiB }
    case 'memory':
      return { total: (memoryMiB - reserve.memoryMiB) * overcommit.memory + reserve.memoryMiB, kept: reserve.memoryMiB }
    case 'vcpus':
      return { total: cores * overcommit.vcpus, kept: 0 }
  }
}

interface Account {
  readonly name: string
  /** The pool that it is in; null for the host. */
  above: Account | null
  readonly total: number
  readonly kept: number
  /** What its VMs and the pools in it take of it. */
  inner: number
  /** What it takes of its parent, even where less is taken of it. */
  reservation: number
}

export class Books {
  readonly #resource: Resource
  readonly #capacity: Capacity
  readonly #accounts = new Map<string, Account>()
  readonly #host: Account

  constructor(resource: Resource, capacity: Capacity, pools: readonly PoolPromise[], taken: readonly Claim[]) {
    this.#resource = resource
    this.#capacity = capacity
    this.#host = { name: ROOT_POOL, above: null, ...ofHost(resource, capacity), inner: 0, reservation: 0 }
    for (const pool of pools) {
      const { name } = pool
      const reservation = promisedTo(resource, pool)
      this.#accounts.set(name, { name, above: null, total: limitOf(resource, pool, capacity), kept: 0, inner: 0, reservation })
    }
    for (const { name, parent } of pools) this.#of(name).above = this.#of(parent)
    for (const { reservation, above } of [...this.#accounts.values()]) take(above, reservation)
    for (const claim of taken) this.take(claim)
  }

  take(claim: Claim): void {
    take(this.#of(claim.pool), amountOf(this.#resource, claim, this.#capacity))
  }

  /** Sets aside for a pool as much of `wanted` as there is, beyond what was set aside before; returns how much it has then. */
  promise(pool: string, wanted: number): number {
    const account = this.#of(pool)
    const has = Math.max(account.reservation, account.inner)
    const more = Math.min(Math.max(0, wanted - has), mostOf(account.above))
    take(account.above, more)
    account.reservation = Math.max(account.reservation, Math.min(wanted, has + more))
    return account.reservation
  }

  /** The most that can be asked of a pool. */
  fits(pool: string): number {
    return mostOf(this.#of(pool))
  }

  /** What of a pool is given out to the VMs and pools in it. */
  given(pool: string): number {
    return this.#of(pool).inner
  }

  shortages(pool: string, size: number): readonly Shortage[] {
    const found: Shortage[] = []
    let asked = size
    let unused = 0
    for (let account: Account | null = this.#of(pool); account !== null; account = account.above) {
      const free = freeOf(account)
      if (exceeds(asked, free)) found.push({ ...this.#figures(account), asked, free, fits: free + unused })
      const slack = slackOf(account)
      unused += slack
      asked = Math.max(0, asked - slack)
    }
    return found
  }

  overdrawn(): readonly Shortage[] {
    return [this.#host, ...this.#accounts.values()]
      .filter(({ total, kept, inner }) => exceeds(inner, total - kept))
      .map((account) => ({ ...this.#figures(account), asked: 0, free: 0, fits: 0 }))
  }

  #figures({ name, total, kept, inner }: Account): Pick<Shortage, 'resource' | 'pool' | 'promised' | 'kept' | 'total'> {
    return { resource: this.#resource, pool: name, promised: inner, kept, total }
  }

  /** A pool that nobody knows counts as the host. */
  #of(pool: string): Account {
    return this.#accounts.get(pool) ?? this.#host
  }
}

/** A pool passes on to its parent only what goes beyond its reservation, which was taken of the parent before. */
function take(from: Account | null, size: number): void {
  let amount = size
  for (let account = from; account !== null; account = account.above) {
    const slack = slackOf(account)
    account.inner += amount
    amount = Math.max(0, amount - slack)
  }
}

function mostOf(from: Account | null): number {
  let most = Number.POSITIVE_INFINITY
  let unused = 0
  for (let account = from; account !== null; account = account.above) {
    most = Math.min(most, freeOf(account) + unused)
    unused += slackOf(account)
  }
  return most
}

function freeOf({ total, kept, inner }: Account): number {
  return Math.max(0, total - kept - inner)
}

/** What a pool has left of what its parent has set aside for it. */
function slackOf({ reservation, inner }: Account): number {
  return Math.max(0, reservation - inner)
}

/** Cores are added up as fractions; what is the same but for rounding is no shortage. */
function exceeds(asked: number, free: number): boolean {
  return asked > free + 1e-9
}
