// The store in one SQLite database: every method is one durable transaction. What its records mean is decided elsewhere.
import * as sqlite from 'hv:sqlite'
import type { Event, NewEvent } from '../domain/event.ts'
import type { Task } from '../domain/task.ts'
import type { SessionRecord, Store, UserRecord, VmRecord } from '../ports/store.ts'
import { StoreConflict, StoreFailure } from '../ports/store.ts'
import { isNativeError } from './host-failure.ts'
import { migrate } from './sqlite-migrations.ts'
import { eventFromRow, integer, sessionFromRow, taskFromRow, text, userFromRow, vmFromRow, vmToParameters } from './sqlite-rows.ts'

const EVENTS_KEPT = 10_000
/** Ended tasks; running ones are kept whatever their number. */
const TASKS_KEPT = 1_000
/** The latest; a client that logs in for every request fills no disk. */
const SESSIONS_KEPT = 1_000

const PUT_VM = `
  INSERT INTO vm (id, name, uid, revision, spec, process_pid, process_start_time, started_at, started_spec, last_exit, runtime)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET name = excluded.name, uid = excluded.uid, revision = excluded.revision, spec = excluded.spec,
    process_pid = excluded.process_pid, process_start_time = excluded.process_start_time,
    started_at = excluded.started_at, started_spec = excluded.started_spec, last_exit = excluded.last_exit,
    runtime = excluded.runtime`
const PUT_TASK = `
  INSERT INTO task (id, state, document) VALUES (?, ?, ?)
  ON CONFLICT (id) DO UPDATE SET state = excluded.state, document = excluded.document`
const PRUNE_TASKS = `
  DELETE FROM task WHERE state <> 'running'
    AND sequence <= (SELECT sequence FROM task WHERE state <> 'running' ORDER BY sequence DESC LIMIT 1 OFFSET ${TASKS_KEPT})`
const PUT_USER = `
  INSERT INTO user (name, password_hash, role) VALUES (?, ?, ?)
  ON CONFLICT (name) DO UPDATE SET password_hash = excluded.password_hash, role = excluded.role`
const PUT_SESSION = `
  INSERT INTO session (token_hash, user, expires_at) VALUES (?, ?, ?)
  ON CONFLICT (token_hash) DO UPDATE SET user = excluded.user, expires_at = excluded.expires_at`
const PRUNE_SESSIONS = `DELETE FROM session WHERE rowid <= (SELECT rowid FROM session ORDER BY rowid DESC LIMIT 1 OFFSET ${SESSIONS_KEPT})`
const PUT_SETTING = 'INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value'

export class SqliteStore implements Store {
  readonly #database: sqlite.Database
  readonly #statements = new Map<string, sqlite.Statement>()
  #inTransaction = false

  private constructor(database: sqlite.Database) {
    this.#database = database
  }

  /**
   * Opens or creates the database at `path` (`:memory:` keeps nothing) and migrates it. Throws the native HostError
   * (`SQLITE_CORRUPT`, `SQLITE_NOTADB`, `SQLITE_CANTOPEN_…`) or NewerDatabase; the file is closed then.
   * Past `maxPages` of 4 KiB writes fail with `store.full`.
   */
  static open(path: string, limits: { readonly maxPages?: number } = {}): SqliteStore {
    const database = sqlite.open(path)
    try {
      // A commit returns after its fdatasync: what was acknowledged survives a power cut.
      for (const pragma of [
        'journal_mode = WAL',
        'synchronous = FULL',
        'temp_store = MEMORY',
        'cache_size = -1024',
        'journal_size_limit = 4194304',
      ]) {
        readPragma(database, pragma)
      }
      if (limits.maxPages !== undefined) readPragma(database, `max_page_count = ${limits.maxPages}`)
      const verdict = readPragma(database, 'quick_check(1)')
      if (verdict !== 'ok') throw new CorruptDatabase(String(verdict))
      migrate(database)
      return new SqliteStore(database)
    } catch (error) {
      database.close()
      throw error
    }
  }

