// A VM as the planner sees it, and a shortage in words. Pure.

import { parseCpuList } from '../domain/cpu-list.ts'
import type { Allocation } from '../domain/host-resources.ts'
import { HUGE_PAGE_KIB } from '../domain/placement-fields.ts'
import { type PoolSpec, ROOT_POOL } from '../domain/pool.ts'
import type { Problem } from '../domain/problem.ts'
import type { VmSpec } from '../domain/vm.ts'
import { mostVcpus } from '../domain/vm-rules.ts'
import type { Claim, Resource, Shortage } from './admission.ts'
import type { CpuWish } from './cpu-sets.ts'
import { memoryCeilingMiB, overheadMiB, type VmSize } from './host-reserve.ts'
import { oomScoreAdj } from './oom-score.ts'
import type { SetPool } from './pool-sets.ts'
import type { VmShare } from './resource-groups.ts'

function sizeOf(spec: VmSpec, memoryMiB: number): VmSize {
  return { memoryMiB, vcpus: mostVcpus(spec), display: spec.display !== 'none', tpm: spec.tpm }
}

/** What is reserved of a guest's memory is worth nothing without what QEMU needs to hold it. Huge pages are there or not: nothing takes them back. */
function reservedMiB(spec: VmSpec): number {
  // All of it is pinned while the guest has devices that may write to it.
  const isFixed = spec.hugePages !== 'none' || spec.pciDevices.length > 0
  const reservationMiB = isFixed ? spec.memoryMiB : spec.memoryAllocation.reservationMiB
  return reservationMiB === 0 ? 0 : reservationMiB + overheadOf(spec)
}

/** What QEMU takes beside the guest's memory, in MiB. */
export function overheadOf(spec: VmSpec): number {
  return overheadMiB(sizeOf(spec, spec.memoryMiB))
}

function hugeMiB({ hugePages, memoryMiB }: VmSpec): number {
  return hugePages === 'none' ? 0 : memoryMiB
}

export function claimOf(id: string, spec: VmSpec): Claim {
  return {
    ...{ id, pool: spec.pool, vcpus: spec.vcpus, reservedCores: spec.cpuAllocation.reservationCores, reservedMiB: reservedMiB(spec) },
    memoryMiB: spec.memoryMiB + overheadOf(spec),
    // Cores for vCPUs that are added live are there from the start.
    dedicatedVcpus: spec.cpuPlacement.mode === 'dedicated' ? mostVcpus(spec) : 0,
  }
}

export function wishOf(id: string, spec: VmSpec): CpuWish {
  const { pool, numaNodes, guestNumaNodes, cpuAllocation } = spec
  const { mode, cpus } = spec.cpuPlacement
  return {
    ...{ id, pool, mode, cpus: cpus === null ? null : parseCpuList(cpus), nodes: numaNodes, guestNodes: guestNumaNodes },
    ...{ vcpus: mostVcpus(spec), reservedCores: mode === 'dedicated' ? 0 : cpuAllocation.reservationCores },
  }
}

export function setOf({ name, parent, cpuSet, numaNodes }: PoolSpec): SetPool {
  const { cpus, dedicated } = cpuSet
  return { name, parent, cpus: cpus === null ? null : parseCpuList(cpus), dedicated, nodes: numaNodes }
}

/** Of QEMU's pool, which all disks share. @source QEMU qapi/qom.json, thread-pool-max */
const DISK_WORKERS = 64
/** QEMU's main loop, RCU, viewers of the screen, saving and loading; the TPM. */
const OTHER_THREADS = 64

export function shareOf(id: string, spec: VmSpec): VmShare {
  const most = Math.max(spec.memoryMiB, spec.maxMemoryMiB ?? 0)
  return {
    ...{ id, pool: spec.pool, vcpus: spec.vcpus, cpu: spec.cpuAllocation, reservedMiB: reservedMiB(spec) - hugeMiB(spec) },
    ...{ ceilingMiB: memoryCeilingMiB(sizeOf(spec, most)) - hugeMiB(spec), hugeMiB: hugeMiB(spec), pageKiB: HUGE_PAGE_KIB[spec.hugePages] },
    oomScoreAdj: oomScoreAdj(spec),
    processes: mostVcpus(spec) + DISK_WORKERS + OTHER_THREADS,
  }
}

export function allocationOf({ pool, vcpus, memoryMiB, reservedCores, reservedMiB }: Claim): Allocation {
  return { pool, vcpus, memoryMiB, reservedCores, reservedMiB }
}

/** A VM that is being changed, with what the larger of the two has of everything that is given out: either may turn out to be in force. */
export function largerOf(before: VmSpec, after: VmSpec): VmSpec {
  const larger = (of: (spec: VmSpec) => number) => Math.max(of(before), of(after))
  return {
    ...before,
    vcpus: larger(({ vcpus }) => vcpus),
    memoryMiB: larger(({ memoryMiB }) => memoryMiB),
    cpuPlacement: after.cpuPlacement.mode === 'dedicated' ? after.cpuPlacement : before.cpuPlacement,
    cpuAllocation: { ...before.cpuAllocation, reservationCores: larger(({ cpuAllocation }) => cpuAllocation.reservationCores) },
    memoryAllocation: { ...before.memoryAllocation, reservationMiB: larger(({ memoryAllocation }) => memoryAllocation.reservationMiB) },
  }
}

const WORDS: Readonly<Record<Resource, { readonly field: string; readonly unit: string; readonly what: string }>> = {
  'cpu-reservation': { field: 'cpuAllocation.reservationCores', unit: 'cores', what: 'reserved' },
  'memory-reservation': { field: 'memoryAllocation.reservationMiB', unit: 'MiB', what: 'of reserved memory' },
  memory: { field: 'memoryMiB', unit: 'MiB', what: 'of memory' },
  vcpus: { field: 'vcpus', unit: 'vCPUs', what: 'in all' },
}

/** With the arithmetic, for people; and what would fit, for programs. */
export function problemOf({ resource, pool, asked, promised, kept, total, free, fits }: Shortage): Problem {
  const { field, unit, what } = WORDS[resource]
  const where = pool === ROOT_POOL ? 'the host' : `the pool ${pool}`
  const keeps = kept > 0 ? `, ${round(kept)} kept for itself` : ''
  const message =
    asked > 0
      ? `${round(asked)} ${unit} ${what} are asked of ${where}, which has ${round(total)}${keeps}, ${round(promised)} given out and ${round(free)} left`
      : `${round(promised)} ${unit} ${what} are given out by ${where}, which has ${round(total)}${keeps}`
  return { code: `admission.${resource}`, field, message, got: round(asked), max: round(fits) }
}

/** Downwards, so that what is said to fit does. */
function round(value: number): number {
  return Math.floor(value * 100 + 1e-6) / 100
}
