// What of the host is whose: admits VMs to what is left, and keeps the groups of the running ones so that promises hold.
import { check } from '../domain/check.ts'
import { type HostResources, hostResourcesSchema, type ResourcesView } from '../domain/host-resources.ts'
import { mergePatch } from '../domain/merge-patch.ts'
import type { PoolRecord, PoolSpec } from '../domain/pool.ts'
import type { ResourceGroup } from '../domain/resource-group.ts'
import type { NicShape } from '../domain/traffic.ts'
import { VCPU_GROUP } from '../domain/vcpu-placement.ts'
import type { Nic, VmSpec } from '../domain/vm.ts'
import { same, withHostFields } from '../domain/vm-difference.ts'
import type { CpuPlan } from '../plan/cpu-sets.ts'
import { pageProblem } from '../plan/cpu-shortage.ts'
import { findDiskProblems, withDiskControl } from '../plan/disk-control.ts'
import type { Place } from '../plan/power-on.ts'
import { planGroups, poolGroup } from '../plan/resource-groups.ts'
import { viewOf } from '../plan/resources-view.ts'
import {
  brokenBy,
  capacityOf,
  cpuPlanOf,
  keptPools,
  planStart,
  type Refused,
  refusalOf,
  refusedFor,
  type Situation,
  type Starter,
} from '../plan/situation.ts'
import { largerOf, shareOf } from '../plan/vm-share.ts'
import type { VmRecord } from '../ports/store.ts'
import type { Ledger } from './ledger.ts'
import type { MachineMemory } from './machine-memory.ts'
import type { Placed, Placements } from './placements.ts'
import type { PoolBook } from './pool-book.ts'
import type { AppPorts } from './ports.ts'
import { invalid, Refusal } from './refusal.ts'
import { createTrafficKeeper } from './traffic.ts'

export interface Resources {
  view(): ResourcesView
  /** A merge patch of the settings. Refuses with `admission.…` where a promise could not be kept any more. */
  change(patch: unknown, by: string): ResourcesView
  /** What is missing of the machine is missed no more. */
  accept(by: string): ResourcesView
  /** As it is now. */
  situation(): Situation
  /**
   * Refuses with `admission.…` and the arithmetic. What is admitted counts until it is released, beside what the VM has where it runs and is changed, and
   * from then on as what runs.
   */
  admit(id: string, spec: VmSpec): () => void
  /** The same, and nothing is held. */
  requireAdmitted(id: string, spec: VmSpec): void
  /** Decides who of these starts. What they take counts until each is released, so that nobody who comes in between takes it. */
  planStart(starters: readonly Starter[]): StartDecision
  /** Which promise could not be kept with these, in words; null: none. */
  findBroken(settings: HostResources, pools: readonly PoolRecord[]): string | null
  /** Refuses with `admission.…` when these pools beside the running VMs are more than there is. */
  requireKept(pools: readonly PoolRecord[]): void
  /** Where a VM goes that has been admitted; the group of its pool is there. */
  placeFor(id: string, spec: VmSpec): Place
  groupOf(pool: string): string
  pools(): readonly PoolSpec[]
  /** How the NICs of a VM in this pool are to be held. */
  shapesOf(uid: number, pool: string): (nic: Nic) => NicShape
  removeGroup(path: string): void
  /** Brings every group to what it should be now. */
  rebalance(): void
}

export interface StartDecision {
  /** By id, what releases it. */
  readonly admitted: ReadonlyMap<string, () => void>
  readonly refused: readonly { readonly id: string; readonly message: string }[]
}

type Ports = Pick<AppPorts, 'host' | 'resourceGroups' | 'traffic' | 'log'>

/** Admitted, and not recorded as in force yet. */
interface Hold {
  readonly id: string
  readonly spec: VmSpec
}

