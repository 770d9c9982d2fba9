// The cgroups of pools and VMs: where each is, and what its control files say, so that promises hold when everybody wants all there is. Pure.
// @source Linux Documentation/admin-guide/cgroup-v2.rst
import type { Capacity } from '../domain/host-resources.ts'
import { ROOT_POOL } from '../domain/pool.ts'
import { POOL_GROUP_PREFIX, type ResourceGroup } from '../domain/resource-group.ts'
import { VCPU_GROUP } from '../domain/vcpu-placement.ts'
import { BESIDE_RESERVED_CORES, type PoolPromise } from './admission.ts'
import { type Contender, entitle, weightsOf } from './cpu-entitlement.ts'
import { CpuFiles } from './cpu-files.ts'
import type { CpuPlan } from './cpu-sets.ts'

/** The top of everything that is a VM. */
const VM_GROUP = '/sys/fs/cgroup/corbel.vm'
const HOST_GROUP = '/sys/fs/cgroup/corbel.host'
const IMAGE_GROUP = '/sys/fs/cgroup/corbel.image'

const PERIOD_MICROSECONDS = 100_000
const MIB = 1_048_576
/** Work on images is nobody's promise: it gets what one in twenty would. */
const IMAGE_PART = 0.05
/** Of a VM whose vCPUs have CPUs of their own: what all else of it can use, and is promised. */
const BESIDE_CORES = 0.5
/** By size in KiB, as the kernel writes it. */
const PAGE_NAMES = { 2048: '2MB', 1048576: '1GB' } as const

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
  /** Huge pages, which are counted apart. */
  readonly hugeMiB: number
  readonly pageKiB: number | null
  readonly oomScoreAdj: number
  /** Nor more threads than these. */
  readonly processes: number
}

/** All groups there should be, each after the one that it is in. */
export function planGroups(
  capacity: Capacity,
  pools: readonly PoolShare[],
  vms: readonly VmShare[],
  cpuPlan: CpuPlan,
): readonly ResourceGroup[] {
  const { cores, memoryMiB, reserve } = capacity
  const cpus = new CpuFiles(cpuPlan, pools, vms)
  const forVms = Math.max(0, cores - reserve.cores)
  const shared = Math.max(0, forVms - cpus.ownCount)
  const [host = 1, vm = 1, image = 1] = weightsOf([reserve.cores, shared, shared * IMAGE_PART])
  const tree = new Tree(pools, vms, cpus)
  const limit = Math.max(64, memoryMiB - reserve.memoryMiB - sum(vms.map(({ hugeMiB }) => hugeMiB)))
  return [
    { path: HOST_GROUP, kind: 'top', files: { 'cpu.weight': String(host), 'memory.min': bytes(reserve.memoryMiB), ...cpus.everybody } },
    { path: IMAGE_GROUP, kind: 'top', files: { 'cpu.weight': String(image), 'memory.max': bytes(limit), ...cpus.everybody } },
    {
      path: VM_GROUP,
      kind: 'top',
      files: {
        ...{ 'cpu.weight': String(vm), 'memory.max': bytes(limit), 'memory.min': bytes(tree.reservedMiB(ROOT_POOL)) },
        ...cpus.pool(ROOT_POOL),
      },
    },
    ...tree.groupsIn(ROOT_POOL, VM_GROUP, shared),
  ]
}

/** Where the VMs of a pool are. */
export function poolGroup(name: string, pools: readonly Pick<PoolPromise, 'name' | 'parent'>[]): string {
  const pool = pools.find((candidate) => candidate.name === name)
  if (pool === undefined) return VM_GROUP
  const others = pools.filter((candidate) => candidate !== pool)
  return `${poolGroup(pool.parent, others)}/${POOL_GROUP_PREFIX}${name}`
}

/** What is in which pool, looked at once: there may be a thousand VMs, and this is asked again with each that comes or goes. */
class Tree {
  readonly #pools: ReadonlyMap<string, readonly PoolShare[]>
  readonly #vms: ReadonlyMap<string, readonly VmShare[]>
  readonly #own: ReadonlyMap<string, PoolShare>
  readonly #cpus: CpuFiles
  readonly #reserved = new Map<string, number>()
  readonly #contenders = new Map<string, Contender>()

  constructor(pools: readonly PoolShare[], vms: readonly VmShare[], cpus: CpuFiles) {
    this.#own = new Map(pools.map((pool) => [pool.name, pool]))
    this.#pools = byKey(pools, ({ parent }) => parent)
    // What refers to a pool that is not there is in the host's.
    this.#vms = byKey(vms, ({ pool }) => (this.#own.has(pool) ? pool : ROOT_POOL))
    this.#cpus = cpus
  }

