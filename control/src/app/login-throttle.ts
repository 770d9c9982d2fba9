// Slows down whoever guesses passwords, without ever locking anybody out for good. In memory only.
import type { Clock } from '../ports/clock.ts'
import { Refusal } from './refusal.ts'

/** Failures that cost nothing: people mistype. */
const FREE_FAILURES = 3
const MAX_DELAY_MS = 30_000
/** Sources remembered; the one that failed longest ago goes first. */
const MAX_SOURCES = 1_000
/** Logins that wait for the one being verified. */
const MAX_WAITING = 8

export interface LoginThrottle {
  /** Runs `verify` when it is this source's turn, one at a time on the whole host; refuses with `auth.rate-limited`. Its answer counts for the source. */
  attempt(source: string, verify: () => Promise<boolean>): Promise<boolean>
}

interface Failures {
  readonly count: number
  readonly notBeforeMs: number
}

export function createLoginThrottle(clock: Pick<Clock, 'monotonicMs'>): LoginThrottle {
  const failures = new Map<string, Failures>()
  let waiting = 0
  let last: Promise<unknown> = Promise.resolve()

  function refuseEarly(source: string): void {
    const left = (failures.get(source)?.notBeforeMs ?? 0) - clock.monotonicMs()
    if (left > 0) throw rateLimited(left)
  }

  function count(source: string, ok: boolean): void {
    const before = failures.get(source)?.count ?? 0
    failures.delete(source)
    if (ok) return
    const delayMs = before + 1 < FREE_FAILURES ? 0 : Math.min(MAX_DELAY_MS, 1_000 * 2 ** Math.min(before + 1 - FREE_FAILURES, 10))
    failures.set(source, { count: before + 1, notBeforeMs: clock.monotonicMs() + delayMs })
    const [oldest] = failures.keys()
    if (failures.size > MAX_SOURCES && oldest !== undefined) failures.delete(oldest)
  }

  return {
    async attempt(source, verify) {
      refuseEarly(source)
      if (waiting > MAX_WAITING) throw rateLimited(1_000)
      waiting++
      const turn = last.then(async () => {
        refuseEarly(source)
        const ok = await verify()
        count(source, ok)
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

function rateLimited(leftMs: number): Refusal {
  const seconds = Math.max(1, Math.ceil(leftMs / 1000))
  return new Refusal('rate-limited', 'auth.rate-limited', `Too many failed logins; try again in ${seconds} s.`, [], seconds)
}