export function createResources(
  ports: Ports,
  ledger: Pick<Ledger, 'vms'>,
  book: PoolBook,
  machine: Pick<MachineMemory, 'before' | 'missing' | 'accept'>,
  placements: Placements,
): Resources {
  const { host, resourceGroups, log } = ports
  const traffic = createTrafficKeeper(ports, ledger)
  const holds = new Set<Hold>()
  const told = new Set<string>()
  let unkept: readonly string[] = []

  /** Records are replaced, never changed: what follows from one is worked out once. */
  const known = new WeakMap<VmRecord, VmSpec>()
  function inForce(record: VmRecord): VmSpec | null {
    const spec = known.get(record) ?? started(record)
    if (spec !== null) known.set(record, spec)
    return spec
  }

  /** What runs, with what it is being started or changed to, by id. */
  function running(): ReadonlyMap<string, VmSpec> {
    const all = new Map<string, VmSpec>()
    for (const record of ledger.vms.values()) {
      const spec = inForce(record)
      if (spec !== null) all.set(record.id, spec)
    }
    for (const { id, spec } of holds) {
      const now = all.get(id)
      all.set(id, now === undefined ? spec : largerOf(now, spec))
    }
    return all
  }

  function situationWith(settings: HostResources, pools: readonly PoolRecord[]): Situation {
    const { cpu, memoryMiB } = host.facts
    const before = machine.before()
    return {
      capacity: capacityOf({ cores: cpu.threads, memoryMiB }, placements.threadsPerCore, settings),
      before: before === null ? null : capacityOf(before, placements.threadsPerCore, settings),
      planCpus: placements.plan,
      pools: pools.map(({ spec }) => spec),
      running: running(),
    }
  }

  const situation = () => situationWith(book.resources(), book.pools())

  function requireNone(refused: Refused | null): void {
    if (refused !== null) throw new Refusal('conflict', refused.code, refused.message, refused.problems)
  }

  function requireAdmitted(id: string, spec: VmSpec): void {
    requireNone(refusalOf(situation(), id, spec))
  }

  function hold(id: string, spec: VmSpec): () => void {
    const one: Hold = { id, spec }
    holds.add(one)
    return () => {
      if (holds.delete(one)) rebalance()
    }
  }

  function groups(now: Situation, plan: CpuPlan): readonly ResourceGroup[] {
    const shares = [...now.running].map(([id, spec]) => shareOf(id, spec))
    return planGroups(now.capacity, keptPools(now), shares, plan)
  }

  function processes(pools: readonly PoolSpec[]): readonly Placed[] {
    return [...ledger.vms.values()].flatMap(({ id, process, startedSpec }) => {
      if (process === null || startedSpec === null) return []
      return [{ id, pid: process.pid, group: `${poolGroup(startedSpec.pool, pools)}/${id}`, vcpus: startedSpec.vcpus }]
    })
  }

  /** What it has arranged. */
  function rebalance(): { readonly plan: CpuPlan; readonly groups: readonly ResourceGroup[] } {
    const now = situation()
    const plan = cpuPlanOf(now)
    placements.keep(plan)
    const { disk } = resourceGroups
    const ioShares = new Map([...now.running].map(([id, spec]) => [id, spec.ioAllocation.shares]))
    const all = withDiskControl(groups(now, plan), disk, now.pools, ioShares)
    const refused = [...resourceGroups.arrange(all), ...placements.settle(plan, processes(now.pools))]
    unkept = [...findDiskProblems(disk, now.pools, ioShares), ...refused]
    for (const problem of unkept) {
      // A controller that the kernel lacks would say so at each start of a VM.
      if (!told.has(problem)) log('warning', `resources: ${problem}`)
      told.add(problem)
    }
    traffic.arrange(now.running, now.pools)
    placements.setPagesAside(now.running)
    return { plan, groups: all }
  }

  function findBroken(settings: HostResources, pools: readonly PoolRecord[]): string | null {
    return brokenBy(situation(), situationWith(settings, pools))?.message ?? null
  }

  const view = (): ResourcesView => ({
    ...{ settings: book.resources(), missing: machine.missing(), unkept: [...unkept, ...traffic.problems()] },
    ...viewOf(situation()),
  })

  return {
    view,
    situation,
    findBroken,
    change(patch, by) {
      const checked = check(hostResourcesSchema, mergePatch(book.resources(), patch), 'resources')
      if (!checked.ok) throw invalid(checked.problems)
      if (same(checked.value, book.resources())) return view()
      requireNone(brokenBy(situation(), situationWith(checked.value, book.pools())))
      book.keepResources(checked.value, by, (draft) => {
        draft.event('host.resources-changed', 'info', { kind: 'host', id: 'host' }, `What the host keeps for itself was changed by ${by}.`)
      })
      rebalance()
      return view()
    },
    accept(by) {
      machine.accept(by)
      rebalance()
      return view()
    },
    admit(id, spec) {
      requireAdmitted(id, spec)
      const release = hold(id, spec)
      const lacking = spec.hugePages === 'none' ? [] : placements.setPagesAside(running())
      if (lacking.length === 0) return release
      release()
      requireNone(refusedFor(lacking.map(pageProblem), `${spec.name} does not fit`))
      return release
    },
    requireAdmitted,
    planStart(starters) {
      const { admitted, refused } = planStart(situation(), starters)
      return {
        admitted: new Map(admitted.map(({ id, spec }) => [id, hold(id, spec)])),
        refused: refused.map(({ starter: { id }, why }) => ({ id, message: why.message })),
      }
    },
    requireKept(pools) {
      requireNone(brokenBy(situation(), situationWith(book.resources(), pools)))
    },
    placeFor(id, spec) {
      const { plan, groups: all } = rebalance()
      const path = `${groupOf(spec.pool)}/${id}`
      const group = all.find((candidate) => candidate.path === path)
      const place = plan.vms.get(id)
      if (group === undefined || place === undefined) throw new Error(`VM ${id} has no group: it was not admitted`)
      const vcpuGroup = all.find((candidate) => candidate.path === `${path}/${VCPU_GROUP}`) ?? null
      return { group, vcpuGroup, vcpus: place.vcpus, nodes: place.nodes, memoryNodes: placements.memoryNodes }
    },
    shapesOf: (uid, pool) =>
      traffic.shapesOf(
        uid,
        pool,
        book.pools().map(({ spec }) => spec),
      ),
    groupOf,
    pools: () => book.pools().map(({ spec }) => spec),
    removeGroup: (path) => resourceGroups.remove(path),
    rebalance: () => void rebalance(),
  }

  function groupOf(pool: string): string {
    return poolGroup(
      pool,
      book.pools().map(({ spec }) => spec),
    )
  }
}

/** What concerns the host alone is in force as soon as it is kept; the pool, the memory and the vCPUs are those of the process, or what it is being given. */
function started({ spec, startedSpec, changingTo, process }: VmRecord): VmSpec | null {
  if (process === null || startedSpec === null) return null
  const now = withHostFields(startedSpec, spec)
  return changingTo === null ? now : largerOf(now, withHostFields(changingTo, spec))
}
