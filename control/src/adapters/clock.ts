// Time, over the kernel's clocks and the event loop's timers.
import { monotonicMs } from 'hv:system'
import type { Clock } from '../ports/clock.ts'

export function createClock(): Clock {
  return {
    now: () => new Date().toISOString(),
    monotonicMs,
    after(delayMs, callback) {
      const id = setTimeout(callback, Math.max(0, delayMs))
      return () => clearTimeout(id)
    },
  }
}
