// Whether, and when, a VM that crashed is started again. Pure.
import type { VmSpec } from '../domain/vm.ts'

const FIRST_DELAY_MS = 1_000
const LONGEST_DELAY_MS = 300_000

export type Restart =
  /** `attempts` are the earlier restarts that still count, with this one's time to be added when it is made. */
  | { readonly kind: 'restart'; readonly delayMs: number; readonly attempts: readonly number[] }
  /** As many as the policy allows have been made within its window. */
  | { readonly kind: 'give-up'; readonly attempts: readonly number[] }
  | { readonly kind: 'stay-off' }

/** `attempts` are times of earlier restarts, `nowMs` is now, both ms since the epoch. Each wait is twice as long as the last. */
export function planRestart(policy: VmSpec['onCrash'], attempts: readonly number[], nowMs: number): Restart {
  if (policy.action === 'stay-off') return { kind: 'stay-off' }
  // A clock that was set back makes attempts of the future: they count as made just now.
  const counting = attempts.filter((atMs) => nowMs - atMs < policy.windowSeconds * 1000)
  if (counting.length >= policy.maxRestarts) return { kind: 'give-up', attempts: counting }
  const delayMs = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** counting.length)
  return { kind: 'restart', delayMs, attempts: counting }
}
