// What is missing of CPUs, or of huge pages, in words. Pure.
import type { HugePageCount } from '../domain/huge-page-need.ts'
import type { Problem } from '../domain/problem.ts'

export type CpuShortage = CountShortage | NodeShortage

/** NUMA nodes are named that have no memory, or are not there. */
interface NodeShortage {
  readonly kind: 'no-node'
  readonly subject: Subject
  readonly named: readonly number[]
  /** All that memory can come from. */
  readonly there: readonly number[]
}

interface Subject {
  readonly kind: 'vm' | 'pool'
  readonly id: string
}

export interface CountShortage {
  readonly kind: /** No cores are left that it could have for itself. */
    | 'dedicated'
    /** None of its CPUs is there for it. */
    | 'nowhere'
    /** More is reserved on a set of CPUs than they can do. */
    | 'overdrawn'
  /** Of the VM or pool; of those of an overdrawn set the first. */
  readonly subject: Subject
  readonly asked: number
  readonly total: number
  /** Of the total what stays everybody's, or is the host's. */
  readonly kept: number
  /** Of the total what others have. */
  readonly taken: number
  readonly free: number
}

const FIELDS = {
  vm: { place: 'cpuPlacement', promise: 'cpuAllocation.reservationCores' },
  pool: { place: 'cpuSet', promise: 'cpu.reservationCores' },
} as const

/** With the arithmetic, for people; and what would fit, for programs. */
export function cpuProblem(shortage: CpuShortage): Problem {
  if (shortage.kind === 'no-node') {
    const { named, there } = shortage
    const message = `must name NUMA nodes that this host has memory on: ${there.join(', ')}`
    return { code: 'admission.numa-nodes', field: 'numaNodes', message, got: named.join(', '), allowed: there.map(String) }
  }
  const { kind, subject, asked, total, kept, taken, free } = shortage
  const fields = FIELDS[subject.kind]
  const where = `of ${total} CPUs that it may have`
  switch (kind) {
    case 'dedicated': {
      const message = `${asked} CPUs are asked for alone, ${where} ${kept} stay everybody’s, others have ${taken}, and ${free} are left in whole cores`
      return { code: 'admission.dedicated-cpus', field: fields.place, message, got: asked, max: free }
    }
    case 'nowhere':
      return {
        code: 'admission.cpus',
        field: fields.place,
        message: `${where} none is there for it: ${taken} are others’ alone`,
        got: asked,
        max: 0,
      }
    case 'overdrawn': {
      const message = `${round(asked)} cores are reserved on ${total} CPUs${kept > 0 ? `, of which the host keeps ${round(kept)}` : ''}`
      return { code: 'admission.cpu-set', field: fields.promise, message, got: round(asked), max: round(free) }
    }
  }
}

export function pageProblem({ sizeKiB, node, pages, found }: HugePageCount): Problem {
  const message = `${pages} huge pages of ${sizeKiB} KiB are needed on node ${node} for all VMs that have some, and ${found} could be set aside`
  return { code: 'admission.huge-pages', field: 'hugePages', message, got: pages, max: found }
}

function round(value: number): number {
  return Math.floor(value * 100 + 1e-6) / 100
}