  groupsIn(name: string, path: string, cores: number): readonly ResourceGroup[] {
    const pools = this.#poolsIn(name)
    const vms = this.#vmsIn(name)
    const entitled = entitle(cores, [...pools.map((pool) => this.#contender(pool)), ...vms.map((vm) => this.#contenderOf(vm))])
    const weights = weightsOf(entitled)
    return [
      ...pools.flatMap((pool, at): ResourceGroup[] => {
        const inside = `${path}/${POOL_GROUP_PREFIX}${pool.name}`
        const { limitMiB } = pool.memory
        const files = {
          ...cpuFiles(weights[at] ?? 1, pool.cpu.limitCores),
          ...{ 'memory.max': limitMiB === null ? 'max' : bytes(limitMiB), 'memory.min': bytes(this.reservedMiB(pool.name)) },
          ...this.#cpus.pool(pool.name),
        }
        const given = this.#cpus.walled(pool.name) ?? entitled[at] ?? 0
        return [{ path: inside, kind: 'pool', files }, ...this.groupsIn(pool.name, inside, given)]
      }),
      ...vms.flatMap((vm, at): ResourceGroup[] => {
        const files = {
          ...cpuFiles(weights[pools.length + at] ?? 1, vm.cpu.limitCores),
          ...{ 'memory.max': bytes(vm.ceilingMiB), 'memory.min': bytes(vm.reservedMiB), 'memory.oom.group': '1' },
          ...{ 'pids.max': String(vm.processes), ...hugePageFiles(vm), ...this.#cpus.vm(vm.id) },
        }
        const apart = this.#cpus.vcpus(vm.id)
        const inside = `${path}/${vm.id}`
        return [
          { path: inside, kind: 'vm', files, oomScoreAdj: vm.oomScoreAdj },
          ...(apart === null ? [] : [{ path: `${inside}/${VCPU_GROUP}`, kind: 'vcpus', files: apart } as const]),
        ]
      }),
    ]
  }

  /** What a pool has to protect: its own reservation, or what is reserved in it. */
  reservedMiB(name: string): number {
    const known = this.#reserved.get(name) ?? this.#findReserved(name)
    this.#reserved.set(name, known)
    return known
  }

  #findReserved(name: string): number {
    const own = this.#own.get(name)?.memory.reservationMiB ?? 0
    const inside = [
      ...this.#poolsIn(name).map((pool) => this.reservedMiB(pool.name)),
      ...this.#vmsIn(name).map(({ reservedMiB }) => reservedMiB),
    ]
    return Math.max(own, sum(inside))
  }

  /** A pool wants what the VMs in it can use, within its limit; where none runs, nothing. */
  #contender(pool: PoolShare): Contender {
    const known = this.#contenders.get(pool.name) ?? this.#findContender(pool)
    this.#contenders.set(pool.name, known)
    return known
  }

  #findContender(pool: PoolShare): Contender {
    const vms = this.#vmsIn(pool.name).map((vm) => this.#contenderOf(vm))
    const inside = [...this.#poolsIn(pool.name).map((inner) => this.#contender(inner)), ...vms]
    // On CPUs of its own it contends with nobody; what little it has elsewhere is not its work.
    if (this.#cpus.walled(pool.name) !== null) return { reservation: 0, most: BESIDE_CORES, shares: pool.cpu.shares }
    const most = Math.min(pool.cpu.limitCores ?? Number.POSITIVE_INFINITY, sum(inside.map((one) => one.most)))
    const reservation = Math.max(pool.cpu.reservationCores, sum(inside.map((one) => one.reservation)))
    return { reservation: Math.min(reservation, most), most, shares: pool.cpu.shares }
  }

  /** Its vCPUs may be elsewhere, where they contend with nobody. */
  #contenderOf({ id, vcpus, cpu }: VmShare): Contender {
    if (this.#cpus.vcpus(id) !== null) return { reservation: BESIDE_RESERVED_CORES, most: BESIDE_CORES, shares: cpu.shares }
    const most = Math.min(cpu.limitCores ?? Number.POSITIVE_INFINITY, vcpus)
    return { reservation: Math.min(cpu.reservationCores, most), most, shares: cpu.shares }
  }

  #poolsIn(name: string): readonly PoolShare[] {
    return this.#pools.get(name) ?? []
  }

  #vmsIn(name: string): readonly VmShare[] {
    return this.#vms.get(name) ?? []
  }
}

function byKey<T>(things: readonly T[], keyOf: (thing: T) => string): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, T[]>()
  for (const thing of things) {
    const others = found.get(keyOf(thing))
    if (others === undefined) found.set(keyOf(thing), [thing])
    else others.push(thing)
  }
  return found
}

/** Nobody takes the pages of another, neither by using nor by claiming them. */
function hugePageFiles({ hugeMiB, pageKiB }: VmShare): Record<string, string> {
  return Object.fromEntries(
    Object.entries(PAGE_NAMES).map(([kib, name]) => [`hugetlb.${name}.rsvd.max`, Number(kib) === pageKiB ? bytes(hugeMiB) : '0']),
  )
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
