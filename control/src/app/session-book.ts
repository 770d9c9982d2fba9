// The sessions there are: begun, looked up by token, listed and ended. Knows how long they last, and nothing of passwords.
import { check } from '../domain/check.ts'
import { mergePatch } from '../domain/merge-patch.ts'
import {
  CONSOLE_SOURCE,
  endOf,
  isOver,
  type Moment,
  type Session,
  type SessionPolicy,
  type SessionTimes,
  sessionPolicySchema,
  usedNow,
} from '../domain/session.ts'
import { same } from '../domain/vm-difference.ts'
import type { SessionRecord } from '../ports/store.ts'
import type { Draft, Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'
import { invalid, Refusal } from './refusal.ts'

const SETTING = 'session-policy'
/** Uses closer together than this part of what may be idle are not written down. */
const PARTS_OF_IDLE = 20
const TOKEN_BYTES = 32

export interface SessionBook {
  /** Within the caller's write; the token is known to nobody else. */
  begin(draft: Draft, user: string, source: string, client: string): { readonly token: string; readonly expiresAt: string }
  /** The session of a token, used by that; null when there is none, or no longer. One of the console is good there alone. */
  use(token: string, atConsole: boolean): SessionRecord | null
  /** By the token's hash; it is no use. */
  find(tokenHash: string): SessionRecord | null
  /** Those that last, the latest first; of one user or of all. */
  list(user: string | null, current: string | null): readonly Session[]
  /** Ends one by its id; of that user, if one is given. Refuses with `session.not-found`. */
  end(id: string, user: string | null): void
  logout(tokenHash: string): void
  /** Within the caller's write: all of a user but the one with the token hash given. */
  endAll(draft: Draft, user: string, except?: string): void
  policy(): SessionPolicy
  /** A merge patch; counts for the sessions there are, too. */
  setPolicy(patch: unknown, by: string): SessionPolicy
}

type Ports = Pick<AppPorts, 'store' | 'passwords' | 'clock' | 'random' | 'host' | 'log'>

export function createSessionBook(
  { store, passwords, clock, random, host, log }: Ports,
  ledger: Pick<Ledger, 'write' | 'onReplaced'>,
): SessionBook {
  /** Times of sessions that are newer than what is written. */
  const unwritten = new Map<string, SessionTimes>()

  const now = (): Moment => ({ bootId: host.bootId, at: clock.now(), ms: clock.monotonicMs() })
  const timesOf = ({ tokenHash, times }: SessionRecord) => unwritten.get(tokenHash) ?? times
  const hasEnded = (record: SessionRecord) => isOver(timesOf(record), now(), policy)

  function readPolicy(): SessionPolicy {
    const checked = check(sessionPolicySchema, store.getSetting(SETTING) ?? {}, 'session-policy')
    const fallback = check(sessionPolicySchema, {}, 'session-policy')
    if (checked.ok) return checked.value
    if (!fallback.ok) throw new TypeError('the defaults of the session policy break their own rules')
    return fallback.value
  }

  let policy = readPolicy()
  ledger.onReplaced(() => {
    policy = readPolicy()
  })

  function forget(draft: Draft, tokenHash: string): void {
    draft.deleteSession(tokenHash)
    unwritten.delete(tokenHash)
  }

  function noteUse(record: SessionRecord): void {
    const before = timesOf(record)
    const times = usedNow(before, now())
    unwritten.set(record.tokenHash, times)
    const writtenMs = record.times.bootId === times.bootId ? record.times.usedMs : Number.NEGATIVE_INFINITY
    if (times.usedMs - writtenMs < (policy.idleMinutes * 60_000) / PARTS_OF_IDLE) return
    try {
      ledger.write((draft) => draft.putSession({ ...record, times }))
    } catch (error) {
      // A full disk is no reason to let nobody look at it.
      log('warning', `the use of a session was not written down: ${String(error)}`)
    }
  }

  return {
    begin(draft, user, source, client) {
      const kept = store.listSessions()
      for (const record of kept) if (hasEnded(record)) forget(draft, record.tokenHash)
      const hashes = new Set(kept.map(({ tokenHash }) => tokenHash))
      for (const hash of [...unwritten.keys()]) if (!hashes.has(hash)) unwritten.delete(hash)
      const token = random.token(TOKEN_BYTES)
      const { bootId, at, ms } = now()
      const times = { bootId, createdAt: at, createdMs: ms, usedAt: at, usedMs: ms }
      draft.putSession({ tokenHash: passwords.digest(token), id: random.uuid(), user, source, client, times })
      return { token, expiresAt: endOf(times, now(), policy) }
    },

    use(token, atConsole) {
      const record = store.getSession(passwords.digest(token))
      if (record === null || hasEnded(record) || (record.source === CONSOLE_SOURCE && !atConsole)) return null
      noteUse(record)
      return record
    },

    find(tokenHash) {
      const record = store.getSession(tokenHash)
      return record === null || hasEnded(record) ? null : record
    },

    list(user, current) {
      const records = store.listSessions().filter((record) => (user === null || record.user === user) && !hasEnded(record))
      return records.reverse().map((record): Session => {
        const times = timesOf(record)
        const { id, source, client = '', tokenHash } = record
        const { createdAt, usedAt } = times
        const expiresAt = endOf(times, now(), policy)
        return { id, user: record.user, source, client, createdAt, usedAt, expiresAt, current: tokenHash === current }
      })
    },

    end(id, user) {
      const record = store.listSessions().find((one) => one.id === id && (user === null || one.user === user))
      if (record === undefined || hasEnded(record)) throw new Refusal('not-found', 'session.not-found', `There is no session ${id}.`)
      ledger.write((draft) => forget(draft, record.tokenHash))
    },

    logout(tokenHash) {
      ledger.write((draft) => forget(draft, tokenHash))
    },

    endAll(draft, user, except) {
      for (const record of store.listSessions()) {
        if (record.user === user && record.tokenHash !== except) forget(draft, record.tokenHash)
      }
    },

    policy: () => policy,

    setPolicy(patch, by) {
      const checked = check(sessionPolicySchema, mergePatch(policy, patch), 'session-policy')
      if (!checked.ok) throw invalid(checked.problems)
      if (!same(checked.value, policy)) {
        ledger.write((draft) => {
          draft.putSetting(SETTING, checked.value)
          draft.event('session.policy-changed', 'info', { kind: 'host', id: 'host' }, `How long sessions last was changed by ${by}.`)
        }, by)
        policy = checked.value
      }
      return policy
    },
  }
}
