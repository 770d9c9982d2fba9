// Pools: kept as they are asked for, changed only so that every promise stays one that can be kept.
import { check } from '../domain/check.ts'
import { mergePatch } from '../domain/merge-patch.ts'
import { findParentProblem, findPoolProblems, type PoolRecord, type PoolSpec, poolSpecSchema, ROOT_POOL } from '../domain/pool.ts'
import { same } from '../domain/vm-difference.ts'
import { findTooDeep, MAX_LIMITED_POOLS_ABOVE } from '../plan/traffic.ts'
import type { VmRecord } from '../ports/store.ts'
import type { Ledger } from './ledger.ts'
import type { PoolBook } from './pool-book.ts'
import { invalid, Refusal } from './refusal.ts'
import type { Resources } from './resources.ts'
import type { Change } from './vms.ts'

export interface Pools {
  list(): readonly PoolRecord[]
  /** Refuses with `pool.not-found`. */
  get(name: string): PoolRecord
  /** Refuses with `pool.name.in-use`, `pool.parent.not-found`, `admission.…`. */
  create(spec: PoolSpec, change: Change): PoolRecord
  /** A merge patch of the spec. Refuses with `pool.revision-changed`, `pool.name.fixed`, `pool.parent.…`, `pool.busy` (a VM runs in what would move), `admission.…`. */
  patch(name: string, patch: unknown, matches: (revision: number) => boolean, change: Change): PoolRecord
  /** Refuses with `pool.in-use` while a VM or pool is in it, `pool.granted` while users have grants on it. */
  remove(name: string, matches: (revision: number) => boolean, change: Change): void
}

const MAX_POOLS = 100

export function createPools(
  ledger: Pick<Ledger, 'vms'>,
  book: PoolBook,
  resources: Resources,
  grantedOn: (pool: `pool:${string}`) => readonly string[],
): Pools {
  function get(name: string): PoolRecord {
    const pool = book.pools().find(({ spec }) => spec.name === name)
    if (pool === undefined) throw new Refusal('not-found', 'pool.not-found', `There is no pool ${name}.`)
    return pool
  }

  function requireRevision({ spec, revision }: PoolRecord, matches: (revision: number) => boolean): void {
    if (matches(revision)) return
    throw new Refusal('precondition-failed', 'pool.revision-changed', `The pool ${spec.name} is at revision ${revision} now.`)
  }

  /** With `spec` in place of the pool of its name, or after all. */
  function withSpec(spec: PoolSpec, revision: number): readonly PoolRecord[] {
    const isIt = (pool: PoolRecord) => pool.spec.name === spec.name
    const pools = book.pools()
    return pools.some(isIt) ? pools.map((pool) => (isIt(pool) ? { spec, revision } : pool)) : [...pools, { spec, revision }]
  }

  function requireSound(spec: PoolSpec, pools: readonly PoolRecord[]): void {
    const problem = findParentProblem(
      spec,
      pools.map((pool) => pool.spec),
    )
    if (problem !== null) throw invalid([problem])
    const problems = findPoolProblems(spec)
    if (problems.length > 0) throw invalid(problems)
    const [tooDeep] = findTooDeep(pools.map((pool) => pool.spec))
    if (tooDeep !== undefined) {
      const message = `must not make ${tooDeep} stand in more than ${MAX_LIMITED_POOLS_ABOVE} pools with a limit, itself included`
      throw invalid([{ code: 'pool.network.too-deep', field: 'network', message, max: MAX_LIMITED_POOLS_ABOVE }])
    }
    resources.requireKept(pools)
  }

  function keep(pools: readonly PoolRecord[], by: string, code: string, message: string): void {
    book.keepPools(pools, by, (draft) => draft.event(code, 'info', { kind: 'host', id: 'host' }, message))
    resources.rebalance()
  }

  return {
    list: () => book.pools(),
    get,

    create(spec, { dryRun, by }) {
      const { name } = spec
      if (book.pools().length >= MAX_POOLS) throw new Refusal('conflict', 'pool.too-many', `A host has at most ${MAX_POOLS} pools.`)
      if (name === ROOT_POOL || book.pools().some((pool) => pool.spec.name === name)) {
        throw new Refusal('conflict', 'pool.name.in-use', `There is a pool ${name} already.`)
      }
      const pools = withSpec(spec, 1)
      requireSound(spec, pools)
      if (!dryRun) keep(pools, by, 'pool.created', `The pool ${name} was created by ${by}.`)
      return { spec, revision: 1 }
    },

    patch(name, patch, matches, { dryRun, by }) {
      const before = get(name)
      requireRevision(before, matches)
      const checked = check(poolSpecSchema, mergePatch(before.spec, patch), 'pool')
      if (!checked.ok) throw invalid(checked.problems)
      const spec = checked.value
      if (spec.name !== name) throw invalid([{ code: 'pool.name.fixed', field: 'name', message: 'cannot be changed', got: spec.name }])
      if (same(spec, before.spec)) return before
      const after = { spec, revision: before.revision + 1 }
      const pools = withSpec(spec, after.revision)
      requireSound(spec, pools)
      if (spec.parent !== before.spec.parent) requireStill(name, book.pools(), ledger.vms.values())
      if (!dryRun) keep(pools, by, 'pool.changed', `The pool ${name} was changed by ${by}.`)
      return after
    },

    remove(name, matches, { dryRun, by }) {
      const pool = get(name)
      requireRevision(pool, matches)
      const users = usersOf(name, book.pools(), ledger.vms.values())
      const granted = grantedOn(`pool:${name}`)
      // A later pool of this name would be theirs.
      if (granted.length > 0)
        throw new Refusal('conflict', 'pool.granted', `On the pool ${name} there are grants of ${granted.slice(0, 5).join(', ')}.`)
      if (users.length > 0) throw new Refusal('conflict', 'pool.in-use', `In the pool ${name} are ${users.slice(0, 5).join(', ')}.`)
      if (dryRun) return
      const path = resources.groupOf(name)
      keep(
        book.pools().filter((other) => other !== pool),
        by,
        'pool.deleted',
        `The pool ${name} was deleted by ${by}.`,
      )
      resources.removeGroup(path)
    },
  }
}

/** Processes stay in the group that they were started in. */
function requireStill(name: string, pools: readonly PoolRecord[], vms: Iterable<VmRecord>): void {
  const inside = new Set(poolsIn(name, pools))
  const running = [...vms].find(({ process, startedSpec }) => process !== null && inside.has(startedSpec?.pool ?? ''))
  if (running !== undefined)
    throw new Refusal('conflict', 'pool.busy', `${running.spec.name} runs in it: a pool is moved only with its VMs off.`)
}

function poolsIn(name: string, pools: readonly PoolRecord[]): readonly string[] {
  const children = pools.filter(({ spec }) => spec.parent === name).map(({ spec }) => spec.name)
  return [name, ...children.flatMap((child) => poolsIn(child, pools))]
}

function usersOf(name: string, pools: readonly PoolRecord[], vms: Iterable<VmRecord>): readonly string[] {
  const inside = [...vms].filter((vm) => vm.spec.pool === name || vm.startedSpec?.pool === name || vm.suspended?.spec.pool === name)
  return [
    ...pools.filter(({ spec }) => spec.parent === name).map(({ spec }) => `the pool ${spec.name}`),
    ...inside.map(({ spec }) => spec.name),
  ]
}
