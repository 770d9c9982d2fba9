// Waits for a condition that nothing tells of, with a deadline.
import type { Clock } from '../ports/clock.ts'

/** True as soon as `condition` holds, false when it does not within `timeoutMs`. */
export async function waitFor(clock: Clock, condition: () => boolean, timeoutMs: number, pollMs: number): Promise<boolean> {
  const deadlineMs = clock.monotonicMs() + timeoutMs
  while (!condition()) {
    if (clock.monotonicMs() >= deadlineMs) return false
    await new Promise<void>((resolve) => clock.after(pollMs, resolve))
  }
  return true
}
