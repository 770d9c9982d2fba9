// hv:sqlite.
import { stat, writeFileAtomic } from 'hv:fs'
import { type Database, open } from 'hv:sqlite'
import { describe, expect, it } from 'vitest'
import { failure, scratch } from './support.ts'

function withDatabase(act: (database: Database) => void): void {
  const database = open(':memory:')
  try {
    act(database)
  } finally {
    database.close()
  }
}

describe('values', () => {
  it.each([[null], [0], [-1.5], [9007199254740991], [9007199254740993n], [-9223372036854775808n], ['text ä€𝄞'], ['']])(
    'come back as they went: %s',
    (value) => {
      withDatabase((database) => {
        expect(database.prepare('SELECT ? AS v').get(value)).toEqual({ v: value })
      })
    },
  )

  it('may be bytes, of any length', () => {
    withDatabase((database) => {
      const row = database.prepare('SELECT ? AS a, ? AS b').get(new Uint8Array([0, 255]), new Uint8Array(0))
      expect(row).toEqual({ a: new Uint8Array([0, 255]), b: new Uint8Array(0) })
    })
  })

  it.each([[true], [undefined], [{}]])('may not be %s', (value) => {
    withDatabase((database) => {
      expect(failure(() => database.prepare('SELECT ?').get(value as never)).name).toBe('TypeError')
    })
  })

  it('must be as many as the statement has, and integers of 64 bits', () => {
    withDatabase((database) => {
      const statement = database.prepare('SELECT ?')
      expect(failure(() => statement.get())).toMatchObject({ code: 'SQLITE_RANGE', syscall: 'sqlite3_bind' })
      expect(failure(() => statement.get(1, 2)).code).toBe('SQLITE_RANGE')
      expect(failure(() => statement.get(2n ** 63n)).code).toBe('SQLITE_RANGE')
    })
  })
})

describe('statements', () => {
  it('run, get and list', () => {
    withDatabase((database) => {
      database.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE); CREATE INDEX i ON t (name)')
      const insert = database.prepare('INSERT INTO t (name) VALUES (?)')
      expect(insert.run('a')).toEqual({ changes: 1, lastInsertRowid: 1 })
      expect(insert.run('b')).toEqual({ changes: 1, lastInsertRowid: 2 })
      const select = database.prepare('SELECT * FROM t WHERE id > ? ORDER BY id')
      expect(select.all(0)).toEqual([
        { id: 1, name: 'a' },
        { id: 2, name: 'b' },
      ])
      expect(select.get(1)).toEqual({ id: 2, name: 'b' })
      expect(select.get(2)).toBeUndefined()
      expect(select.all(2)).toEqual([])
    })
  })

  it('fail with the extended name and can be used again', () => {
    withDatabase((database) => {
      database.exec('CREATE TABLE t (a TEXT UNIQUE NOT NULL, b INTEGER CHECK (b > 0))')
      const insert = database.prepare('INSERT INTO t (a) VALUES (?)')
      insert.run('x')
      expect(failure(() => insert.run('x'))).toMatchObject({ name: 'HostError', code: 'SQLITE_CONSTRAINT_UNIQUE', syscall: 'sqlite3_step' })
      expect(failure(() => insert.run(null)).code).toBe('SQLITE_CONSTRAINT_NOTNULL')
      expect(insert.run('y').changes).toBe(1)
    })
  })

  it('are one at a time, and correct', () => {
    withDatabase((database) => {
      expect(failure(() => database.prepare('SELECT 1; SELECT 2')).code).toBe('SQLITE_MISUSE')
      expect(failure(() => database.prepare('  '))).toMatchObject({ code: 'SQLITE_MISUSE' })
      expect(failure(() => database.prepare('SELEC'))).toMatchObject({ code: 'SQLITE_ERROR', syscall: 'sqlite3_prepare_v3' })
      expect(failure(() => database.exec('nonsense'))).toMatchObject({ code: 'SQLITE_ERROR', syscall: 'sqlite3_exec' })
    })
  })

  it('are of no use once finalized or when the database is closed', () => {
    const database = open(':memory:')
    const [one, two] = [database.prepare('SELECT 1'), database.prepare('SELECT 2')]
    one.finalize()
    expect(failure(() => one.get()).code).toBe('SQLITE_MISUSE')
    database.close()
    database.close()
    expect(failure(() => two.get()).code).toBe('SQLITE_MISUSE')
    expect(failure(() => database.exec('SELECT 1')).code).toBe('SQLITE_MISUSE')
    two.finalize()
  })
})

describe('open', () => {
  it('makes a file for its owner only', () => {
    const path = `${scratch()}/d`
    const database = open(path)
    database.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (a)')
    expect([path, `${path}-wal`, `${path}-shm`].map((file) => stat(file).mode)).toEqual([0o600, 0o600, 0o600])
    database.close()
  })

  it('sets foreign keys on, and defensive mode', () => {
    withDatabase((database) => {
      expect(database.prepare('PRAGMA foreign_keys').get()).toEqual({ foreign_keys: 1 })
      database.exec('CREATE TABLE t (a); PRAGMA writable_schema = ON')
      expect(failure(() => database.exec("UPDATE sqlite_schema SET sql = 'x'")).code).toBe('SQLITE_ERROR')
      expect(failure(() => database.exec("SELECT load_extension('x')")).code).toBe('SQLITE_ERROR')
      expect(failure(() => database.exec('SELECT "no column"')).code).toBe('SQLITE_ERROR')
    })
  })

  it('names the path of what cannot be opened', () => {
    expect(failure(() => open('/no/such/d'))).toMatchObject({ code: 'SQLITE_CANTOPEN', syscall: 'sqlite3_open_v2', path: '/no/such/d' })
    const path = `${scratch()}/d`
    writeFileAtomic(path, 'no database, but long enough to be looked at')
    const database = open(path)
    expect(failure(() => database.exec('SELECT * FROM sqlite_schema')).code).toBe('SQLITE_NOTADB')
    database.close()
  })
})