  close(): void {
    for (const statement of this.#statements.values()) statement.finalize()
    this.#statements.clear()
    this.#database.close()
  }

  atomically<T>(body: () => T): T {
    if (this.#inTransaction) throw new TypeError('transactions do not nest')
    return guarded(() => {
      this.#statement('BEGIN IMMEDIATE').run()
      this.#inTransaction = true
      try {
        const result = body()
        this.#statement('COMMIT').run()
        return result
      } catch (error) {
        this.#rollBack()
        throw error
      } finally {
        this.#inTransaction = false
      }
    })
  }

  listVms(): readonly VmRecord[] {
    return this.#all('SELECT * FROM vm ORDER BY rowid').map(vmFromRow)
  }

  getVm(id: string): VmRecord | null {
    return this.#one('SELECT * FROM vm WHERE id = ?', vmFromRow, id)
  }

  findVmByName(name: string): VmRecord | null {
    return this.#one('SELECT * FROM vm WHERE name = ?', vmFromRow, name)
  }

  putVm(record: VmRecord): void {
    const other = this.#one(
      'SELECT name FROM vm WHERE id <> ? AND (name = ? OR uid = ?)',
      (row) => text(row, 'name'),
      record.id,
      record.spec.name,
      record.uid,
    )
    if (other !== null) throw new StoreConflict(other === record.spec.name ? 'name' : 'uid')
    this.#run(PUT_VM, ...vmToParameters(record))
  }

  deleteVm(id: string): void {
    this.#run('DELETE FROM vm WHERE id = ?', id)
  }

  putTask(task: Task): void {
    this.#together(() => {
      this.#run(PUT_TASK, task.id, task.state, JSON.stringify(task))
      this.#run(PRUNE_TASKS)
    })
  }

  getTask(id: string): Task | null {
    return this.#one('SELECT document FROM task WHERE id = ?', taskFromRow, id)
  }

  listTasks(limit: number): readonly Task[] {
    return this.#all('SELECT document FROM task ORDER BY sequence DESC LIMIT ?', limit).map(taskFromRow)
  }

  listRunningTasks(): readonly Task[] {
    return this.#all("SELECT document FROM task WHERE state = 'running' ORDER BY sequence DESC").map(taskFromRow)
  }

  appendEvent(event: NewEvent): Event {
    return this.#together(() => {
      const { at, code, severity, target, message } = event
      const document = { at, code, severity, target, message }
      const id = this.#run('INSERT INTO event (document) VALUES (?)', JSON.stringify(document)).lastInsertRowid
      this.#run('DELETE FROM event WHERE id <= ?', id - EVENTS_KEPT)
      return { id, ...document }
    })
  }

  listEvents(afterId: number, limit: number): readonly Event[] {
    return this.#all('SELECT id, document FROM event WHERE id > ? ORDER BY id LIMIT ?', afterId, limit).map(eventFromRow)
  }

  latestEvents(limit: number): readonly Event[] {
    return this.#all('SELECT id, document FROM event ORDER BY id DESC LIMIT ?', limit).map(eventFromRow).reverse()
  }

  getUser(name: string): UserRecord | null {
    return this.#one('SELECT * FROM user WHERE name = ?', userFromRow, name)
  }

  countUsers(): number {
    return this.#one('SELECT count(*) AS count FROM user', (row) => integer(row, 'count')) ?? 0
  }

  putUser(user: UserRecord): void {
    this.#run(PUT_USER, user.name, user.passwordHash, user.role)
  }

  putSession(session: SessionRecord): void {
    this.#together(() => {
      this.#run(PUT_SESSION, session.tokenHash, session.user, session.expiresAt)
      this.#run(PRUNE_SESSIONS)
    })
  }

  getSession(tokenHash: string): SessionRecord | null {
    return this.#one('SELECT * FROM session WHERE token_hash = ?', sessionFromRow, tokenHash)
  }

  deleteSession(tokenHash: string): void {
    this.#run('DELETE FROM session WHERE token_hash = ?', tokenHash)
  }

  deleteSessionsExpiredBefore(at: string): void {
    this.#run('DELETE FROM session WHERE expires_at < ?', at)
  }

  getSetting(key: string): unknown {
    return this.#one('SELECT value FROM setting WHERE key = ?', (row) => JSON.parse(text(row, 'value')) as unknown, key)
  }

  putSetting(key: string, value: unknown): void {
    this.#run(PUT_SETTING, key, JSON.stringify(value))
  }

  /** One transaction, the caller's where there is one. */
  #together<T>(body: () => T): T {
    return this.#inTransaction ? body() : this.atomically(body)
  }

  #rollBack(): void {
    try {
      this.#statement('ROLLBACK').run()
    } catch {
      // SQLite has rolled back by itself (SQLITE_FULL, SQLITE_IOERR): there is no transaction left to end.
    }
  }

  #statement(sql: string): sqlite.Statement {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const statement = this.#database.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }

  #run(sql: string, ...parameters: sqlite.Value[]): { changes: number; lastInsertRowid: number } {
    return guarded(() => this.#statement(sql).run(...parameters))
  }

  #one<T>(sql: string, decode: (row: sqlite.Row) => T, ...parameters: sqlite.Value[]): T | null {
    const row = guarded(() => this.#statement(sql).get(...parameters))
    return row === undefined ? null : decode(row)
  }

  #all(sql: string, ...parameters: sqlite.Value[]): sqlite.Row[] {
    return guarded(() => this.#statement(sql).all(...parameters))
  }
}

/** `quick_check` found damage; the message is its first finding. */
export class CorruptDatabase extends Error {
  override readonly name = 'CorruptDatabase'
}

function guarded<T>(body: () => T): T {
  try {
    return body()
  } catch (error) {
    if (!isNativeError(error) || !error.code.startsWith('SQLITE_')) throw error
    throw new StoreFailure(error.code === 'SQLITE_FULL' ? 'store.full' : 'store.failed', `${error.code}: ${error.message}`)
  }
}

function readPragma(database: sqlite.Database, pragma: string): unknown {
  const statement = database.prepare(`PRAGMA ${pragma}`)
  try {
    const row = statement.get()
    return row === undefined ? undefined : Object.values(row)[0]
  } finally {
    statement.finalize()
  }
}
