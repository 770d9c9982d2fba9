// Slows down whoever guesses passwords, without ever locking anybody out for good. In memory only.
import { CONSOLE_SOURCE } from '../domain/session.ts'
import type { Clock } from '../ports/clock.ts'
import { Refusal } from './refusal.ts'

/** Failures of one source that cost nothing: people mistype. */
const FREE_FAILURES = 3
/** Failures at one account, of all sources that have never logged in to it. */
const FREE_ACCOUNT_FAILURES = 10
const MAX_DELAY_MS = 30_000
/** Sources, and accounts, remembered; the one that failed longest ago goes first. */
const MAX_KEYS = 1_000
/** Logins that wait for the one being verified. */
const MAX_WAITING = 8

export interface Attempt {
  readonly source: string
  readonly account: string
  /** The source has logged in to the account before: what strangers do does not slow it. */
  readonly isKnown: boolean
}

export interface Failed extends Attempt {
  /** In a row. */
  readonly ofSource: number
  /** In a row, of strangers; 0 for a source that is none. */
  readonly ofAccount: number
}

export interface LoginThrottle {
  /** Runs `verify` when it is this attempt's turn, one at a time on the whole host; refuses with `auth.rate-limited`. Its answer counts for source and account. */
  attempt(attempt: Attempt, verify: () => Promise<boolean>): Promise<boolean>
}

export function createLoginThrottle(clock: Pick<Clock, 'monotonicMs'>, onFailed: (failed: Failed) => void = () => {}): LoginThrottle {
  const sources = createBackOff(clock, FREE_FAILURES)
  const accounts = createBackOff(clock, FREE_ACCOUNT_FAILURES)
  let waiting = 0
  let last: Promise<unknown> = Promise.resolve()

  const isStranger = ({ isKnown, source }: Attempt) => !isKnown && source !== CONSOLE_SOURCE

  function refuseEarly(attempt: Attempt): void {
    const left = Math.max(sources.leftMs(attempt.source), isStranger(attempt) ? accounts.leftMs(attempt.account) : 0)
    if (left > 0) throw rateLimited(left)
  }

  function count(attempt: Attempt, ok: boolean): void {
    const ofSource = sources.count(attempt.source, ok)
    const ofAccount = isStranger(attempt) ? accounts.count(attempt.account, ok) : 0
    if (!ok) onFailed({ ...attempt, ofSource, ofAccount })
  }

  return {
    async attempt(attempt, verify) {
      refuseEarly(attempt)
      if (waiting > MAX_WAITING) throw rateLimited(1_000)
      waiting++
      const turn = last.then(async () => {
        refuseEarly(attempt)
        const ok = await verify()
        count(attempt, ok)
        return ok
      })
      last = turn.catch(() => {})
      try {
        return await turn
      } finally {
        waiting--
      }
    },
  }
}

interface BackOff {
  leftMs(key: string): number
  /** Returns the failures in a row. */
  count(key: string, ok: boolean): number
}

/** Twice as long with each failure after the free ones, up to the longest delay. */
function createBackOff(clock: Pick<Clock, 'monotonicMs'>, freeFailures: number): BackOff {
  const failures = new Map<string, { readonly count: number; readonly notBeforeMs: number }>()
  return {
    leftMs: (key) => (failures.get(key)?.notBeforeMs ?? 0) - clock.monotonicMs(),
    count(key, ok) {
      const now = (failures.get(key)?.count ?? 0) + 1
      failures.delete(key)
      if (ok) return 0
      const delayMs = now < freeFailures ? 0 : Math.min(MAX_DELAY_MS, 1_000 * 2 ** Math.min(now - freeFailures, 10))
      failures.set(key, { count: now, notBeforeMs: clock.monotonicMs() + delayMs })
      const [oldest] = failures.keys()
      if (failures.size > MAX_KEYS && oldest !== undefined) failures.delete(oldest)
      return now
    },
  }
}

function rateLimited(leftMs: number): Refusal {
  const seconds = Math.max(1, Math.ceil(leftMs / 1000))
  return new Refusal('rate-limited', 'auth.rate-limited', `Too many failed logins; try again in ${seconds} s.`, [], seconds)
}
