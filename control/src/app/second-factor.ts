// One-time codes as a second factor: asked for, confirmed, checked at log-ins, taken away. Backup codes work whatever the clock says.
import { parseBase32, renderBase32 } from '../domain/base32.ts'
import { resolveNetwork } from '../domain/network-kept.ts'
import { renderOtpauth } from '../domain/otpauth.ts'
import {
  BACKUP_CODE_BYTES,
  BACKUP_CODES,
  matchingStep,
  readBackupCode,
  readTotpCode,
  renderBackupCode,
  TOTP_SECRET_BYTES,
  USED_STEPS_KEPT,
} from '../domain/totp.ts'
import type { CredentialRecord } from '../ports/store.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'
import { Refusal } from './refusal.ts'

/** Wrong codes of one user, behind the right password, that cost nothing. */
const FREE_FAILURES = 3
const MAX_DELAY_MS = 30_000

export interface TotpState {
  readonly state: 'off' | 'unconfirmed' | 'on'
  readonly backupCodesLeft: number
}

export interface SecondFactor {
  state(user: string): TotpState
  /** A new secret, which does not count before {@link confirm}. Refuses with `totp.on-already`. */
  begin(user: string): { readonly secret: string; readonly uri: string }
  /** It counts from now on; gives the backup codes, which are not shown again. Refuses with `totp.not-begun`, `totp.wrong-code`. */
  confirm(user: string, code: string): readonly string[]
  /** New ones in place of all others. Refuses with `totp.off`. */
  renewBackupCodes(user: string): readonly string[]
  /** Refuses with `totp.off`. */
  remove(user: string, by: string): void
  /** Whether a log-in whose password was right may go on; a code counts once. Refuses with `auth.second-factor-required` without one, and `auth.rate-limited`. */
  admits(user: string, code: string | undefined): boolean
}

type Ports = Pick<AppPorts, 'store' | 'passwords' | 'clock' | 'random'>
type Totp = CredentialRecord<'totp'>

