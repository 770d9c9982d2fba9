// A control plane that takes the place of the one before while the host runs: of an update that has nothing else new in it.
import type { SlotName } from './boot-slot.ts'

/** In memory: the next start of the host knows nothing of it, and starts the slot itself. */
export interface LiveUpdate {
  /** That its programs were taken from. */
  readonly slot: SlotName
  readonly version: string
  /** Its programs, and those of the one before. */
  readonly directory: string
  readonly before: string
  /** Of the machine, when it took over, in milliseconds since the start. */
  readonly atMs: number
  /** VMs that ran then. */
  readonly vms: readonly string[]
  /** What is not in order with it yet, in words. */
  readonly missing: readonly string[]
  /** It has shown that all is in order. */
  readonly confirmed: boolean
}

/** From the moment at which it took over; then the one before is started again. */
export const LIVE_DEADLINE_MS = 180_000

/** Null: go on. Else why the control plane of before is to come back, in words. */
export function planLive(live: LiveUpdate | null, nowMs: number, deadlineMs: number): string | null {
  if (live === null || live.confirmed || nowMs - live.atMs < deadlineMs) return null
  return `not in order ${Math.round(deadlineMs / 1000)} s after it took over: ${live.missing.join('; ') || 'its control daemon did not come up'}`
}
