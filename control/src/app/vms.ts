// Creating, changing, deleting and listing VMs.
import { check } from '../domain/check.ts'
import { mergePatch } from '../domain/merge-patch.ts'
import { ROOT_POOL } from '../domain/pool.ts'
import type { Problem } from '../domain/problem.ts'
import type { Task, TaskKind } from '../domain/task.ts'
import { type VmDraft, type VmSpec, vmSpecSchema } from '../domain/vm.ts'
import { completeSpec } from '../domain/vm-complete.ts'
import { pendingFields, same, withHostFields } from '../domain/vm-difference.ts'
import type { Vm } from '../domain/vm-status.ts'
import { FIRST_UID } from '../plan/vm-paths.ts'
import type { VmRecord } from '../ports/store.ts'
import { type Fleet, NO_PROCESS } from './fleet.ts'
import type { Ledger } from './ledger.ts'
import { noteLeftovers, removeLeftovers } from './leftovers.ts'
import type { Passthrough } from './passthrough.ts'
import type { PoolBook } from './pool-book.ts'
import type { AppPorts } from './ports.ts'
import type { Reconfigure } from './reconfigure.ts'
import { invalid, Refusal } from './refusal.ts'
import type { Resources } from './resources.ts'
import { findFileConflicts } from './vm-files.ts'
import type { VmIndex } from './vm-index.ts'

export interface Change {
  /** Everything is checked, nothing is written. */
  readonly dryRun: boolean
  readonly by: string
  /** Throws where whoever asks may not have this spec, in place of that one; null for a new VM. */
  readonly permit?: (spec: VmSpec, before: VmSpec | null) => void
}

export interface Vms {
  list(): readonly Vm[]
  /** Refuses with `vm.not-found`. */
  get(id: string): Vm
  create(draft: VmDraft, change: Change): Vm
  /**
   * `patch` is a merge patch of the spec; refuses with `vm.revision-changed` unless `matches` accepts the current revision, and with `vm.busy` while a task
   * depends on the spec. What a running VM can be given live is a task, which keeps the change when it has succeeded.
   */
  patch(id: string, patch: unknown, matches: (revision: number) => boolean, change: Change): Patched
  /** Refuses with `vm.power.wrong-state` unless the VM is off. */
  remove(id: string, matches: (revision: number) => boolean, change: Change): void
}

export interface Patched {
  /** As it is now, or with a dry run as it would be. */
  readonly vm: Vm
  /** Null when there was nothing to be done but to keep the spec. */
  readonly task: Task | null
}

export const MAX_VMS = 1_000
/** What a VM is started or changed with is not recorded before they end, so nothing else would keep its files from other VMs. */
const SPEC_IN_USE: readonly (TaskKind | null)[] = ['vm.power-on', 'vm.resume', 'vm.suspend', 'vm.reconfigure']

