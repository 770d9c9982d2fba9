// What the guard does at a moment: keep the machine going, or restart it into the other slot.
import type { GuardNote } from '../domain/boot-slot.ts'

export interface Guarded {
  /** Whether the slot that runs is being tried; null while that could not be found out. */
  readonly trying: boolean | null
  /** What controld has told; null before it has. */
  readonly note: GuardNote | null
  /** Since the machine was started, and how much of that a trial has. */
  readonly uptimeMs: number
  readonly deadlineMs: number
}

/** Null: go on. Else why the machine is to be restarted, in words. A slot that was confirmed is never restarted, whatever becomes of controld. */
export function planGuard({ trying, note, uptimeMs, deadlineMs }: Guarded): string | null {
  if (note?.confirmed === true || !(trying ?? note?.trying ?? false) || uptimeMs < deadlineMs) return null
  const late = `not in order ${Math.round(deadlineMs / 1000)} s after the start`
  if (note === null) return `${late}: the control daemon did not come up`
  return `${late}: ${note.missing.join('; ') || 'it could not be confirmed'}`
}

/** Of `corbel.confirm=SECONDS`, for tests of what takes ten minutes otherwise; never longer than that. */
export function confirmDeadlineMs(value: string | null, longestMs: number): number {
  const seconds = value !== null && /^\d{1,4}$/.test(value) ? Number(value) : Number.NaN
  return seconds >= 20 ? Math.min(longestMs, seconds * 1000) : longestMs
}
