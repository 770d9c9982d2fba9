// The schema of the store, as the ordered list of steps that led to it. A step that was released is never edited.
import type { Database } from 'hv:sqlite'

/** Step N (from 1) takes a database from `user_version` N-1 to N. */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE vm (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    uid INTEGER NOT NULL UNIQUE,
    revision INTEGER NOT NULL,
    spec TEXT NOT NULL,
    process_pid INTEGER,
    process_start_time INTEGER,
    started_at TEXT,
    started_spec TEXT,
    last_exit TEXT
  ) STRICT;
  CREATE TABLE task (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    document TEXT NOT NULL
  ) STRICT;
  CREATE INDEX task_state ON task (state);
  CREATE TABLE event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    document TEXT NOT NULL
  ) STRICT;
  CREATE TABLE user (
    name TEXT PRIMARY KEY,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL
  ) STRICT;
  CREATE TABLE session (
    token_hash TEXT PRIMARY KEY,
    user TEXT NOT NULL,
    expires_at TEXT NOT NULL
  ) STRICT;
  CREATE TABLE setting (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT;
  `,
  `ALTER TABLE vm ADD COLUMN runtime TEXT;`,
]

/** A database written by a later version: it must be left alone. */
class NewerDatabase extends Error {
  override readonly name = 'NewerDatabase'
}

/** Brings the schema up to date, each step in a transaction of its own with its version, so that a cut leaves a whole step done or not. */
export function migrate(database: Database): void {
  const version = schemaVersion(database)
  if (version > MIGRATIONS.length) throw new NewerDatabase(`schema version ${version} is newer than ${MIGRATIONS.length}`)
  for (const [index, step] of MIGRATIONS.entries()) {
    if (index < version) continue
    database.exec(`BEGIN IMMEDIATE; ${step}; PRAGMA user_version = ${index + 1}; COMMIT;`)
  }
}

function schemaVersion(database: Database): number {
  const statement = database.prepare('PRAGMA user_version')
  try {
    return Number(statement.get()?.user_version ?? 0)
  } finally {
    statement.finalize()
  }
}
