// The store in one SQLite database: every method is one durable transaction. What its records mean is decided elsewhere.
import * as sqlite from 'hv:sqlite'
import type { CredentialKind } from '../domain/credential.ts'
import type { Event, NewEvent } from '../domain/event.ts'
import type { Task } from '../domain/task.ts'
import type { CredentialRecord, Durability, SessionRecord, Store, UserRecord, VmRecord } from '../ports/store.ts'
import { StoreConflict, StoreFailure } from '../ports/store.ts'
import { isNativeError } from './host-failure.ts'
import { SqliteAudit } from './sqlite-audit.ts'
import { keepBefore } from './sqlite-copies.ts'
import { SqliteGenerations } from './sqlite-generations.ts'
import { migrate } from './sqlite-migrations.ts'
import { readPragma } from './sqlite-pragma.ts'
import {
  credentialFromRow,
  eventFromRow,
  integer,
  sessionFromRow,
  sessionToParameters,
  taskFromRow,
  text,
  userFromRow,
  userToParameters,
  vmFromRow,
  vmToParameters,
} from './sqlite-rows.ts'

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
  INSERT INTO user (name, password_hash, role, account) VALUES (?, ?, ?, ?)
  ON CONFLICT (name) DO UPDATE SET password_hash = excluded.password_hash, role = excluded.role, account = excluded.account`
const PUT_SESSION = `
  INSERT INTO session (token_hash, user, expires_at, document) VALUES (?, ?, ?, ?)
  ON CONFLICT (token_hash) DO UPDATE SET user = excluded.user, document = excluded.document`
const PRUNE_SESSIONS = `DELETE FROM session WHERE rowid <= (SELECT rowid FROM session ORDER BY rowid DESC LIMIT 1 OFFSET ${SESSIONS_KEPT})`
const PUT_CREDENTIAL = `
  INSERT INTO credential (kind, key, user, document) VALUES (?, ?, ?, ?)
  ON CONFLICT (kind, key) DO UPDATE SET user = excluded.user, document = excluded.document`
const PUT_SETTING = 'INSERT INTO setting (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value'

export class SqliteStore implements Store {
  readonly #database: sqlite.Database
  readonly #statements = new Map<string, sqlite.Statement>()
  readonly #parts = {
    run: (sql: string, ...given: sqlite.Value[]) => this.#run(sql, ...given),
    all: (sql: string, ...given: sqlite.Value[]) => this.#all(sql, ...given),
  }
  readonly audit = new SqliteAudit(this.#parts)
  readonly generations = new SqliteGenerations(this.#parts)
  #inTransaction = false
  #hasChanged = false
  #syncs = 0

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
      migrate(database, (version) => {
        if (path !== ':memory:') keepBefore(database, path, version)
      })
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

  get syncs(): number {
    return this.#syncs
  }

  /** In the write-ahead log frames follow one another and are read back up to the first that is not whole: one that is synced makes all before it last. */
  atomically<T>(body: () => T, durability: Durability = 'synced'): T {
    if (this.#inTransaction) throw new TypeError('transactions do not nest')
    this.#hasChanged = false
    if (durability === 'synced') {
      const result = this.#transact(body)
      if (this.#hasChanged) this.#syncs++
      return result
    }
    readPragma(this.#database, 'synchronous = NORMAL')
    try {
      return this.#transact(body)
    } finally {
      readPragma(this.#database, 'synchronous = FULL')
    }
  }

  #transact<T>(body: () => T): T {
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

  listUsers(): readonly UserRecord[] {
    return this.#all('SELECT * FROM user ORDER BY name').map(userFromRow)
  }

  countUsers(): number {
    return this.#one('SELECT count(*) AS count FROM user', (row) => integer(row, 'count')) ?? 0
  }

  putUser(user: UserRecord): void {
    this.#run(PUT_USER, ...userToParameters(user))
  }

  deleteUser(name: string): void {
    this.#run('DELETE FROM user WHERE name = ?', name)
  }

  putSession(session: SessionRecord): void {
    this.#together(() => {
      this.#run(PUT_SESSION, ...sessionToParameters(session))
      this.#run(PRUNE_SESSIONS)
    })
  }

  getSession(tokenHash: string): SessionRecord | null {
    return this.#one('SELECT * FROM session WHERE token_hash = ?', sessionFromRow, tokenHash)
  }

  listSessions(): readonly SessionRecord[] {
    return this.#all('SELECT * FROM session ORDER BY rowid').map(sessionFromRow)
  }

  deleteSession(tokenHash: string): void {
    this.#run('DELETE FROM session WHERE token_hash = ?', tokenHash)
  }

  getCredential<Kind extends CredentialKind>(kind: Kind, key: string): CredentialRecord<Kind> | null {
    return this.#one('SELECT * FROM credential WHERE kind = ? AND key = ?', (row) => credentialFromRow(row, kind), kind, key)
  }

  listCredentials<Kind extends CredentialKind>(kind: Kind, user?: string): readonly CredentialRecord<Kind>[] {
    const rows =
      user === undefined
        ? this.#all('SELECT * FROM credential WHERE kind = ? ORDER BY sequence', kind)
        : this.#all('SELECT * FROM credential WHERE kind = ? AND user = ? ORDER BY sequence', kind, user)
    return rows.map((row) => credentialFromRow(row, kind))
  }

  putCredential({ kind, key, user, document }: CredentialRecord): void {
    this.#run(PUT_CREDENTIAL, kind, key, user, JSON.stringify(document))
  }

  deleteCredential(kind: CredentialKind, key: string): void {
    this.#run('DELETE FROM credential WHERE kind = ? AND key = ?', kind, key)
  }

  getSetting(key: string): unknown {
    return this.#one('SELECT value FROM setting WHERE key = ?', (row) => JSON.parse(text(row, 'value')) as unknown, key)
  }

  listSettingKeys(): readonly string[] {
    return this.#all('SELECT key FROM setting ORDER BY key').map((row) => text(row, 'key'))
  }

  putSetting(key: string, value: unknown): void {
    this.#run(PUT_SETTING, key, JSON.stringify(value))
  }

  forgetConfiguration(keptSettings: readonly string[]): void {
    this.#together(() => {
      for (const table of ['user', 'session', 'credential', 'generation']) this.#run(`DELETE FROM ${table}`)
      this.#run(`DELETE FROM setting WHERE key NOT IN (${keptSettings.map(() => '?').join(', ')})`, ...keptSettings)
    })
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
    const done = guarded(() => this.#statement(sql).run(...parameters))
    // A step that changes nothing is not synced.
    if (done.changes > 0 && this.#inTransaction) this.#hasChanged = true
    else if (done.changes > 0) this.#syncs++
    return done
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
