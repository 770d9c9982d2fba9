// Tells of failed log-ins: where the slowing down begins, and ever more rarely while it goes on. Bounded, so that guessers do not push everything else out of the events.
import type { Clock } from '../ports/clock.ts'
import type { Ledger } from './ledger.ts'
import type { Failed } from './login-throttle.ts'

const TOLD_OF_SOURCE = [3, 10, 100, 1_000, 10_000]
const TOLD_OF_ACCOUNT = [10, 100, 1_000, 10_000]
/** In an hour, from whatever many addresses. */
const MAX_AN_HOUR = 20
const HOUR_MS = 3_600_000

/** `exists` keeps what was typed as a name, which may be a password, out of the events. */
export function createLoginFailures(
  ledger: Pick<Ledger, 'write'>,
  clock: Pick<Clock, 'monotonicMs'>,
  exists: (name: string) => boolean,
): (failed: Failed) => void {
  let toldAtMs: readonly number[] = []
  return ({ source, account, ofSource, ofAccount }) => {
    const code = TOLD_OF_ACCOUNT.includes(ofAccount)
      ? 'auth.account-slowed'
      : TOLD_OF_SOURCE.includes(ofSource)
        ? 'auth.source-slowed'
        : null
    const nowMs = clock.monotonicMs()
    toldAtMs = toldAtMs.filter((atMs) => nowMs - atMs < HOUR_MS)
    if (code === null || toldAtMs.length >= MAX_AN_HOUR) return
    toldAtMs = [...toldAtMs, nowMs]
    const known = exists(account)
    const who = known ? account : 'a user that there is not'
    const message =
      code === 'auth.account-slowed'
        ? `${ofAccount} log-ins as ${who} failed, from addresses that have never logged in as that user; the latest from ${source}.`
        : `${ofSource} log-ins from ${source} failed, the latest as ${who}.`
    const target = known ? ({ kind: 'user', id: account } as const) : ({ kind: 'host', id: 'host' } as const)
    ledger.write((draft) => draft.event(code, 'warning', target, message))
  }
}
