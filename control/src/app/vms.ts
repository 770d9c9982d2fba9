// Creating, changing, deleting and listing VMs.
import { check } from '../domain/check.ts'
import { deriveMac } from '../domain/mac.ts'
import { mergePatch } from '../domain/merge-patch.ts'
import type { Problem } from '../domain/problem.ts'
import { type Nic, type Vm, type VmDraft, type VmSpec, vmSpecSchema } from '../domain/vm.ts'
import { FIRST_UID, vmPaths } from '../plan/vm-paths.ts'
import type { VmRecord } from '../ports/store.ts'
import type { Fleet } from './fleet.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'
import { invalid, Refusal } from './refusal.ts'
import { findFileConflicts } from './vm-files.ts'

export interface Change {
  /** Everything is checked, nothing is written. */
  readonly dryRun: boolean
  readonly by: string
}

export interface Vms {
  list(): readonly Vm[]
  /** Refuses with `vm.not-found`. */
  get(id: string): Vm
  create(draft: VmDraft, change: Change): Vm
  /** `patch` is a merge patch of the spec; refuses with `vm.revision-changed` unless `matches` accepts the current revision, and with `vm.busy` while it is started. */
  patch(id: string, patch: unknown, matches: (revision: number) => boolean, change: Change): Vm
  /** Refuses with `vm.power.wrong-state` unless the VM is off. */
  remove(id: string, matches: (revision: number) => boolean, change: Change): void
}

const MAX_VMS = 1_000

export function createVms({ random, vmHost, log }: Pick<AppPorts, 'random' | 'vmHost' | 'log'>, ledger: Ledger, fleet: Fleet): Vms {
  const others = (id: string) => [...ledger.vms.values()].filter((record) => record.id !== id)

  function get(id: string): Vm {
    const vm = fleet.get(id)
    if (vm === null) throw new Refusal('not-found', 'vm.not-found', `There is no VM ${id}.`)
    return vm
  }

  function requireRevision({ revision }: Vm, matches: (revision: number) => boolean): void {
    if (matches(revision)) return
    throw new Refusal('precondition-failed', 'vm.revision-changed', `The VM has been changed: it is at revision ${revision} now.`)
  }

  /** The complete spec, or a refusal that names everything that clashes with other VMs. */
  function settle(id: string, draft: VmDraft): VmSpec {
    const spec: VmSpec = { ...draft, nics: assignMacs(id, draft.nics, others(id)) }
    const problems = [...nameClash(spec, others(id)), ...macClashes(spec, others(id)), ...findFileConflicts(id, spec, others(id))]
    const [first] = problems
    if (first !== undefined)
      throw new Refusal('conflict', first.code, `The VM clashes with another: ${first.field} ${first.message}.`, problems)
    return spec
  }

  return {
    list: fleet.list,
    get,

    create(draft, { dryRun, by }) {
      if (ledger.vms.size >= MAX_VMS) throw new Refusal('conflict', 'vm.too-many', `A host has at most ${MAX_VMS} VMs.`)
      const id = random.uuid()
      const spec = settle(id, draft)
      const nothing = { process: null, startedAt: null, startedSpec: null, lastExit: null }
      const record: VmRecord = { id, revision: 1, spec, uid: freeUid(ledger.vms.values()), ...nothing }
      if (dryRun) return { id, revision: 1, spec, status: { powerState: 'off' } }
      ledger.write((draft) => {
        draft.putVm(record)
        draft.event('vm.created', 'info', { kind: 'vm', id }, `${spec.name} was created by ${by}.`)
      })
      return get(id)
    },

    patch(id, patch, matches, { dryRun, by }) {
      const before = get(id)
      requireRevision(before, matches)
      // What it is being started with is not recorded yet, so nothing else would keep its files from other VMs.
      if (fleet.busy(id) === 'vm.power-on') throw new Refusal('conflict', 'vm.busy', `${before.spec.name} is busy with vm.power-on.`)
      const checked = check(vmSpecSchema, mergePatch(before.spec, patch), 'vm')
      if (!checked.ok) throw invalid(checked.problems)
      const spec = settle(id, checked.value)
      if (JSON.stringify(spec) === JSON.stringify(before.spec)) return before
      const revision = before.revision + 1
      if (dryRun) return { ...before, revision, spec }
      ledger.write((draft) => {
        draft.putVm({ ...fleet.record(id), revision, spec })
        draft.event('vm.changed', 'info', { kind: 'vm', id }, `${spec.name} was changed by ${by}.`)
      })
      return get(id)
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
        draft.event('vm.deleted', 'info', { kind: 'vm', id }, `${vm.spec.name} was deleted by ${by}. Its files are kept.`)
      })
      try {
        vmHost.removeLogs(vmPaths(id).logDirectory)
      } catch (error) {
        log('warning', `logs of the deleted VM ${id} remain: ${String(error)}`)
      }
    },
  }
}

function freeUid(records: Iterable<VmRecord>): number {
  const taken = new Set([...records].map(({ uid }) => uid))
  let uid = FIRST_UID
  while (taken.has(uid)) uid++
  return uid
}

/** Derived addresses keep clear of all others on the host. */
function assignMacs(id: string, nics: VmDraft['nics'], others: readonly VmRecord[]): Nic[] {
  const taken = new Set([...others.flatMap(({ spec }) => spec.nics), ...nics].flatMap(({ mac }) => mac ?? []))
  return nics.map(({ network, mac }, index) => {
    if (mac !== undefined) return { network, mac }
    let attempt = 0
    let derived = deriveMac(id, index, attempt)
    while (taken.has(derived)) derived = deriveMac(id, index, ++attempt)
    taken.add(derived)
    return { network, mac: derived }
  })
}

function nameClash({ name }: VmSpec, others: readonly VmRecord[]): Problem[] {
  if (!others.some(({ spec }) => spec.name === name)) return []
  return [{ code: 'vm.name.in-use', field: 'name', message: 'is the name of another VM', got: name }]
}

function macClashes(spec: VmSpec, others: readonly VmRecord[]): Problem[] {
  const taken = new Map(others.flatMap((other) => other.spec.nics.map(({ mac }) => [mac, other.spec.name])))
  return spec.nics.flatMap(({ mac }, index): Problem[] => {
    const holder = taken.get(mac)
    return holder === undefined
      ? []
      : [{ code: 'vm.nics.mac.in-use', field: `nics[${index}].mac`, message: `is an address of the VM ${holder}`, got: mac }]
  })
}
