// Puts a configuration in place of the one that there is: planned anew just before it is written, in one transaction; the network by its own way, commit–confirm.
import type { NetworkSettings } from '../domain/network.ts'
import { NETWORK_KEYS, resolveNetwork } from '../domain/network-kept.ts'
import type { RestoreItem, RestoreStep } from '../domain/restore.ts'
import type { UserSpec } from '../domain/user.ts'
import { planRestore } from '../plan/restore.ts'
import { FIRST_UID } from '../plan/vm-paths.ts'
import type { CredentialRecord, UserRecord } from '../ports/store.ts'
import { NEW_USER } from './first-user.ts'
import type { Draft, Ledger } from './ledger.ts'
import { keepOfRestored } from './leftovers.ts'
import type { LockdownControl } from './lockdown.ts'
import type { ManagementNetwork } from './network.ts'
import type { AppPorts } from './ports.ts'
import { newVm, type RestoreParts, restoreFacts, understood } from './restore-facts.ts'
import type { SessionBook } from './session-book.ts'

/** What is told of it, as an event. */
export interface RestoreTold {
  readonly code: string
  /** A sentence without its end. */
  readonly what: string
}

export interface RestoreMore {
  /** What accounts that are not there now come with. */
  readonly secrets?: RestoredSecrets
  /** Which of its own a new VM had before, by id; it gets it again if it is free. */
  readonly uids?: ReadonlyMap<string, number>
}

export interface RestoredSecrets {
  readonly users: readonly Pick<UserRecord, 'spec' | 'passwordHash' | 'passwordChangedAt'>[]
  readonly credentials: readonly CredentialRecord[]
}

export interface RestoreWish {
  /** A user's name; `host` for what the host does by itself, which leaves accounts alone. */
  readonly by: string
  readonly dryRun: boolean
  readonly confirmWithinSeconds?: number
  /** The network is not asked to be confirmed; it is set up by whoever starts next. For who stands at the machine. */
  readonly networkAtOnce?: boolean
}

export interface Restorer {
  /**
   * Resolves with what was done, or would be.
   * Refuses with what a change of the network refuses with, and with `lockdown.nobody-left`; then nothing is done but, at most, a change of the network that is undone by itself.
   */
  restore(items: () => readonly RestoreItem[], told: RestoreTold, wish: RestoreWish, more?: RestoreMore): Promise<readonly RestoreStep[]>
}

interface Parts extends RestoreParts {
  readonly network: Pick<ManagementNetwork, 'change'>
  readonly lockdown: Pick<LockdownControl, 'keepWayOut'>
  readonly book: Pick<SessionBook, 'endAll'>
}

/** Of those that a copy of a spec may ask for. */
const LAST_UID = 59_999
const HOST = { kind: 'host', id: 'host' } as const

