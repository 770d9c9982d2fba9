// The audit log in the store's database. Triggers keep entries from being changed or removed by mistake; what they mean is decided elsewhere.
import type { Row, Value } from 'hv:sqlite'
import type { AuditQuery } from '../domain/audit.ts'
import { AUDIT_SCAN, type AuditPage, type AuditRow, type AuditState, type AuditStore } from '../ports/audit-store.ts'
import { integer, text } from './sqlite-rows.ts'

/** Statements of the store's, in the transaction that is open if there is one. */
interface Statements {
  run(sql: string, ...parameters: Value[]): unknown
  all(sql: string, ...parameters: Value[]): Row[]
}

const PUT_STATE = `
  INSERT INTO audit_state (one, base_sequence, document) VALUES (1, ?, ?)
  ON CONFLICT (one) DO UPDATE SET base_sequence = excluded.base_sequence, document = excluded.document`
const DOWN = `SELECT sequence, hash, text FROM audit WHERE sequence < ? ORDER BY sequence DESC LIMIT ${AUDIT_SCAN}`
const UP = `SELECT sequence, hash, text FROM audit WHERE sequence > ? ORDER BY sequence LIMIT ${AUDIT_SCAN}`

export class SqliteAudit implements AuditStore {
  readonly #statements: Statements

  constructor(statements: Statements) {
    this.#statements = statements
  }

  putAttempt(id: string, document: string): void {
    this.#statements.run('INSERT INTO audit_attempt (id, text) VALUES (?, ?)', id, document)
  }

  deleteAttempt(id: string): void {
    this.#statements.run('DELETE FROM audit_attempt WHERE id = ?', id)
  }

  listAttempts(): readonly { readonly id: string; readonly text: string }[] {
    const rows = this.#statements.all('SELECT id, text FROM audit_attempt ORDER BY rowid')
    return rows.map((row) => ({ id: text(row, 'id'), text: text(row, 'text') }))
  }

  getState(): AuditState | null {
    const [row] = this.#statements.all('SELECT document FROM audit_state')
    return row === undefined ? null : (JSON.parse(text(row, 'document')) as AuditState)
  }

  putState(state: AuditState): void {
    this.#statements.run(PUT_STATE, state.base.sequence, JSON.stringify(state))
  }

  append({ sequence, hash, text: document }: AuditRow): void {
    this.#statements.run('INSERT INTO audit (sequence, hash, text) VALUES (?, ?, ?)', sequence, hash, document)
  }

  deleteThrough(sequence: number): void {
    this.#statements.run('DELETE FROM audit WHERE sequence <= ?', sequence)
  }

  list(query: AuditQuery): AuditPage {
    const isDown = 'before' in query.from
    const from = 'before' in query.from ? query.from.before : query.from.after
    const [conditions, values] = conditionsOf(query)
    const scanned = isDown ? DOWN : UP
    const order = isDown ? 'DESC' : 'ASC'
    const rows = this.#statements
      .all(`SELECT * FROM (${scanned}) WHERE ${conditions} ORDER BY sequence ${order} LIMIT ?`, from, ...values, query.limit)
      .map((row): AuditRow => ({ sequence: integer(row, 'sequence'), hash: text(row, 'hash'), text: text(row, 'text') }))
    return { rows, next: this.#next(rows, query, scanned, from) }
  }

  #next(rows: readonly AuditRow[], { limit, from }: AuditQuery, scanned: string, start: number): number | null {
    const last = rows.length === limit ? rows.at(-1)?.sequence : this.#lastScanned(scanned, start, 'before' in from)
    if (last === undefined || last === null) return null
    const beyond = 'before' in from ? 'sequence < ?' : 'sequence > ?'
    return this.#statements.all(`SELECT 1 FROM audit WHERE ${beyond} LIMIT 1`, last).length === 0 ? null : last
  }

  #lastScanned(scanned: string, start: number, isDown: boolean): number | null {
    const [row] = this.#statements.all(`SELECT ${isDown ? 'min' : 'max'}(sequence) AS last FROM (${scanned})`, start)
    return row === undefined || row.last === null ? null : integer(row, 'last')
  }
}

/** The text is the one truth: nothing that is looked for is kept a second time. */
function conditionsOf({ user, action, result, since, until }: AuditQuery): readonly [string, Value[]] {
  const wanted: readonly (readonly [string, string | undefined])[] = [
    ["json_extract(text, '$.user') = ?", user],
    ["instr(json_extract(text, '$.action'), ?) > 0", action],
    ["json_extract(text, '$.result') = ?", result],
    ["json_extract(text, '$.at') >= ?", since],
    ["json_extract(text, '$.at') < ?", until],
  ]
  const given = wanted.filter((pair): pair is readonly [string, string] => pair[1] !== undefined)
  return [['1', ...given.map(([sql]) => sql)].join(' AND '), given.map(([, value]) => value)]
}
