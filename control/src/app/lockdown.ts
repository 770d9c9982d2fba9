// Lockdown: kept as a setting, asked at every door. Nothing of it concerns VMs, nor what the host does by itself.
import { type Lockdown, type LockdownView, OPEN } from '../domain/lockdown.ts'
import { type Held, holds } from '../domain/permission.ts'
import { CONSOLE_CLOSED, type Door, decideEntry, isWayOutLeft, type Known, problemsOfLockdown } from '../plan/lockdown.ts'
import type { Draft, Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'
import { invalid, Refusal } from './refusal.ts'
import type { RoleBook } from './role-book.ts'

const LOCKDOWN_SETTING = 'lockdown'
/** Only a hash of the code is kept, and none once it has been used: null is for a host that never had one. */
export const RECOVERY_SETTING = 'recoveryCode'

export interface RecoveryRecord {
  /** argon2id PHC string of the digits. */
  readonly hash: string
  readonly since: string
}

interface Kept extends Lockdown {
  readonly revision: number
}

/** Someone who has shown who they are. */
interface Person {
  readonly name: string
  readonly held: readonly Held[]
}

export interface LockdownControl {
  view(): LockdownView
  /** Refuses with everything that is wrong with it, or `lockdown.changed` when it has been changed since it was read. */
  set(wanted: Lockdown, matches: (revision: number) => boolean, by: string): LockdownView
  /** Refuses whoever may not come in by this door now. */
  admit(door: Door, person: Person): void
  /** Refuses when nobody may log in at the console, whoever they are. */
  admitToConsole(): void
  readonly isLocked: boolean
  recoveryCode(): RecoveryRecord | null
  /** To be called within a transaction that may take a user's way in: refuses with `lockdown.nobody-left` when nobody were left who could open the host. */
  keepWayOut(): void
  open(draft: Draft): void
  putRecoveryCode(draft: Draft, record: RecoveryRecord | null): void
}

type Ports = Pick<AppPorts, 'store'>

export function createLockdown({ store }: Ports, ledger: Pick<Ledger, 'write'>, roles: Pick<RoleBook, 'heldBy'>): LockdownControl {
  const kept = (): Kept => (store.getSetting(LOCKDOWN_SETTING) as Kept | null) ?? { revision: 0, ...OPEN }

  function recoveryCode(): RecoveryRecord | null {
    const record = store.getSetting(RECOVERY_SETTING) as RecoveryRecord | { readonly hash: null } | null
    return record === null || record.hash === null ? null : record
  }

  /** Those of the lists that there are. */
  function known({ apiUsers, breakGlass }: Lockdown): readonly Known[] {
    return [...new Set([...apiUsers, ...breakGlass])].flatMap((name): Known[] => {
      const user = store.getUser(name)
      if (user === null) return []
      const held = roles.heldBy(user.spec.grants)
      return [{ ...comer({ name, held }), enabled: !user.spec.disabled, unlocks: holds(held, 'lockdown.manage', ['host']) }]
    })
  }

  function view(): LockdownView {
    const { revision, mode, apiUsers, breakGlass } = kept()
    return { revision, mode, apiUsers, breakGlass, recoveryCodeSince: recoveryCode()?.since ?? null }
  }

  function put(draft: Draft, { mode, apiUsers, breakGlass }: Lockdown): void {
    draft.putSetting(LOCKDOWN_SETTING, { revision: kept().revision + 1, mode, apiUsers, breakGlass } satisfies Kept)
  }

  return {
    view,

    set(wanted, matches, by) {
      ledger.write((draft) => {
        if (!matches(kept().revision)) {
          throw new Refusal('precondition-failed', 'lockdown.changed', 'The lockdown has been changed since it was read.')
        }
        const problems = problemsOfLockdown(wanted, known(wanted), recoveryCode() !== null)
        if (problems.length > 0) throw invalid(problems)
        put(draft, wanted)
        draft.event('lockdown.changed', wanted.mode === 'normal' ? 'info' : 'warning', HOST, `${SAID[wanted.mode]} by ${by}.`)
      }, by)
      return view()
    },

    admit(door, person) {
      const turned = decideEntry(kept(), door, comer(person))
      if (turned !== null) throw new Refusal('forbidden', turned.code, turned.message)
    },

    admitToConsole() {
      if (kept().mode === 'strict') throw new Refusal('forbidden', CONSOLE_CLOSED.code, CONSOLE_CLOSED.message)
    },

    get isLocked() {
      return kept().mode !== 'normal'
    },

    recoveryCode,

    keepWayOut() {
      const now = kept()
      if (isWayOutLeft(now, known(now))) return
      throw new Refusal('conflict', 'lockdown.nobody-left', 'The host is locked, and nobody would be left who could open it.')
    },

    open: (draft) => put(draft, { ...kept(), mode: 'normal' }),

    putRecoveryCode: (draft, record) => draft.putSetting(RECOVERY_SETTING, record ?? { hash: null }),
  }
}

const HOST = { kind: 'host', id: 'host' } as const
const SAID = { normal: 'The host was opened', locked: 'The host was locked', strict: 'The host was locked strictly' } as const

function comer({ name, held }: Person) {
  return { name, configures: holds(held, 'host.configure', ['host']) }
}
