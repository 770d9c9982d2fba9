// What of the host is whose: admits VMs to what is left, and keeps the groups of the running ones so that promises hold.
import { check } from '../domain/check.ts'
import { type Capacity, type HostResources, hostResourcesSchema, type ResourcesView } from '../domain/host-resources.ts'
import { mergePatch } from '../domain/merge-patch.ts'
import type { PoolRecord, PoolSpec } from '../domain/pool.ts'
import type { Problem } from '../domain/problem.ts'
import type { ResourceGroup } from '../domain/resource-group.ts'
import { VCPU_GROUP } from '../domain/vcpu-placement.ts'
import type { VmSpec } from '../domain/vm.ts'
import { same, withAllocation } from '../domain/vm-difference.ts'
import { admit, type Claim, findBrokenPromises } from '../plan/admission.ts'
import type { CpuPlan } from '../plan/cpu-sets.ts'
import { cpuProblem, pageProblem } from '../plan/cpu-shortage.ts'
import { showCpus } from '../plan/cpu-view.ts'
import { defaultReserve } from '../plan/host-reserve.ts'
import type { Place } from '../plan/power-on.ts'
import { planGroups, poolGroup } from '../plan/resource-groups.ts'
import { claimOf, problemOf, shareOf } from '../plan/vm-share.ts'
import type { VmRecord } from '../ports/store.ts'
import type { Ledger } from './ledger.ts'
import type { Placed, Placements } from './placements.ts'
import type { PoolBook } from './pool-book.ts'
import type { AppPorts } from './ports.ts'
import { invalid, Refusal } from './refusal.ts'

export interface Resources {
  view(): ResourcesView
  /** A merge patch of the settings. Refuses with `admission.…` where a promise could not be kept any more. */
  change(patch: unknown, by: string): ResourcesView
  /** Refuses with `admission.…` and the arithmetic; what is admitted counts until it is released, and from then on as what runs. */
  admit(id: string, spec: VmSpec): () => void
  /** The same, of a VM that runs and is changed; nothing is held. */
  requireAdmitted(id: string, spec: VmSpec): void
  /** Refuses with `admission.…` when these pools beside the running VMs are more than there is. */
  requireKept(pools: readonly PoolRecord[]): void
  /** Where a VM goes that has been admitted; the group of its pool is there. */
  placeFor(id: string, spec: VmSpec): Place
  groupOf(pool: string): string
  removeGroup(path: string): void
  /** Brings every group to what it should be now. */
  rebalance(): void
}

type Ports = Pick<AppPorts, 'host' | 'resourceGroups' | 'log'>

interface Balance {
  readonly plan: CpuPlan
  readonly groups: readonly ResourceGroup[]
}