export function createSecondFactor({ store, passwords, clock, random }: Ports, ledger: Ledger): SecondFactor {
  /** In memory only, as for passwords. */
  const failures = new Map<string, { readonly count: number; readonly notBeforeMs: number }>()

  const find = (user: string): Totp | null => store.getCredential('totp', user)

  function confirmed(user: string): Totp {
    const totp = find(user)
    if (totp !== null && totp.document.confirmedAt !== null) return totp
    throw new Refusal('conflict', 'totp.off', `${user} has no one-time codes.`)
  }

  function stepOf({ document }: Totp, code: string): number | null {
    const secret = parseBase32(document.secret) ?? new Uint8Array()
    return matchingStep(code, Date.parse(clock.now()), document.usedSteps, (message) => passwords.hmacSha1(secret, message))
  }

  function used(totp: Totp, step: number): Totp {
    return { ...totp, document: { ...totp.document, usedSteps: [...totp.document.usedSteps, step].slice(-USED_STEPS_KEPT) } }
  }

  function newBackupCodes(): { readonly shown: readonly string[]; readonly kept: readonly string[] } {
    const letters = Array.from({ length: BACKUP_CODES }, () => renderBase32(random.bytes(BACKUP_CODE_BYTES)))
    return { shown: letters.map(renderBackupCode), kept: letters.map((code) => passwords.digest(code)) }
  }

  /** The record without the code that was used, or null when it is none. */
  function spend(totp: Totp, text: string): Totp | null {
    const code = readTotpCode(text)
    if (code !== null) {
      const step = stepOf(totp, code)
      return step === null ? null : used(totp, step)
    }
    const letters = readBackupCode(text)
    const hash = letters === null ? '' : passwords.digest(letters)
    const left = totp.document.backupCodes.filter((kept) => kept !== hash)
    return left.length === totp.document.backupCodes.length ? null : { ...totp, document: { ...totp.document, backupCodes: left } }
  }

  function count(user: string, ok: boolean): void {
    const before = failures.get(user)?.count ?? 0
    failures.delete(user)
    if (ok) return
    const delayMs = before + 1 < FREE_FAILURES ? 0 : Math.min(MAX_DELAY_MS, 1_000 * 2 ** Math.min(before + 1 - FREE_FAILURES, 10))
    failures.set(user, { count: before + 1, notBeforeMs: clock.monotonicMs() + delayMs })
  }

  function refuseEarly(user: string): void {
    const leftMs = (failures.get(user)?.notBeforeMs ?? 0) - clock.monotonicMs()
    if (leftMs <= 0) return
    const seconds = Math.ceil(leftMs / 1000)
    throw new Refusal('rate-limited', 'auth.rate-limited', `Too many wrong codes; try again in ${seconds} s.`, [], seconds)
  }

  return {
    state(user) {
      const document = find(user)?.document
      if (document === undefined) return { state: 'off', backupCodesLeft: 0 }
      return { state: document.confirmedAt === null ? 'unconfirmed' : 'on', backupCodesLeft: document.backupCodes.length }
    },

    begin(user) {
      const known = find(user)?.document.confirmedAt ?? null
      if (known !== null) throw new Refusal('conflict', 'totp.on-already', 'One-time codes are on already. Remove them first.')
      const secret = renderBase32(random.bytes(TOTP_SECRET_BYTES))
      store.putCredential({ kind: 'totp', key: user, user, document: { secret, confirmedAt: null, usedSteps: [], backupCodes: [] } })
      const { hostname } = resolveNetwork((key) => store.getSetting(key), null).settings
      return { secret, uri: renderOtpauth(hostname, user, secret) }
    },

    confirm(user, text) {
      const totp = find(user)
      if (totp === null || totp.document.confirmedAt !== null) {
        throw new Refusal('conflict', 'totp.not-begun', 'There are no one-time codes to confirm.')
      }
      const code = readTotpCode(text)
      const step = code === null ? null : stepOf(totp, code)
      if (step === null) {
        const message = `is not the code of now; this host has ${clock.now()}`
        throw new Refusal('invalid', 'totp.wrong-code', 'The code is wrong.', [{ code: 'totp.wrong-code', field: 'code', message }])
      }
      const { shown, kept } = newBackupCodes()
      const { document } = used(totp, step)
      ledger.write((draft) => {
        draft.putCredential({ ...totp, document: { ...document, confirmedAt: clock.now(), backupCodes: kept } })
        draft.event('user.totp.on', 'info', { kind: 'user', id: user }, `${user} logs in with one-time codes from now on.`)
      })
      return shown
    },

    renewBackupCodes(user) {
      const totp = confirmed(user)
      const { shown, kept } = newBackupCodes()
      store.putCredential({ ...totp, document: { ...totp.document, backupCodes: kept } })
      return shown
    },

    remove(user, by) {
      if (find(user) === null) confirmed(user)
      ledger.write((draft) => {
        draft.deleteCredential('totp', user)
        draft.event(
          'user.totp.off',
          'warning',
          { kind: 'user', id: user },
          `${user} logs in without one-time codes again; taken away by ${by}.`,
        )
      })
      failures.delete(user)
    },

    admits(user, code) {
      const totp = find(user)
      if (totp === null || totp.document.confirmedAt === null) return true
      if (code === undefined) {
        throw new Refusal(
          'unauthenticated',
          'auth.second-factor-required',
          'The password is right; a one-time code or a backup code is needed, too.',
        )
      }
      refuseEarly(user)
      const left = spend(totp, code)
      count(user, left !== null)
      if (left === null) return false
      const recovered = left.document.backupCodes.length < totp.document.backupCodes.length
      // Durable before the log-in is: a code that was used stays used across a power cut.
      ledger.write((draft) => {
        draft.putCredential(left)
        if (!recovered) return
        const message = `${user} has logged in with a backup code; ${left.document.backupCodes.length} are left.`
        draft.event('user.backup-code.used', 'warning', { kind: 'user', id: user }, message)
      })
      return true
    },
  }
}
