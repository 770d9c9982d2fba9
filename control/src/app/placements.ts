// Where VMs are on the host: plans it for those that run or are about to, remembers who has which CPUs, and has pages set aside for those that ask for large ones.
import { parseCpuList } from '../domain/cpu-list.ts'
import type { HugePageCount, HugePageNeed } from '../domain/huge-page-need.ts'
import type { PoolSpec } from '../domain/pool.ts'
import type { HostTopology } from '../domain/topology.ts'
import type { VmSpec } from '../domain/vm.ts'
import { same } from '../domain/vm-difference.ts'
import { coresOf, threadsPerCore } from '../plan/cpu-cores.ts'
import { type CpuPlan, type CpuWish, planCpuSets, type VmCpus } from '../plan/cpu-sets.ts'
import { planHugePages } from '../plan/huge-pages.ts'
import { setOf, wishOf } from '../plan/vm-share.ts'
import type { AppPorts } from './ports.ts'

export interface Placements {
  /** Of these VMs, by id, in these pools; on the first `count` CPUs that the machine has, or all. Nothing is remembered. */
  plan(vms: ReadonlyMap<string, VmSpec>, pools: readonly PoolSpec[], reserveCores: number, count?: number): CpuPlan
  /** From now on what the plan gives is theirs. */
  keep(plan: CpuPlan): void
  /** The vCPUs of these processes are put where the plan says, where they are not known to be. What goes wrong is told. */
  settle(plan: CpuPlan, processes: readonly Placed[]): readonly string[]
  /** Sets pages aside for these; each size and node of which there are not enough is told. */
  setPagesAside(vms: ReadonlyMap<string, VmSpec>): readonly HugePageCount[]
  readonly threadsPerCore: number
  /** Nodes that have memory. */
  readonly memoryNodes: readonly number[]
}

export interface Placed {
  readonly id: string
  readonly pid: number
  readonly group: string
  /** Those that it has now: each comes as a thread of its own. */
  readonly vcpus: number
}

export function createPlacements({ host, resourceGroups, hugePages }: Pick<AppPorts, 'host' | 'resourceGroups' | 'hugePages'>): Placements {
  const topology = host.topology()
  const memoryNodes = topology.nodes.filter(({ memoryMiB }) => memoryMiB > 0).map(({ id }) => id)
  let current: ReadonlyMap<string, readonly number[]> = new Map(
    [...resourceGroups.dedicatedCpus()].map(([id, list]) => [id, parseCpuList(list) ?? []]),
  )
  /** What has been done, by VM. */
  const settled = new Map<string, { readonly pid: number; readonly vcpus: number; readonly place: Pick<VmCpus, 'vcpus' | 'own'> }>()
  /** A spec is one VM's, and never changed. */
  const wishes = new WeakMap<VmSpec, CpuWish>()
  let steered: readonly number[] | null = null
  /** Null also after not all could be had: then it is tried again. */
  let pages: readonly HugePageNeed[] | null = null

  function wish(id: string, spec: VmSpec): CpuWish {
    const known = wishes.get(spec)
    if (known?.id === id) return known
    const fresh = wishOf(id, spec)
    wishes.set(spec, fresh)
    return fresh
  }

  return {
    threadsPerCore: threadsPerCore(coresOf(topology)),
    memoryNodes,

    plan(vms, pools, reserveCores, count = topology.cpus.length) {
      const cpus = firstCpus(topology, count)
      const all = [...vms].map(([id, spec]) => wish(id, spec))
      return planCpuSets({ topology: { cpus }, memoryNodes, reserveCores, pools: pools.map(setOf), wishes: all, current })
    },

    keep(plan) {
      current = new Map([...plan.vms].map(([id, { own }]) => [id, own]))
      // At first nobody knows what an earlier controld has told.
      if (steered !== null && same(steered, plan.everybody)) return
      resourceGroups.steerInterrupts(plan.everybody)
      steered = plan.everybody
    },

    settle(plan, processes) {
      const there = new Set(processes.map(({ id }) => id))
      for (const id of settled.keys()) if (!there.has(id)) settled.delete(id)
      return processes.flatMap(({ id, pid, group, vcpus }) => {
        const place = plan.vms.get(id)
        if (place === undefined) return []
        const wanted = { pid, vcpus, place: { vcpus: place.vcpus, own: place.own } }
        // Threads come as they like, and those on CPUs of one's own are to be none but vCPUs.
        if (place.own.length === 0 && same(settled.get(id), wanted)) return []
        const problems = resourceGroups.placeVcpus({ pid, group, apart: place.own.length > 0, cpus: place.vcpus })
        if (problems.length === 0) settled.set(id, wanted)
        return problems
      })
    },

    setPagesAside(vms) {
      const needs = planHugePages(vms.values(), memoryNodes)
      if (pages !== null && same(pages, needs)) return []
      const lacking = hugePages.arrange(needs).filter((count) => count.found < count.pages)
      pages = lacking.length === 0 ? needs : null
      return lacking
    },
  }
}

/** As it would be with fewer. */
function firstCpus({ cpus }: HostTopology, count: number): HostTopology['cpus'] {
  if (count >= cpus.length) return cpus
  const there = new Set(cpus.slice(0, count).map(({ id }) => id))
  return cpus.slice(0, count).map((cpu) => ({ ...cpu, siblings: cpu.siblings.filter((id) => there.has(id)) }))
}
