// What the plan of a restore asks of the host as it is: states of VMs, clashes of what is wanted with what stays, promises of pools, and who could still log in.
import { check } from '../domain/check.ts'
import { type HostResources, hostResourcesSchema } from '../domain/host-resources.ts'
import { covers, type Held } from '../domain/permission.ts'
import { type PoolRecord, poolSpecSchema, ROOT_POOL } from '../domain/pool.ts'
import { understandsSetting } from '../domain/setting-schemas.ts'
import type { RoleSpec, UserSpec } from '../domain/user.ts'
import type { VmSpec } from '../domain/vm.ts'
import { upgradeSpec } from '../domain/vm-complete.ts'
import type { RestoreFacts } from '../plan/restore.ts'
import type { VmRecord } from '../ports/store.ts'
import { type Fleet, NO_PROCESS } from './fleet.ts'
import type { Ledger } from './ledger.ts'
import type { PoolBook } from './pool-book.ts'
import type { AppPorts } from './ports.ts'
import type { Resources } from './resources.ts'
import type { RoleBook } from './role-book.ts'
import { findFileConflicts, specsOf, usesOf } from './vm-files.ts'
import { createVmIndex } from './vm-index.ts'
import { MAX_VMS } from './vms.ts'

export interface RestoreParts {
  readonly fleet: Pick<Fleet, 'busy' | 'powerState'>
  readonly pools: Pick<PoolBook, 'pools' | 'resources'>
  readonly resources: Pick<Resources, 'findBroken'>
  readonly roles: Pick<RoleBook, 'heldBy'>
}

export interface Author {
  readonly name: string
  readonly roles: readonly string[]
  readonly held: readonly Held[]
}

/** A VM that nothing was ever started of. */
export function newVm(id: string, spec: VmSpec, uid: number): VmRecord {
  return { id, revision: 1, spec, uid, ...NO_PROCESS, suspended: null, restarts: [], lastExit: null }
}

export function restoreFacts(
  { store, datastores }: Pick<AppPorts, 'store' | 'datastores'>,
  ledger: Pick<Ledger, 'vms'>,
  { fleet, pools, resources, roles }: RestoreParts,
  author: Author | null,
  withSecrets: boolean,
): RestoreFacts {
  return {
    author,
    withSecrets,
    understandsSetting,

    coversAccount(account, rolesWanted) {
      if (author === null || account === null) return true
      const { grants } = (account as { readonly spec: UserSpec }).spec
      const then = rolesIn(rolesWanted)
      const wanted = grants.flatMap(({ role, on }): Held[] => {
        const other = then.find(({ name }) => name === role)
        return other === undefined ? [] : [{ permissions: other.permissions, on }]
      })
      return covers(author.held, [...roles.heldBy(grants), ...wanted])
    },

    coversRoles: (value) =>
      author === null ||
      covers(
        author.held,
        rolesIn(value).map(({ permissions }) => ({ permissions, on: 'host' })),
      ),

    missingFiles(id, wanted) {
      const spec = understood(id, wanted)
      const missing =
        spec === null ? [] : usesOf(spec).filter(({ reference: { datastore, file } }) => datastores.resolve(datastore, file) === null)
      return missing.length === 0 ? null : `Not in the datastore: ${missing.map(({ reference }) => reference.file).join(', ')}.`
    },

    vmState(id) {
      if (fleet.busy(id) !== null) return 'busy'
      return ['off', 'crashed'].includes(fleet.powerState(id)) ? 'off' : 'running'
    },

    clashes(wanted, removed, poolsThen) {
      const clashes = new Map<string, string>()
      const { records, specs } = recordsThen(ledger.vms, wanted, removed, clashes)
      const index = createVmIndex(records)
      const names = poolsThen === undefined ? namesOf(pools.pools()) : namesOf((readPools(poolsThen) ?? []) as readonly PoolRecord[])
      let count = records.size
      for (const [id, spec] of specs) {
        const problem =
          clashOf(id, spec, index, names) ?? (count > MAX_VMS && !ledger.vms.has(id) ? `A host has at most ${MAX_VMS} VMs.` : null)
        if (problem === null) continue
        clashes.set(id, problem)
        count--
      }
      return clashes
    },

    poolProblem(poolsWanted, resourcesWanted, wanted, removed) {
      if (poolsWanted === undefined && resourcesWanted === undefined) return null
      const then = poolsWanted === undefined ? pools.pools() : readPools(poolsWanted)
      const settings = resourcesWanted === undefined ? pools.resources() : readResources(resourcesWanted)
      if (then === null || settings === null) return 'This version does not understand it.'
      for (const record of ledger.vms.values()) {
        if (removed.has(record.id)) continue
        const runs = record.process !== null || record.suspended !== null
        const inUse = [
          ...(wanted.has(record.id) ? [] : [record.spec.pool]),
          ...(runs ? specsOf({ ...record, spec: record.startedSpec ?? record.spec }).map(({ pool }) => pool) : []),
        ]
        const moved = inUse.find((pool) => (runs ? pathOf(pool, then) !== pathOf(pool, pools.pools()) : pathOf(pool, then) === null))
        if (moved !== undefined) return `${record.spec.name} is in the pool ${moved}, which would be gone or elsewhere.`
      }
      return resources.findBroken(settings, then)
    },

    isAdministered(accounts) {
      const users = new Map(store.listUsers().map((user) => [user.spec.name, { spec: user.spec, hasPassword: user.passwordHash !== null }]))
      for (const [name, account] of accounts) {
        if (account === null) users.delete(name)
        else users.set(name, { spec: (account as { readonly spec: UserSpec }).spec, hasPassword: users.get(name)?.hasPassword ?? false })
      }
      return [...users.values()].some(
        ({ spec, hasPassword }) =>
          hasPassword && !spec.disabled && spec.grants.some(({ role, on }) => role === 'administrator' && on === 'host'),
      )
    },
  }
}