export function createResources(
  { host, resourceGroups, log }: Ports,
  ledger: Pick<Ledger, 'vms'>,
  book: PoolBook,
  placements: Placements,
): Resources {
  /** Admitted, and not recorded as running yet. */
  const held = new Map<string, VmSpec>()
  const told = new Set<string>()

  function capacityWith({ reserve, overcommit }: HostResources): Capacity {
    const { cpu, memoryMiB } = host.facts
    const usual = defaultReserve(cpu.threads, memoryMiB)
    const kept = { cores: reserve.cores ?? usual.cores, memoryMiB: reserve.memoryMiB ?? usual.memoryMiB }
    return { cores: cpu.threads, threadsPerCore: placements.threadsPerCore, memoryMiB, reserve: kept, overcommit }
  }

  const capacity = () => capacityWith(book.resources())
  const specs = () => book.pools().map(({ spec }) => spec)

  /** Records are replaced, never changed: what follows from one is worked out once. */
  const known = new WeakMap<VmRecord, VmSpec>()
  function inForce(record: VmRecord): VmSpec | null {
    const spec = known.get(record) ?? started(record)
    if (spec !== null) known.set(record, spec)
    return spec
  }

  /** What runs, with what it is being started with, by id. */
  function running(): ReadonlyMap<string, VmSpec> {
    const recorded = [...ledger.vms.values()].flatMap((record) => {
      const spec = inForce(record)
      return spec === null ? [] : [[record.id, spec] as const]
    })
    return new Map([...recorded, ...held])
  }

  const claimsOf = (vms: ReadonlyMap<string, VmSpec>): readonly Claim[] => [...vms].map(([id, spec]) => claimOf(id, spec))
  const claims = () => claimsOf(running())
  const cpuPlan = (vms = running(), pools: readonly PoolSpec[] = specs(), { reserve } = capacity()): CpuPlan =>
    placements.plan(vms, pools, reserve.cores)

  function requireRoom(problems: readonly Problem[], what: string): void {
    const [first] = problems
    if (first !== undefined) throw new Refusal('conflict', first.code, `${what}: ${first.message}.`, problems)
  }

  /** What is wrong with the CPUs then and is not now; what is wrong already is no reason to keep somebody from making it better. */
  function newlyLacking(then: CpuPlan): readonly Problem[] {
    const { shortages } = then
    return shortages.length > cpuPlan().shortages.length ? shortages.map(cpuProblem) : []
  }

  /** What asks for no more than it has is never refused: a host may have less than it promised. */
  function requireAdmitted(id: string, spec: VmSpec): void {
    const vms = running()
    const now = vms.get(id)
    if (now !== undefined && isNoMore(claimOf(id, spec), claimOf(id, now)) && same(now.cpuPlacement, spec.cpuPlacement)) return
    const what = `${spec.name} does not fit`
    requireRoom(admit(capacity(), specs(), claimsOf(vms), claimOf(id, spec)).map(problemOf), what)
    requireRoom(newlyLacking(cpuPlan(new Map([...vms, [id, spec]]))), what)
  }

  function groups(plan: CpuPlan, vms: ReadonlyMap<string, VmSpec>): readonly ResourceGroup[] {
    const shares = [...vms].map(([id, spec]) => shareOf(id, spec))
    return planGroups(capacity(), specs(), shares, plan)
  }

  function processes(): readonly Placed[] {
    const pools = specs()
    return [...ledger.vms.values()].flatMap(({ id, process, startedSpec }) => {
      if (process === null || startedSpec === null) return []
      return [{ id, pid: process.pid, group: `${poolGroup(startedSpec.pool, pools)}/${id}`, vcpus: startedSpec.vcpus }]
    })
  }

  function rebalance(): Balance {
    const vms = running()
    const plan = cpuPlan(vms)
    placements.keep(plan)
    const all = groups(plan, vms)
    const problems = [...resourceGroups.arrange(all), ...placements.settle(plan, processes())]
    for (const problem of problems) {
      // A controller that the kernel lacks would say so at each start of a VM.
      if (!told.has(problem)) log('warning', `resources: ${problem}`)
      told.add(problem)
    }
    placements.setPagesAside(vms)
    return { plan, groups: all }
  }

  function view(): ResourcesView {
    const all = claims()
    const sum = (amount: (claim: Claim) => number) => all.reduce((total, claim) => total + amount(claim), 0)
    const plan = cpuPlan()
    const broken = findBrokenPromises(capacity(), specs(), all).map(problemOf)
    return {
      ...{ settings: book.resources(), capacity: capacity() },
      promised: { cores: sum(({ reservedCores }) => reservedCores), memoryMiB: sum(({ reservedMiB }) => reservedMiB) },
      used: { memoryMiB: sum(({ memoryMiB }) => memoryMiB), vcpus: sum(({ vcpus }) => vcpus) },
      broken: [...broken, ...plan.shortages.map(cpuProblem)],
      cpus: showCpus(plan, running()),
    }
  }

  return {
    view,
    change(patch, by) {
      const checked = check(hostResourcesSchema, mergePatch(book.resources(), patch), 'resources')
      if (!checked.ok) throw invalid(checked.problems)
      if (same(checked.value, book.resources())) return view()
      const next = capacityWith(checked.value)
      requireNoneBroken(next, specs())
      book.keepResources(checked.value, (draft) => {
        draft.event('host.resources-changed', 'info', { kind: 'host', id: 'host' }, `What the host keeps for itself was changed by ${by}.`)
      })
      rebalance()
      return view()
    },
    admit(id, spec) {
      requireAdmitted(id, spec)
      const before = held.get(id)
      held.set(id, spec)
      const release = () => {
        held.delete(id)
        rebalance()
      }
      const lacking = before === undefined ? placements.setPagesAside(running()) : []
      if (lacking.length > 0) {
        release()
        requireRoom(lacking.map(pageProblem), `${spec.name} does not fit`)
      }
      return release
    },
    requireAdmitted,
    requireKept(pools) {
      requireNoneBroken(
        capacity(),
        pools.map(({ spec }) => spec),
      )
    },
    placeFor(id, spec) {
      const { plan, groups: all } = rebalance()
      const path = `${poolGroup(spec.pool, specs())}/${id}`
      const group = all.find((candidate) => candidate.path === path)
      const place = plan.vms.get(id)
      if (group === undefined || place === undefined) throw new Error(`VM ${id} has no group: it was not admitted`)
      const vcpuGroup = all.find((candidate) => candidate.path === `${path}/${VCPU_GROUP}`) ?? null
      return { group, vcpuGroup, vcpus: place.vcpus, nodes: place.nodes, memoryNodes: placements.memoryNodes }
    },
    groupOf: (pool) => poolGroup(pool, specs()),
    removeGroup: (path) => resourceGroups.remove(path),
    rebalance: () => void rebalance(),
  }

  /** A promise that is broken already is no reason to keep somebody from making it better. */
  function requireNoneBroken(next: Capacity, pools: readonly PoolSpec[]): void {
    const what = 'What is promised already does not fit'
    const before = findBrokenPromises(capacity(), specs(), claims())
    const broken = findBrokenPromises(next, pools, claims())
    if (broken.length > before.length) requireRoom(broken.map(problemOf), what)
    requireRoom(newlyLacking(cpuPlan(running(), pools, next)), what)
  }
}

function isNoMore(asked: Claim, has: Claim): boolean {
  const amounts = ['vcpus', 'memoryMiB', 'reservedCores', 'reservedMiB', 'dedicatedVcpus'] as const
  return asked.pool === has.pool && amounts.every((amount) => asked[amount] <= has[amount])
}

/** Allocations are in force as soon as they are kept; the pool, the memory and the vCPUs are those of the process. */
function started({ spec, startedSpec, process }: VmRecord): VmSpec | null {
  if (process === null || startedSpec === null) return null
  return withAllocation(startedSpec, spec)
}
