// Where the audit log is kept: entries that are only ever appended, and removed from their oldest end. Part of the store, and of its transactions.
import type { AuditMark, AuditQuery } from '../domain/audit.ts'

export interface AuditRow extends AuditMark {
  readonly text: string
}

export interface AuditState {
  /** What comes before the oldest entry kept. */
  readonly base: AuditMark
  readonly head: AuditMark
  /** Up to which the chain has been looked through. */
  readonly checked: AuditMark
  /** Characters of all texts kept. */
  readonly characters: number
  /** What was found broken, or null. Said once. */
  readonly broken: string | null
}

export interface AuditPage {
  readonly rows: readonly AuditRow[]
  /** The last entry that was looked at, whether it matched or not; null when there are no more. */
  readonly next: number | null
}

/** Entries looked at for one page. */
export const AUDIT_SCAN = 10_000

export interface AuditStore {
  /** What is about to be done, until it is done. */
  putAttempt(id: string, text: string): void
  /** No-op when absent. */
  deleteAttempt(id: string): void
  listAttempts(): readonly { readonly id: string; readonly text: string }[]
  /** Null before the first entry. */
  getState(): AuditState | null
  putState(state: AuditState): void
  /** Throws for a sequence that is there. Nothing changes an entry any more. */
  append(row: AuditRow): void
  /** Removes up to the base of the state that was put before; throws for what is above it. */
  deleteThrough(sequence: number): void
  list(query: AuditQuery): AuditPage
}
