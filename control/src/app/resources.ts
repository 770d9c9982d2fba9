// What of the host is whose: admits VMs to what is left, and keeps the groups of the running ones so that promises hold.
import { check } from '../domain/check.ts'
import { type Capacity, type HostResources, hostResourcesSchema, type ResourcesView } from '../domain/host-resources.ts'
import { mergePatch } from '../domain/merge-patch.ts'
import type { PoolRecord } from '../domain/pool.ts'
import type { ResourceGroup } from '../domain/resource-group.ts'
import type { VmSpec } from '../domain/vm.ts'
import { same, withAllocation } from '../domain/vm-difference.ts'
import { admit, type Claim, findBrokenPromises, type Shortage } from '../plan/admission.ts'
import { defaultReserve } from '../plan/host-reserve.ts'
import { planGroups, poolGroup } from '../plan/resource-groups.ts'
import { claimOf, problemOf, shareOf } from '../plan/vm-share.ts'
import type { VmRecord } from '../ports/store.ts'
import type { Ledger } from './ledger.ts'
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
  /** The group of a VM that has been admitted, with its files; that of its pool is there. */
  groupFor(id: string, spec: VmSpec): ResourceGroup
  groupOf(pool: string): string
  removeGroup(path: string): void
  /** Brings every group to what it should be now. */
  rebalance(): void
}

type Ports = Pick<AppPorts, 'host' | 'resourceGroups' | 'log'>

export function createResources({ host, resourceGroups, log }: Ports, ledger: Pick<Ledger, 'vms'>, book: PoolBook): Resources {
  /** Admitted, and not recorded as running yet. */
  const held = new Map<string, VmSpec>()
  const told = new Set<string>()

  function capacityWith({ reserve, overcommit }: HostResources): Capacity {
    const { cpu, memoryMiB } = host.facts
    const usual = defaultReserve(cpu.threads, memoryMiB)
    const kept = { cores: reserve.cores ?? usual.cores, memoryMiB: reserve.memoryMiB ?? usual.memoryMiB }
    return { cores: cpu.threads, memoryMiB, reserve: kept, overcommit }
  }

  const capacity = () => capacityWith(book.resources())
  const specs = () => book.pools().map(({ spec }) => spec)

  /** What runs, with what it is being started with, by id. */
  function running(): ReadonlyMap<string, VmSpec> {
    const started = [...ledger.vms.values()].flatMap((record) => {
      const spec = inForce(record)
      return spec === null ? [] : [[record.id, spec] as const]
    })
    return new Map([...started, ...held])
  }

  function claims(): readonly Claim[] {
    return [...running()].map(([id, spec]) => claimOf(id, spec))
  }

  function requireRoom(shortages: readonly Shortage[], what: string): void {
    const problems = shortages.map(problemOf)
    const [first] = problems
    if (first !== undefined) throw new Refusal('conflict', first.code, `${what}: ${first.message}.`, problems)
  }

  /** What asks for no more than it has is never refused: a host may have less than it promised. */
  function requireAdmitted(id: string, spec: VmSpec): void {
    const now = running().get(id)
    if (now !== undefined && isNoMore(claimOf(id, spec), claimOf(id, now))) return
    requireRoom(admit(capacity(), specs(), claims(), claimOf(id, spec)), `${spec.name} does not fit`)
  }

  function groups(): readonly ResourceGroup[] {
    return planGroups(
      capacity(),
      specs(),
      [...running()].map(([id, spec]) => shareOf(id, spec)),
    )
  }

  function rebalance(): void {
    for (const problem of resourceGroups.arrange(groups())) {
      // A controller that the kernel lacks would say so at each start of a VM.
      if (!told.has(problem)) log('warning', `resources: ${problem}`)
      told.add(problem)
    }
  }

  function view(): ResourcesView {
    const all = claims()
    const sum = (amount: (claim: Claim) => number) => all.reduce((total, claim) => total + amount(claim), 0)
    return {
      ...{ settings: book.resources(), capacity: capacity() },
      promised: { cores: sum(({ reservedCores }) => reservedCores), memoryMiB: sum(({ reservedMiB }) => reservedMiB) },
      used: { memoryMiB: sum(({ memoryMiB }) => memoryMiB), vcpus: sum(({ vcpus }) => vcpus) },
      broken: findBrokenPromises(capacity(), specs(), all).map(problemOf),
    }
  }

  return {
    view,
    change(patch, by) {
      const checked = check(hostResourcesSchema, mergePatch(book.resources(), patch), 'resources')
      if (!checked.ok) throw invalid(checked.problems)
      if (same(checked.value, book.resources())) return view()
      const next = capacityWith(checked.value)
      const before = findBrokenPromises(capacity(), specs(), claims())
      const broken = findBrokenPromises(next, specs(), claims())
      // One that is broken already is no reason to keep somebody from making it better.
      requireRoom(broken.length > before.length ? broken : [], 'What is promised already does not fit')
      book.keepResources(checked.value, (draft) => {
        draft.event('host.resources-changed', 'info', { kind: 'host', id: 'host' }, `What the host keeps for itself was changed by ${by}.`)
      })
      rebalance()
      return view()
    },
    admit(id, spec) {
      requireAdmitted(id, spec)
      held.set(id, spec)
      return () => {
        held.delete(id)
        rebalance()
      }
    },
    requireAdmitted,
    requireKept(pools) {
      const broken = findBrokenPromises(
        capacity(),
        pools.map(({ spec }) => spec),
        claims(),
      )
      const before = findBrokenPromises(capacity(), specs(), claims())
      requireRoom(broken.length > before.length ? broken : [], 'What is promised already does not fit')
    },
    groupFor(id, spec) {
      rebalance()
      const path = `${poolGroup(spec.pool, specs())}/${id}`
      const group = groups().find((candidate) => candidate.path === path)
      if (group === undefined) throw new Error(`VM ${id} has no group: it was not admitted`)
      return group
    },
    groupOf: (pool) => poolGroup(pool, specs()),
    removeGroup: (path) => resourceGroups.remove(path),
    rebalance,
  }
}

function isNoMore(asked: Claim, has: Claim): boolean {
  const amounts = ['vcpus', 'memoryMiB', 'reservedCores', 'reservedMiB'] as const
  return asked.pool === has.pool && amounts.every((amount) => asked[amount] <= has[amount])
}

/** Allocations are in force as soon as they are kept; the pool, the memory and the vCPUs are those of the process. */
function inForce({ spec, startedSpec, process }: VmRecord): VmSpec | null {
  if (process === null || startedSpec === null) return null
  return withAllocation(startedSpec, spec)
}
