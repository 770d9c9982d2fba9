// Whether the host can take on one VM more, or promise a pool more, without breaking what it has promised; if not, the arithmetic. Pure.
import { parseCpuList } from '../domain/cpu-list.ts'
import type { Capacity } from '../domain/host-resources.ts'
import { ROOT_POOL } from '../domain/pool.ts'

/** Of a VM with CPUs of its own what is promised to all of it that is no vCPU. */
export const BESIDE_RESERVED_CORES = 0.1

export interface PoolPromise {
  readonly name: string
  readonly parent: string
  readonly cpuSet: { readonly cpus: string | null; readonly dedicated: boolean }
  readonly cpu: { readonly reservationCores: number; readonly limitCores: number | null }
  readonly memory: { readonly reservationMiB: number; readonly limitMiB: number | null }
}

/** One VM, as far as the host has to answer for it. Memory includes what QEMU itself takes. */
export interface Claim {
  readonly id: string
  readonly pool: string
  readonly vcpus: number
  readonly memoryMiB: number
  readonly reservedCores: number
  readonly reservedMiB: number
  /** vCPUs that it has cores of its own for, or is to have. */
  readonly dedicatedVcpus: number
}

export type Resource = 'cpu-reservation' | 'memory-reservation' | 'memory' | 'vcpus'

/** A place where it does not fit. All quantities are of the resource: cores, MiB, or vCPUs. */
export interface Shortage {
  readonly resource: Resource
  /** The pool whose bounds are reached; `host` for the host’s. */
  readonly pool: string
  /** What is asked of this pool: less than of the whole where pools further in have some left of what they were promised. */
  readonly asked: number
  /** Given out before. */
  readonly promised: number
  /** Of the host alone: what it keeps for itself. */
  readonly kept: number
  /** All there is. */
  readonly total: number
  /** What is left: `total - kept - promised`, never below 0. */
  readonly free: number
  /** The most that could be asked for instead, as far as this pool goes. */
  readonly fits: number
}

/** Every shortage that `asked` would meet beside the `taken`; none: it is admitted. A VM of the same id among the taken is replaced. */
export function admit(capacity: Capacity, pools: readonly PoolPromise[], taken: readonly Claim[], asked: Claim): readonly Shortage[] {
  const others = taken.filter(({ id }) => id !== asked.id)
  return RESOURCES.flatMap((resource) => {
    const bounds = new Books(resource, capacity, pools, others)
    const size = amountOf(resource, asked, capacity)
    return bounds.shortages(asked.pool, size)
  })
}

/** Every promise that cannot be kept with these pools and VMs. For a change of pools, and for a host that has lost a CPU or a DIMM. */
export function findBrokenPromises(capacity: Capacity, pools: readonly PoolPromise[], taken: readonly Claim[]): readonly Shortage[] {
  return RESOURCES.flatMap((resource) => new Books(resource, capacity, pools, taken).overdrawn())
}

const RESOURCES: readonly Resource[] = ['cpu-reservation', 'memory-reservation', 'memory', 'vcpus']

function amountOf(resource: Resource, claim: Claim, capacity: Capacity): number {
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
function promisedTo(resource: Resource, pool: PoolPromise): number {
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
  readonly parent: string | null
  readonly total: number
  readonly kept: number
  /** What its VMs and the pools in it take of it. */
  inner: number
  /** What it takes of its parent, even where less is taken of it. */
  readonly reservation: number
}

/** The books of one resource: what every pool has given out. */
class Books {
  readonly #resource: Resource
  readonly #accounts = new Map<string, Account>()

  constructor(resource: Resource, capacity: Capacity, pools: readonly PoolPromise[], taken: readonly Claim[]) {
    this.#resource = resource
    this.#accounts.set(ROOT_POOL, { name: ROOT_POOL, parent: null, ...ofHost(resource, capacity), inner: 0, reservation: 0 })
    for (const pool of pools) {
      const { name, parent } = pool
      const reservation = promisedTo(resource, pool)
      this.#accounts.set(name, { name, parent, total: limitOf(resource, pool, capacity), kept: 0, inner: 0, reservation })
    }
    for (const { reservation, parent } of [...this.#accounts.values()]) this.#take(parent, reservation)
    for (const claim of taken) this.#take(claim.pool, amountOf(resource, claim, capacity))
  }

  shortages(pool: string, size: number): readonly Shortage[] {
    const found: Shortage[] = []
    let asked = size
    let unused = 0
    for (const account of this.#upFrom(pool)) {
      const { total, kept, inner } = account
      const free = Math.max(0, total - kept - inner)
      if (exceeds(asked, free)) found.push({ ...this.#figures(account), asked, free, fits: free + unused })
      const slack = slackOf(account)
      unused += slack
      asked = Math.max(0, asked - slack)
    }
    return found
  }

  overdrawn(): readonly Shortage[] {
    return [...this.#accounts.values()]
      .filter(({ total, kept, inner }) => exceeds(inner, total - kept))
      .map((account) => ({ ...this.#figures(account), asked: 0, free: 0, fits: 0 }))
  }

  #figures({ name, total, kept, inner }: Account): Pick<Shortage, 'resource' | 'pool' | 'promised' | 'kept' | 'total'> {
    return { resource: this.#resource, pool: name, promised: inner, kept, total }
  }

  /** A pool passes on to its parent only what goes beyond its reservation, which was taken of the parent before. */
  #take(pool: string | null, size: number): void {
    let amount = size
    for (const account of this.#upFrom(pool)) {
      const slack = slackOf(account)
      account.inner += amount
      amount = Math.max(0, amount - slack)
    }
  }

  /** A pool that nobody knows counts as the host. */
  *#upFrom(pool: string | null): Generator<Account> {
    let name: string | null = pool === null || this.#accounts.has(pool) ? pool : ROOT_POOL
    while (name !== null) {
      const account: Account | undefined = this.#accounts.get(name)
      if (account === undefined) return
      yield account
      name = account.parent
    }
  }
}

/** What a pool has left of what its parent has set aside for it. */
function slackOf({ reservation, inner }: Account): number {
  return Math.max(0, reservation - inner)
}

/** Cores are added up as fractions; what is the same but for rounding is no shortage. */
function exceeds(asked: number, free: number): boolean {
  return asked > free + 1e-9
}
