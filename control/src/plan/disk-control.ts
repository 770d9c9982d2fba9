// What the control files of groups say of the datastore's disk: limits of pools, and weights by shares. Pure.
// @source Linux Documentation/admin-guide/cgroup-v2.rst, io.max; Documentation/block/bfq-iosched.rst, io.bfq.weight
import type { DiskControl } from '../domain/disk-control.ts'
import type { PoolSpec } from '../domain/pool.ts'
import { POOL_GROUP_PREFIX, type ResourceGroup } from '../domain/resource-group.ts'

export type DiskPool = Pick<PoolSpec, 'name' | 'io'>
/** Shares by id. */
export type DiskShares = ReadonlyMap<string, number>

const MAX_WEIGHT = 1000
/** What is asked for by the control plane is little, and waited for; work on images can wait. VMs have half of a disk that all want, at least. */
const TOP_WEIGHTS: Readonly<Record<string, number>> = { 'corbel.host': 1000, 'corbel.vm': 500, 'corbel.image': 25 }

/** The groups, with what they are to have of the disk. Weights of siblings are in proportion to their shares. */
export function withDiskControl(
  groups: readonly ResourceGroup[],
  disk: DiskControl,
  pools: readonly DiskPool[],
  vms: DiskShares,
): readonly ResourceGroup[] {
  const poolsByGroup = new Map(pools.map((pool) => [`${POOL_GROUP_PREFIX}${pool.name}`, pool]))
  const poolOf = ({ kind, path }: ResourceGroup) => (kind === 'pool' ? poolsByGroup.get(nameOf(path)) : undefined)
  const sharesOf = (group: ResourceGroup) => poolOf(group)?.io.shares ?? vms.get(nameOf(group.path)) ?? 1
  /** By what they are in, the largest shares of those beside each other. */
  const largest = new Map<string, number>()
  for (const group of groups) {
    const parent = parentOf(group.path)
    if (group.kind === 'pool' || group.kind === 'vm') largest.set(parent, Math.max(largest.get(parent) ?? 1, sharesOf(group)))
  }
  return groups.map((group) => {
    const { kind, path } = group
    // Threads have no disk use of their own: it is their process's.
    if (kind === 'vcpus') return group
    const part = sharesOf(group) / (largest.get(parentOf(path)) ?? 1)
    const weight = kind === 'top' ? (TOP_WEIGHTS[nameOf(path)] ?? 1) : Math.max(1, Math.round(part * MAX_WEIGHT))
    const pool = poolOf(group)
    const files = {
      ...(disk.weights ? { 'io.bfq.weight': String(weight) } : {}),
      // Said of every pool, so that a limit that is no more does not stay.
      ...(disk.device !== null && pool !== undefined ? { 'io.max': limitsOf(disk.device, pool) } : {}),
    }
    return { ...group, files: { ...group.files, ...files } }
  })
}

/** What is asked for and cannot be had, in words. */
export function findDiskProblems(disk: DiskControl, pools: readonly DiskPool[], vms: DiskShares): readonly string[] {
  const limited = pools.filter(({ io }) => RATES.some(([, rate]) => io[rate] !== null))
  const shares = new Set([...pools.map(({ io }) => io.shares), ...vms.values()])
  return [
    ...(disk.device === null && limited.length > 0
      ? [
          `limits of disks of ${limited.map(({ name }) => name).join(', ')} are not kept: the datastore is on no disk that the kernel can limit`,
        ]
      : []),
    ...(!disk.weights && shares.size > 1
      ? ['I/O shares are not kept: the datastore’s disk has no scheduler that divides it by weight (BFQ)']
      : []),
  ]
}

const RATES = [
  ['rbps', 'readBytesPerSecond'],
  ['wbps', 'writeBytesPerSecond'],
  ['riops', 'readIops'],
  ['wiops', 'writeIops'],
] as const

function limitsOf(device: string, { io }: DiskPool): string {
  return [device, ...RATES.map(([key, rate]) => `${key}=${io[rate] ?? 'max'}`)].join(' ')
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}
