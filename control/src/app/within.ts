// Waits with a deadline.
import type { Clock } from '../ports/clock.ts'

/** True once `done` resolves, false when `timeoutMs` are over first; rejects as `done` does. */
export function within(clock: Clock, timeoutMs: number, done: Promise<void>): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(timeoutMs, () => resolve(false))
    done.then(
      () => {
        cancel()
        resolve(true)
      },
      (error: unknown) => {
        cancel()
        reject(error)
      },
    )
  })
}
