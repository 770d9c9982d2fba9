// An audit log in memory, with the promises of the real one; entries can be spoilt behind its back.
import type { AuditEntry, AuditQuery } from '../../control/src/domain/audit.ts'
import { AUDIT_SCAN, type AuditPage, type AuditRow, type AuditState, type AuditStore } from '../../control/src/ports/audit-store.ts'

export class FakeAuditStore implements AuditStore {
  rows: AuditRow[] = []
  #attempts = new Map<string, string>()
  #state: AuditState | null = null
  readonly #write: () => void

  /** `write` is called before each change, and may throw. */
  constructor(write: () => void) {
    this.#write = write
  }

  putAttempt(id: string, text: string): void {
    this.#write()
    this.#attempts.set(id, text)
  }

  deleteAttempt(id: string): void {
    this.#write()
    this.#attempts.delete(id)
  }

  listAttempts(): readonly { readonly id: string; readonly text: string }[] {
    return [...this.#attempts].map(([id, text]) => ({ id, text }))
  }

  getState(): AuditState | null {
    return this.#state
  }

  putState(state: AuditState): void {
    this.#write()
    this.#state = JSON.parse(JSON.stringify(state)) as AuditState
  }

  append(row: AuditRow): void {
    this.#write()
    if (this.rows.some(({ sequence }) => sequence === row.sequence)) throw new Error('there is such an entry')
    this.rows.push(row)
  }

  deleteThrough(sequence: number): void {
    if (sequence > (this.#state?.base.sequence ?? 0)) throw new Error('above the base')
    this.#write()
    this.rows = this.rows.filter((row) => row.sequence > sequence)
  }

  list({ from, limit, ...wanted }: AuditQuery): AuditPage {
    const all = [...this.rows].sort((a, b) => a.sequence - b.sequence)
    const beyond =
      'before' in from
        ? all.filter(({ sequence }) => sequence < from.before).reverse()
        : all.filter(({ sequence }) => sequence > from.after)
    const scanned = beyond.slice(0, AUDIT_SCAN)
    const rows = scanned.filter(({ text }) => matches(JSON.parse(text) as AuditEntry, wanted)).slice(0, limit)
    const last = rows.length === limit ? rows.at(-1) : scanned.at(-1)
    return { rows, next: last === undefined || last === beyond.at(-1) ? null : last.sequence }
  }

  save(): () => void {
    const [rows, attempts, state] = [[...this.rows], new Map(this.#attempts), this.#state]
    return () => {
      this.rows = rows
      this.#attempts = attempts
      this.#state = state
    }
  }
}

function matches(entry: AuditEntry, { user, action, result, since, until }: Omit<AuditQuery, 'from' | 'limit'>): boolean {
  return (
    (user === undefined || entry.user === user) &&
    (action === undefined || entry.action.includes(action)) &&
    (result === undefined || entry.result === result) &&
    (since === undefined || entry.at >= since) &&
    (until === undefined || entry.at < until)
  )
}