/** All VMs as they are then; a spec that this version makes nothing of is a clash. */
function recordsThen(
  now: ReadonlyMap<string, VmRecord>,
  wanted: ReadonlyMap<string, unknown>,
  removed: ReadonlySet<string>,
  clashes: Map<string, string>,
): { readonly records: Map<string, VmRecord>; readonly specs: Map<string, VmSpec> } {
  const records = new Map([...now].filter(([id]) => !removed.has(id)))
  const specs = new Map<string, VmSpec>()
  for (const [id, value] of wanted) {
    const spec = understood(id, value)
    if (spec === null) {
      clashes.set(id, 'This version does not understand it.')
      continue
    }
    specs.set(id, spec)
    const before = records.get(id)
    records.set(id, before === undefined ? newVm(id, spec, 0) : { ...before, spec })
  }
  return { records, specs }
}

export function understood(id: string, value: unknown): VmSpec | null {
  try {
    return upgradeSpec(id, value as Readonly<Record<string, unknown>>)
  } catch {
    return null
  }
}

function clashOf(id: string, spec: VmSpec, index: ReturnType<typeof createVmIndex>, pools: ReadonlySet<string>): string | null {
  const named = index.otherNamed(id, spec.name)
  if (named !== undefined) return `Another VM is named ${spec.name}.`
  const holder = spec.nics.flatMap(({ mac }) => index.otherWithMac(id, mac) ?? [])[0]
  if (holder !== undefined) return `The VM ${holder.spec.name} has one of its MAC addresses.`
  const [file] = findFileConflicts(id, spec, index.sharing(spec))
  if (file !== undefined) return `${String(file.got)} ${file.message}.`
  return pools.has(spec.pool) ? null : `There is no pool ${spec.pool}.`
}

function namesOf(pools: readonly PoolRecord[]): ReadonlySet<string> {
  return new Set([ROOT_POOL, ...pools.map(({ spec }) => spec.name)])
}

function readPools(value: unknown): readonly PoolRecord[] | null {
  if (value === null) return []
  if (!Array.isArray(value)) return null
  const read = (value as readonly PoolRecord[]).flatMap(({ spec, revision }): PoolRecord[] => {
    const checked = check(poolSpecSchema, spec, 'pool')
    return checked.ok ? [{ spec: checked.value, revision }] : []
  })
  return read.length === value.length ? read : null
}

/** Of a setting `roles`, wanted or kept. */
function rolesIn(value: unknown): readonly RoleSpec[] {
  return Array.isArray(value) ? (value as readonly { readonly spec: RoleSpec }[]).map(({ spec }) => spec) : []
}

function readResources(value: unknown): HostResources | null {
  const checked = check(hostResourcesSchema, value ?? {}, 'resources')
  return checked.ok ? checked.value : null
}

/** From the root to the pool; null for one that is not there. */
function pathOf(name: string, pools: readonly PoolRecord[]): string | null {
  if (name === ROOT_POOL) return ROOT_POOL
  const pool = pools.find(({ spec }) => spec.name === name)
  if (pool === undefined) return null
  const above = pathOf(
    pool.spec.parent,
    pools.filter((other) => other !== pool),
  )
  return above === null ? null : `${above}/${name}`
}