export function createVms(
  ports: Pick<AppPorts, 'random' | 'store' | 'vmHost' | 'log'>,
  ledger: Ledger,
  fleet: Fleet,
  reconfigure: Reconfigure,
  resources: Pick<Resources, 'admit' | 'requireAdmitted'>,
  pools: Pick<PoolBook, 'pools'>,
  passthrough: Pick<Passthrough, 'identify' | 'requireAssignable'>,
): Vms {
  const { index } = ledger

  function get(id: string): Vm {
    const vm = fleet.get(id)
    if (vm === null) throw new Refusal('not-found', 'vm.not-found', `There is no VM ${id}.`)
    return vm
  }

  function requireRevision({ revision }: Vm, matches: (revision: number) => boolean): void {
    if (matches(revision)) return
    throw new Refusal('precondition-failed', 'vm.revision-changed', `The VM has been changed: it is at revision ${revision} now.`)
  }

  /** The complete spec, or a refusal that names every broken rule, or everything that clashes with other VMs. */
  function settle(id: string, draft: VmDraft, before: VmSpec | null, { permit }: Change): VmSpec {
    const complete = completeSpec(id, draft, before, (mac) => index.otherWithMac(id, mac) !== undefined, passthrough.identify)
    if (!complete.ok) throw invalid(complete.problems)
    const spec = complete.value
    // First of all: what clashes with others tells of them.
    permit?.(spec, before)
    if (spec.pool !== ROOT_POOL && !pools.pools().some((pool) => pool.spec.name === spec.pool)) {
      throw invalid([{ code: 'vm.pool.not-found', field: 'pool', message: 'is no pool of this host', got: spec.pool }])
    }
    const problems = [...nameClash(id, spec, index), ...macClashes(id, spec, index), ...findFileConflicts(id, spec, index.sharing(spec))]
    const [first] = problems
    if (first !== undefined)
      throw new Refusal('conflict', first.code, `The VM clashes with another: ${first.field} ${first.message}.`, problems)
    passthrough.requireAssignable(spec, before)
    return spec
  }

  /** What it is going to take is kept from others until it has it, or does not get it. */
  function changeLive(id: string, wanted: VmSpec, then: VmSpec, by: string): Task {
    const release = resources.admit(id, then)
    try {
      return reconfigure.start(id, wanted, by, release)
    } catch (error) {
      release()
      throw error
    }
  }

  return {
    list: fleet.list,
    get,

    create(draft, change) {
      const { dryRun, by } = change
      if (ledger.vms.size >= MAX_VMS) throw new Refusal('conflict', 'vm.too-many', `A host has at most ${MAX_VMS} VMs.`)
      const id = ports.random.uuid()
      const spec = settle(id, draft, null, change)
      const record: VmRecord = {
        id,
        revision: 1,
        spec,
        uid: freeUid(index),
        ...NO_PROCESS,
        suspended: null,
        restarts: [],
        lastExit: null,
      }
      if (dryRun) return { id, revision: 1, spec, status: { powerState: 'off' } }
      ledger.write((draft) => {
        draft.putVm(record)
        draft.event('vm.created', 'info', { kind: 'vm', id }, `${spec.name} was created by ${by}.`)
      }, by)
      return get(id)
    },

    patch(id, patch, matches, change) {
      const { dryRun, by } = change
      const before = get(id)
      requireRevision(before, matches)
      const busy = fleet.busy(id)
      if (SPEC_IN_USE.includes(busy)) throw new Refusal('conflict', 'vm.busy', `${before.spec.name} is busy with ${busy}.`)
      const checked = check(vmSpecSchema, mergePatch(before.spec, patch), 'vm')
      if (!checked.ok) throw invalid(checked.problems)
      const spec = settle(id, checked.value, before.spec, change)
      if (same(spec, before.spec)) return { vm: before, task: null }
      const revision = before.revision + 1
      const record = fleet.record(id)
      const steps = reconfigure.plan(record, spec)
      const now = steps.at(-1)?.after ?? record.startedSpec
      if (now !== null) resources.requireAdmitted(id, withHostFields(now, spec))
      if (dryRun) {
        const inForce = steps.at(-1)?.after ?? record.startedSpec ?? record.suspended?.spec ?? null
        const status = inForce === null ? before.status : { ...before.status, pending: pendingFields(inForce, spec) }
        return { vm: { ...before, revision, spec, status }, task: null }
      }
      if (now !== null && steps.length > 0) return { vm: before, task: changeLive(id, spec, withHostFields(now, spec), by) }
      ledger.write((draft) => {
        draft.putVm({ ...record, revision, spec })
        draft.event('vm.changed', 'info', { kind: 'vm', id }, `${spec.name} was changed by ${by}.`)
      }, by)
      return { vm: get(id), task: null }
    },

    remove(id, matches, { dryRun, by }) {
      const vm = get(id)
      requireRevision(vm, matches)
      if (fleet.busy(id) !== null) throw new Refusal('conflict', 'vm.busy', `${vm.spec.name} is busy with ${fleet.busy(id)}.`)
      const { powerState } = vm.status
      if (powerState !== 'off' && powerState !== 'crashed') {
        throw new Refusal('conflict', 'vm.power.wrong-state', `${vm.spec.name} is ${powerState}; only a VM that is off can be deleted.`)
      }
      if (dryRun) return
      ledger.write((draft) => {
        draft.deleteVm(id)
        noteLeftovers(ports, draft, id)
        draft.event('vm.deleted', 'info', { kind: 'vm', id }, `${vm.spec.name} was deleted by ${by}. Its files are kept.`)
      }, by)
      removeLeftovers(ports, ledger.write)
    },
  }
}

function freeUid(index: VmIndex): number {
  let uid = FIRST_UID
  while (index.hasUid(uid)) uid++
  return uid
}

function nameClash(id: string, { name }: VmSpec, index: VmIndex): Problem[] {
  if (index.otherNamed(id, name) === undefined) return []
  return [{ code: 'vm.name.in-use', field: 'name', message: 'is the name of another VM', got: name }]
}

function macClashes(id: string, spec: VmSpec, index: VmIndex): Problem[] {
  return spec.nics.flatMap(({ mac }, position): Problem[] => {
    const holder = index.otherWithMac(id, mac)
    if (holder === undefined) return []
    const message = `is an address of the VM ${holder.spec.name}`
    return [{ code: 'vm.nics.mac.in-use', field: `nics[${position}].mac`, message, got: mac }]
  })
}
