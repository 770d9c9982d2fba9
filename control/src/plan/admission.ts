// Whether the host can take on one VM more, or promise a pool more, without breaking what it has promised; if not, the arithmetic. Pure.
import type { Capacity } from '../domain/host-resources.ts'
import type { Priority } from '../domain/priority.ts'
import { amountOf, Books, RESOURCES } from './books.ts'

/** Of a VM with CPUs of its own what is promised to all of it that is no vCPU. */
export const BESIDE_RESERVED_CORES = 0.1

export interface PoolPromise {
  readonly name: string
  readonly parent: string
  readonly cpuSet: { readonly cpus: string | null; readonly dedicated: boolean }
  readonly cpu: { readonly reservationCores: number; readonly limitCores: number | null }
  readonly memory: { readonly reservationMiB: number; readonly limitMiB: number | null }
  /** Default: normal. */
  readonly priority?: Priority
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
