// Waiting with an end: for a condition that only polling can see, and for promises that may never settle.
import type { Clock } from '../ports/clock.ts'

const POLL_MS = 10

/** True as soon as `condition` holds, false when it does not within `timeoutMs`. */
export async function waitUntil(clock: Clock, condition: () => boolean, timeoutMs: number): Promise<boolean> {
  const deadline = clock.monotonicMs() + timeoutMs
  while (!condition()) {
    if (clock.monotonicMs() >= deadline) return false
    await new Promise<void>((resolve) => clock.after(POLL_MS, resolve))
  }
  return true
}

/** True when `promise` fulfils within `timeoutMs`; false when it rejects or takes longer. */
export function endsWithin(clock: Clock, promise: Promise<unknown>, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const cancel = clock.after(timeoutMs, () => resolve(false))
    const finish = (outcome: boolean) => {
      cancel()
      resolve(outcome)
    }
    promise.then(
      () => finish(true),
      () => finish(false),
    )
  })
}
