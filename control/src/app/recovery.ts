// The recovery code: made, typed back in part before it counts, and used once, by someone who stands at the machine.
import { type NewRecoveryCode, readRecoveryCode } from '../domain/recovery-code.ts'
import { CONSOLE_SOURCE } from '../domain/session.ts'
import { FIRST_USER } from '../domain/user.ts'
import { firstUser } from './first-user.ts'
import type { Ledger } from './ledger.ts'
import type { LockdownControl } from './lockdown.ts'
import { createLoginThrottle } from './login-throttle.ts'
import { createNewRecoveryCode } from './new-recovery-code.ts'
import type { AppPorts } from './ports.ts'
import { invalid, Refusal } from './refusal.ts'
import type { SessionBook } from './session-book.ts'

export interface Recovery {
  /** Told once. Until it has been confirmed the one before stays in force. */
  make(): Promise<NewRecoveryCode>
  /** The groups asked for, in their order. Refuses with `recovery.nothing-to-confirm`, or with each group that is wrong. */
  confirm(groups: readonly string[], by: string): void
  /** Opens the host, and gives the first administrator a new password where there is one. Refuses with each group that is mistyped, `recovery.code.wrong`, `recovery.no-code` or `auth.rate-limited`. */
  use(typed: string, password: string | null): Promise<void>
}

type Ports = Pick<AppPorts, 'store' | 'passwords' | 'random' | 'clock'>

export function createRecovery(
  { store, passwords, random, clock }: Ports,
  ledger: Pick<Ledger, 'write'>,
  lockdown: Pick<LockdownControl, 'open' | 'recoveryCode' | 'putRecoveryCode'>,
  sessions: Pick<SessionBook, 'endAll'>,
): Recovery {
  const throttle = createLoginThrottle(clock)
  const fresh = createNewRecoveryCode({ passwords, random, clock })

  function codeInForce(): string {
    const record = lockdown.recoveryCode()
    if (record === null) throw new Refusal('conflict', 'recovery.no-code', 'There is no recovery code.')
    return record.hash
  }

  return {
    make: () => fresh.make(),

    confirm(groups, by) {
      const hash = fresh.check(groups)
      ledger.write((draft) => {
        lockdown.putRecoveryCode(draft, { hash, since: clock.now() })
        draft.event('recovery-code.made', 'info', HOST, `A new recovery code was made and confirmed by ${by}; one before it is void.`)
      }, by)
      fresh.forget()
    },

    async use(typed, password) {
      const read = readRecoveryCode(typed)
      if (!read.ok) throw invalid(read.problems)
      codeInForce()
      const right = await throttle.attempt({ source: CONSOLE_SOURCE, account: FIRST_USER, isKnown: true }, () =>
        passwords.verify(codeInForce(), read.value),
      )
      if (!right) {
        ledger.write((draft) => draft.event('recovery-code.refused', 'warning', HOST, 'A wrong recovery code was typed at the console.'))
        throw new Refusal('forbidden', 'recovery.code.wrong', 'This is not the recovery code of this host.')
      }
      const passwordHash = password === null ? null : await passwords.hash(password)
      ledger.write((draft) => {
        // Used meanwhile: two consoles may have it at once.
        codeInForce()
        lockdown.putRecoveryCode(draft, null)
        lockdown.open(draft)
        if (passwordHash !== null) {
          // Whatever has become of the administrator: whole again.
          const before = store.getUser(FIRST_USER)
          draft.putUser({ ...firstUser(passwordHash, clock.now()), revision: (before?.revision ?? 0) + 1, sources: before?.sources ?? [] })
          sessions.endAll(draft, FIRST_USER)
          // Whoever has lost the telephone with the password is not to be kept out by it.
          draft.deleteCredential('totp', FIRST_USER)
        }
        const also =
          passwordHash === null ? '' : ' The administrator has a new password and no one-time codes, and all sessions of theirs have ended.'
        draft.event(
          'recovery-code.used',
          'warning',
          HOST,
          `The recovery code was used at the console: the host is open, and the code is void.${also}`,
        )
      }, 'console')
    },
  }
}

const HOST = { kind: 'host', id: 'host' } as const
