// The schema of the store, as the ordered list of steps that led to it. A step that was released is never edited.
import type { Database } from 'hv:sqlite'
import { readPragma } from './sqlite-pragma.ts'

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
  `
  CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY,
    hash TEXT NOT NULL,
    text TEXT NOT NULL
  ) STRICT;
  CREATE TABLE audit_attempt (
    id TEXT PRIMARY KEY,
    text TEXT NOT NULL
  ) STRICT;
  CREATE TABLE audit_state (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    base_sequence INTEGER NOT NULL,
    document TEXT NOT NULL
  ) STRICT;
  CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit BEGIN
    SELECT RAISE(ABORT, 'an entry of the audit log is never changed');
  END;
  CREATE TRIGGER audit_appended BEFORE INSERT ON audit
    WHEN NEW.sequence <= coalesce((SELECT max(sequence) FROM audit), 0) BEGIN
    SELECT RAISE(ABORT, 'an entry of the audit log is never replaced');
  END;
  CREATE TRIGGER audit_kept BEFORE DELETE ON audit
    WHEN OLD.sequence > coalesce((SELECT base_sequence FROM audit_state), 0) BEGIN
    SELECT RAISE(ABORT, 'an entry of the audit log above its base is never removed');
  END;
  `,
  // Whoever gets the name of a user who was deleted gets nothing of theirs.
  `
  CREATE TABLE credential (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    user TEXT NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (kind, key)
  ) STRICT;
  CREATE INDEX credential_user ON credential (user);
  CREATE TRIGGER credential_of_user AFTER DELETE ON user BEGIN DELETE FROM credential WHERE user = OLD.name; END;
  `,
  // Sessions of before know neither where they came from nor how long they were idle: who had one logs in again.
  `ALTER TABLE user ADD COLUMN account TEXT;
   ALTER TABLE session ADD COLUMN document TEXT;
   DELETE FROM session;`,
  `
  CREATE TABLE generation (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    author TEXT NOT NULL,
    what TEXT NOT NULL,
    changes INTEGER NOT NULL,
    characters INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE generation_change (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    number INTEGER NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    PRIMARY KEY (kind, id, number)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX generation_change_number ON generation_change (number);
  CREATE TRIGGER generation_changes AFTER DELETE ON generation BEGIN DELETE FROM generation_change WHERE number = OLD.number; END;
  `,
]

/** What this version writes. */
export const SCHEMA_VERSION = MIGRATIONS.length

/** A database written by a later version: it must be left alone. */
export class NewerDatabase extends Error {
  override readonly name = 'NewerDatabase'
  constructor(readonly version: number) {
    super(`schema version ${version} is newer than ${SCHEMA_VERSION}`)
  }
}

/**
 * Brings the schema up to date, all steps in one transaction, so that a cut leaves the database of before or that of now.
 * `keep` is called before the first step with the version that there is, unless the database is new.
 */
export function migrate(database: Database, keep: (version: number) => void): void {
  const version = Number(readPragma(database, 'user_version'))
  if (version > SCHEMA_VERSION) throw new NewerDatabase(version)
  if (version > 0 && version < SCHEMA_VERSION) keep(version)
  if (version === SCHEMA_VERSION) return
  database.exec(`BEGIN IMMEDIATE; ${MIGRATIONS.slice(version).join(';')}; PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT;`)
}
