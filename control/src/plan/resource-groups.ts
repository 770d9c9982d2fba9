// The cgroups of pools and VMs: where each is, and what its control files say, so that promises hold when everybody wants all there is. Pure.
// @source Linux Documentation/admin-guide/cgroup-v2.rst
import type { Capacity } from '../domain/host-resources.ts'
import { ROOT_POOL } from '../domain/pool.ts'
import { POOL_GROUP_PREFIX, type ResourceGroup } from '../domain/resource-group.ts'
import type { PoolPromise } from './admission.ts'
import { type Contender, entitle, weightsOf } from './cpu-entitlement.ts'

/** The top of everything that is a VM. */
const VM_GROUP = '/sys/fs/cgroup/corbel.vm'
const HOST_GROUP = '/sys/fs/cgroup/corbel.host'
const IMAGE_GROUP = '/sys/fs/cgroup/corbel.image'

const PERIOD_MICROSECONDS = 100_000
const MIB = 1_048_576
/** Work on images is nobody's promise: it gets what one in twenty would. */
const IMAGE_PART = 0.05
/** QEMU's threads: vCPUs, block I/O workers and a few more. */
const MAX_PROCESSES = 1024

export interface PoolShare extends PoolPromise {
  readonly cpu: PoolPromise['cpu'] & { readonly shares: number }
}

/** A VM that runs, or is about to. */
export interface VmShare {
  readonly id: string
  readonly pool: string
  /** What it can use at most: its vCPUs. */
  readonly vcpus: number
  readonly cpu: { readonly reservationCores: number; readonly limitCores: number | null; readonly shares: number }
  /** Reserved, with QEMU's own where anything is. */
  readonly reservedMiB: number
  /** More than this it never needs. */
  readonly ceilingMiB: number
}

/** All groups there should be, each after the one that it is in. */
export function planGroups(capacity: Capacity, pools: readonly PoolShare[], vms: readonly VmShare[]): readonly ResourceGroup[] {
  const { cores, memoryMiB, reserve } = capacity
  const forVms = Math.max(0, cores - reserve.cores)
  const [host = 1, vm = 1, image = 1] = weightsOf([reserve.cores, forVms, forVms * IMAGE_PART])
  const tree = new Tree(pools, vms)
  const limit = Math.max(64, memoryMiB - reserve.memoryMiB)
  return [
    { path: HOST_GROUP, kind: 'top', files: { 'cpu.weight': String(host), 'memory.min': bytes(reserve.memoryMiB) } },
    { path: IMAGE_GROUP, kind: 'top', files: { 'cpu.weight': String(image), 'memory.max': bytes(limit) } },
    {
      path: VM_GROUP,
      kind: 'top',
      files: { 'cpu.weight': String(vm), 'memory.max': bytes(limit), 'memory.min': bytes(tree.reservedMiB(ROOT_POOL)) },
    },
    ...tree.groupsIn(ROOT_POOL, VM_GROUP, forVms),
  ]
}

/** Where the VMs of a pool are. */
export function poolGroup(name: string, pools: readonly Pick<PoolPromise, 'name' | 'parent'>[]): string {
  const pool = pools.find((candidate) => candidate.name === name)
  if (pool === undefined) return VM_GROUP
  const others = pools.filter((candidate) => candidate !== pool)
  return `${poolGroup(pool.parent, others)}/${POOL_GROUP_PREFIX}${name}`
}

class Tree {
  readonly #pools: readonly PoolShare[]
  readonly #vms: readonly VmShare[]

  constructor(pools: readonly PoolShare[], vms: readonly VmShare[]) {
    this.#pools = pools
    this.#vms = vms
  }

  groupsIn(name: string, path: string, cores: number): readonly ResourceGroup[] {
    const pools = this.#poolsIn(name)
    const vms = this.#vmsIn(name)
    const entitled = entitle(cores, [...pools.map((pool) => this.#contender(pool)), ...vms.map(contenderOf)])
    const weights = weightsOf(entitled)
    return [
      ...pools.flatMap((pool, at): ResourceGroup[] => {
        const inside = `${path}/${POOL_GROUP_PREFIX}${pool.name}`
        const { limitMiB } = pool.memory
        const files = {
          ...cpuFiles(weights[at] ?? 1, pool.cpu.limitCores),
          ...{ 'memory.max': limitMiB === null ? 'max' : bytes(limitMiB), 'memory.min': bytes(this.reservedMiB(pool.name)) },
        }
        return [{ path: inside, kind: 'pool', files }, ...this.groupsIn(pool.name, inside, entitled[at] ?? 0)]
      }),
      ...vms.map((vm, at): ResourceGroup => {
        const files = {
          ...cpuFiles(weights[pools.length + at] ?? 1, vm.cpu.limitCores),
          ...{ 'memory.max': bytes(vm.ceilingMiB), 'memory.min': bytes(vm.reservedMiB), 'memory.oom.group': '1' },
          'pids.max': String(MAX_PROCESSES),
        }
        return { path: `${path}/${vm.id}`, kind: 'vm', files }
      }),
    ]
  }

  /** What a pool has to protect: its own reservation, or what is reserved in it. */
  reservedMiB(name: string): number {
    const own = this.#pools.find((pool) => pool.name === name)?.memory.reservationMiB ?? 0
    const inside = [
      ...this.#poolsIn(name).map((pool) => this.reservedMiB(pool.name)),
      ...this.#vmsIn(name).map(({ reservedMiB }) => reservedMiB),
    ]
    return Math.max(own, sum(inside))
  }

  /** A pool wants what the VMs in it can use, within its limit; where none runs, nothing. */
  #contender(pool: PoolShare): Contender {
    const inside = [...this.#poolsIn(pool.name).map((inner) => this.#contender(inner)), ...this.#vmsIn(pool.name).map(contenderOf)]
    const most = Math.min(pool.cpu.limitCores ?? Number.POSITIVE_INFINITY, sum(inside.map((one) => one.most)))
    const reservation = Math.max(pool.cpu.reservationCores, sum(inside.map((one) => one.reservation)))
    return { reservation: Math.min(reservation, most), most, shares: pool.cpu.shares }
  }

  /** What refers to a pool that is not there is in the host's. */
  #poolsIn(name: string): readonly PoolShare[] {
    return this.#pools.filter(({ parent }) => parent === name)
  }

  #vmsIn(name: string): readonly VmShare[] {
    const known = new Set(this.#pools.map((pool) => pool.name))
    return this.#vms.filter(({ pool }) => pool === name || (name === ROOT_POOL && !known.has(pool)))
  }
}

function contenderOf({ vcpus, cpu }: VmShare): Contender {
  const most = Math.min(cpu.limitCores ?? Number.POSITIVE_INFINITY, vcpus)
  return { reservation: Math.min(cpu.reservationCores, most), most, shares: cpu.shares }
}

function cpuFiles(weight: number, limitCores: number | null): Record<string, string> {
  const quota = limitCores === null ? 'max' : String(Math.round(limitCores * PERIOD_MICROSECONDS))
  return { 'cpu.weight': String(weight), 'cpu.max': `${quota} ${PERIOD_MICROSECONDS}` }
}

function bytes(mib: number): string {
  return String(Math.round(mib) * MIB)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
