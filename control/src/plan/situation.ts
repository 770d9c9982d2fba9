// What of a host is whose at a moment, and what follows: who may come, what is broken, who starts. The host itself and every what-if ask here. Pure.
import type { Capacity, HostResources, MachineSize } from '../domain/host-resources.ts'
import type { PoolSpec } from '../domain/pool.ts'
import { comparePriorities } from '../domain/priority.ts'
import type { Problem } from '../domain/problem.ts'
import type { VmSpec } from '../domain/vm.ts'
import { same } from '../domain/vm-difference.ts'
import { type Claim, findBrokenPromises, type Shortage } from './admission.ts'
import type { CpuPlan } from './cpu-sets.ts'
import { cpuProblem } from './cpu-shortage.ts'
import { Entrance } from './entrance.ts'
import { defaultReserve } from './host-reserve.ts'
import { type Candidate, keepPromises } from './keep-promises.ts'
import { claimOf, problemOf } from './vm-share.ts'

export interface Situation {
  readonly capacity: Capacity
  readonly pools: readonly PoolSpec[]
  /** By id, what runs, is being started or changed, or is waited for. */
  readonly running: ReadonlyMap<string, VmSpec>
  /** Who would run on which CPUs; VMs by id. */
  readonly planCpus: (vms: ReadonlyMap<string, VmSpec>, pools: readonly PoolSpec[], reserveCores: number) => CpuPlan
  /** What the machine had when its promises were made; null where it has no less now. */
  readonly before: Capacity | null
}

/** A VM that is to start with the host. */
export interface Starter {
  readonly id: string
  readonly spec: VmSpec
}

export interface StartPlan {
  readonly admitted: readonly Starter[]
  readonly refused: readonly { readonly starter: Starter; readonly why: Refused }[]
}

export function capacityOf({ cores, memoryMiB }: MachineSize, threadsPerCore: number, { reserve, overcommit }: HostResources): Capacity {
  const usual = defaultReserve(cores, memoryMiB)
  const kept = { cores: reserve.cores ?? usual.cores, memoryMiB: reserve.memoryMiB ?? usual.memoryMiB }
  return { cores, threadsPerCore, memoryMiB, reserve: kept, overcommit }
}

export function claimsOf({ running }: Pick<Situation, 'running'>): readonly Claim[] {
  return [...running].map(([id, spec]) => claimOf(id, spec))
}

/** What a VM of this id and priority meets, and others like it after it; what it has already is left out. */
export function entranceFor({ capacity, before, pools, running }: Situation, id: string, { priority }: VmSpec): Entrance {
  const others = claimsOf({ running }).filter((claim) => claim.id !== id)
  return new Entrance({ capacity, before, pools, running: others }, priority)
}

/** What keeps a VM from starting, or from being changed to this; what asks for no more than it has is never refused. Null: nothing. */
export function refusalOf(situation: Situation, id: string, spec: VmSpec): Refused | null {
  const asked = claimOf(id, spec)
  const now = situation.running.get(id)
  if (now !== undefined && isNoMore(asked, claimOf(id, now)) && same(now.cpuPlacement, spec.cpuPlacement)) return null
  const what = `${spec.name} does not fit`
  const lack = refusedFor(entranceFor(situation, id, spec).shortages(asked).map(problemOf), what)
  return lack ?? refusedFor(newlyLacking(situation, withRunning(situation, id, spec)), what)
}

/** What is broken by going from one situation to the other; nothing where as much was broken before: that keeps nobody from making it better. */
export function brokenBy(now: Situation, next: Situation): Refused | null {
  const what = 'What is promised already does not fit'
  const broken = brokenIn(next)
  const lack = broken.length > brokenIn(now).length ? refusedFor(broken.map(problemOf), what) : null
  return lack ?? refusedFor(newlyLacking(now, next), what)
}

export function cpuPlanOf({ planCpus, running, pools, capacity }: Situation): CpuPlan {
  return planCpus(running, pools, capacity.reserve.cores)
}