export function createRestorer(ports: Pick<AppPorts, 'store' | 'host' | 'datastores'>, ledger: Ledger, parts: Parts): Restorer {
  const { store, host } = ports

  function authorOf(by: string) {
    const user = store.getUser(by)
    const { grants } = user?.spec ?? { grants: [] }
    return user === null ? null : { name: by, roles: grants.map(({ role }) => role), held: parts.roles.heldBy(grants) }
  }

  /** Null: as it would be without any settings kept. */
  function networkOf(wanted: unknown): NetworkSettings {
    const { seed } = host.bootOutcome
    const kept = (key: string) => (key === NETWORK_KEYS.network && wanted !== null ? { revision: 1, settings: wanted } : null)
    return resolveNetwork(kept, seed.state === 'applied' ? seed.document : null).settings
  }

  function write(
    draft: Draft,
    steps: readonly RestoreStep[],
    items: readonly RestoreItem[],
    { secrets, uids }: RestoreMore,
    networkAtOnce: boolean,
  ): void {
    const wantedOf = ({ kind, id }: RestoreStep) => items.find((item) => item.kind === kind && item.id === id)?.wanted
    const of = (kind: RestoreStep['kind'], ...actions: RestoreStep['action'][]) =>
      steps.filter((one) => one.kind === kind && actions.includes(one.action))
    for (const { id, name } of of('vm', 'remove')) {
      // What it keeps besides its disks stays too: a later restore may bring it back.
      draft.deleteVm(id)
      draft.event('vm.forgotten', 'info', { kind: 'vm', id }, `${name} is not in the configuration that was restored. Its files are kept.`)
    }
    writeVms(
      draft,
      of('vm', 'add', 'change').map((one) => [one.id, wantedOf(one)]),
      uids,
    )
    for (const { id } of of('user', 'remove')) {
      draft.deleteUser(id)
      parts.book.endAll(draft, id)
    }
    for (const one of of('user', 'add', 'change')) writeUser(draft, one.id, (wantedOf(one) as { readonly spec: UserSpec }).spec, secrets)
    for (const one of of('setting', 'add', 'change', 'remove')) {
      if (one.id === NETWORK_KEYS.network) {
        if (networkAtOnce) writeNetwork(draft, wantedOf(one))
      } else draft.putSetting(one.id, withNewRevisions(wantedOf(one), store.getSetting(one.id)))
    }
  }

  function writeNetwork(draft: Draft, wanted: unknown): void {
    const { revision } = resolveNetwork((key) => store.getSetting(key), null)
    draft.putSetting(NETWORK_KEYS.network, { revision: revision + 1, settings: networkOf(wanted) })
  }

  /** Each once: the one that is wanted, or else the lowest that is free. */
  function freeUids(): (wanted: number | undefined) => number {
    const taken = new Set<number>()
    const isFree = (uid: number) => !ledger.index.hasUid(uid) && !taken.has(uid)
    return (wanted) => {
      let uid = wanted !== undefined && wanted >= FIRST_UID && wanted <= LAST_UID && isFree(wanted) ? wanted : FIRST_UID
      while (!isFree(uid)) uid++
      taken.add(uid)
      return uid
    }
  }

  function writeVms(draft: Draft, wanted: readonly (readonly [id: string, value: unknown])[], uids: RestoreMore['uids']): void {
    const uidFor = freeUids()
    const specs = wanted.flatMap(([id, value]) => {
      const spec = understood(id, value)
      return spec === null ? [] : [{ id, spec, before: ledger.vms.get(id) }]
    })
    // Names may go round in a ring; ids are nobody's name.
    for (const { id, spec, before } of specs) {
      if (before !== undefined && before.spec.name !== spec.name) draft.putVm({ ...before, spec: { ...before.spec, name: id } })
    }
    for (const { id, spec, before } of specs) {
      draft.putVm(before === undefined ? newVm(id, spec, uidFor(uids?.get(id))) : { ...before, spec, revision: before.revision + 1 })
      draft.event('vm.restored', 'info', { kind: 'vm', id }, `${spec.name} is as it was kept.`)
    }
    keepOfRestored(
      ports,
      draft,
      specs.map(({ id }) => id),
    )
  }

  function writeUser(draft: Draft, name: string, spec: UserSpec, secrets: RestoredSecrets | undefined): void {
    const before = store.getUser(name)
    if (before !== null) {
      draft.putUser({ ...before, spec, revision: before.revision + 1 })
      if (spec.disabled) parts.book.endAll(draft, name)
      return
    }
    const { passwordHash = null, passwordChangedAt = null } = secrets?.users.find((user) => user.spec.name === name) ?? {}
    draft.putUser({ ...NEW_USER, spec, passwordHash, passwordChangedAt })
    for (const credential of secrets?.credentials ?? []) {
      // What is somebody's here stays theirs, whatever the file says.
      if (credential.user === name && store.getCredential(credential.kind, credential.key) === null) draft.putCredential(credential)
    }
  }

  return {
    async restore(items, { code, what }, { by, dryRun, confirmWithinSeconds, networkAtOnce = false }, more = {}) {
      const plan = () => {
        const now = items()
        return { now, steps: planRestore(now, restoreFacts(ports, ledger, parts, authorOf(by), more.secrets !== undefined)) }
      }
      const first = plan()
      const network = first.steps.find(({ kind, id, action }) => kind === 'setting' && id === NETWORK_KEYS.network && action !== 'keep')
      const settings =
        network && networkOf(first.now.find(({ kind, id }) => kind === 'setting' && id === NETWORK_KEYS.network)?.wanted ?? null)
      if (settings !== undefined && !networkAtOnce) {
        await parts.network.change(settings, {
          by,
          dryRun,
          anyAdapters: true,
          ...(confirmWithinSeconds === undefined ? {} : { confirmWithinSeconds }),
        })
      }
      if (dryRun) return first.steps
      // Looked at anew: a VM may have been started while the network was asked.
      const { now, steps } = plan()
      ledger.write((draft) => {
        write(draft, steps, now, more, networkAtOnce)
        parts.lockdown.keepWayOut()
        draft.replaced()
        draft.event(code, 'warning', HOST, `${what}, asked by ${by}.`)
      }, by)
      return steps
    },
  }
}

/** Of pools and roles each gets a revision that it never had, so that nobody's knowledge of an earlier one counts. */
function withNewRevisions(wanted: unknown, now: unknown): unknown {
  if (!Array.isArray(wanted)) return wanted ?? null
  const before: readonly unknown[] = Array.isArray(now) ? now : []
  const revision = 1 + Math.max(0, ...before.map((item) => (item as { readonly revision?: number }).revision ?? 0))
  return wanted.map((item: object) => ('spec' in item ? { ...item, revision } : item))
}