/** What is wrong with the CPUs then and is not now. */
function newlyLacking(now: Situation, then: Situation): readonly Problem[] {
  const { shortages } = cpuPlanOf(then)
  return shortages.length > cpuPlanOf(now).shortages.length ? shortages.map(cpuProblem) : []
}

function withRunning(situation: Situation, id: string, spec: VmSpec): Situation {
  return { ...situation, running: new Map([...situation.running, [id, spec]]) }
}

export function brokenIn(situation: Situation): readonly Shortage[] {
  return findBrokenPromises(situation.capacity, situation.pools, claimsOf(situation))
}

/** Pools with what is kept of their promises: all, unless there is less than was promised. */
export function keptPools(situation: Situation): readonly PoolSpec[] {
  return keepPromises(situation.capacity, situation.pools, claimsOf(situation), [], 'by-priority').pools
}

/** Who of these may start, so that none of higher priority is kept from it by one of lower; within a priority by the order of autostart, then as they are given. */
export function planStart(situation: Situation, starters: readonly Starter[]): StartPlan {
  const { capacity, before, pools } = situation
  const running = claimsOf(situation)
  const inOrder = [...starters].sort((a, b) => a.spec.autostart.order - b.spec.autostart.order)
  const all = inOrder.map(({ id, spec }): Candidate => ({ claim: claimOf(id, spec), priority: spec.priority }))
  const couldStart = before === null ? null : new Set(keepPromises(before, pools, running, all, 'pools-first').admitted)
  const isBroken = before !== null || findBrokenPromises(capacity, pools, running).length > 0
  const promised = all.filter(({ claim }) => couldStart === null || couldStart.has(claim.id))
  const first = keepPromises(capacity, pools, running, promised, isBroken ? 'by-priority' : 'pools-first')
  const begun = new Set(first.admitted)
  const taken = all.map(({ claim }) => claim).filter(({ id }) => begun.has(id))
  // Those that would not have fitted before either take from nobody's promise now.
  const others = all.filter(({ claim }) => couldStart !== null && !couldStart.has(claim.id))
  const last = keepPromises(capacity, pools, [...running, ...taken], others, 'pools-first')
  const admitted = new Set([...begun, ...last.admitted])
  const lacking = new Map(
    [...first.refused, ...last.refused].map(({ id, shortages }) => [id, shortages.map(problemOf) as readonly Problem[]]),
  )
  const placed = placeByPriority(
    situation,
    inOrder.filter(({ id }) => admitted.has(id)),
  )
  for (const [id, problems] of placed) lacking.set(id, problems)
  return {
    admitted: inOrder.filter(({ id }) => !lacking.has(id)),
    refused: inOrder.flatMap((starter) => {
      const why = refusedFor(lacking.get(starter.id) ?? [], `${starter.spec.name} does not fit`)
      return why === null ? [] : [{ starter, why }]
    }),
  }
}

/** Of those whose sizes fit, what is wrong with the CPUs of each that cannot be placed beside those before it. */
function placeByPriority(situation: Situation, starters: readonly Starter[]): ReadonlyMap<string, readonly Problem[]> {
  const found = new Map<string, readonly Problem[]>()
  const all = starters.reduce((now, { id, spec }) => withRunning(now, id, spec), situation)
  if (newlyLacking(situation, all).length === 0) return found
  let now = situation
  for (const { id, spec } of [...starters].sort((a, b) => comparePriorities(b.spec.priority, a.spec.priority))) {
    const next = withRunning(now, id, spec)
    const problems = newlyLacking(now, next)
    if (problems.length > 0) found.set(id, problems)
    else now = next
  }
  return found
}

export interface Refused {
  readonly code: string
  readonly message: string
  readonly problems: readonly Problem[]
}

/** Null where there is no problem. */
export function refusedFor(problems: readonly Problem[], what: string): Refused | null {
  const [first] = problems
  return first === undefined ? null : { code: first.code, message: `${what}: ${first.message}.`, problems }
}

function isNoMore(asked: Claim, has: Claim): boolean {
  const amounts = ['vcpus', 'memoryMiB', 'reservedCores', 'reservedMiB', 'dedicatedVcpus'] as const
  return asked.pool === has.pool && amounts.every((amount) => asked[amount] <= has[amount])
}
