// The store in SQLite keeps the contract, survives being reopened, and copes with whatever is in its place.
import * as fs from 'hv:fs'
import * as sqlite from 'hv:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createClock } from '../../control/src/adapters/clock.ts'
import { SCHEMA_VERSION } from '../../control/src/adapters/sqlite-migrations.ts'
import { SqliteStore } from '../../control/src/adapters/sqlite-store.ts'
import { openStore } from '../../control/src/adapters/store-recovery.ts'
import { storeContract } from '../contract/store.contract.ts'
import { removeDirectory, temporaryDirectory } from './temporary.ts'

let directory = ''
let opened: SqliteStore[] = []
const clock = createClock()

beforeEach(() => {
  directory = temporaryDirectory()
})
afterEach(() => {
  for (const store of opened) store.close()
  opened = []
  removeDirectory(directory)
})

function open(path = `${directory}/corbel.db`): SqliteStore {
  const store = SqliteStore.open(path)
  opened.push(store)
  return store
}

function recover() {
  const result = openStore(directory, clock)
  opened.push(result.store)
  return result
}

describe('the store in a file', () => {
  let count = 0
  storeContract(() => open(`${directory}/${count++}.db`))
})

describe('the store in memory', () => {
  storeContract(() => open(':memory:'))
})

describe('a database', () => {
  it('has after reopening what was written', () => {
    const first = open()
    first.putSetting('hostname', 'rack3')
    first.close()
    opened = []
    expect(open().getSetting('hostname')).toBe('rack3')
  })

  it('refuses to change an entry of the audit log, or to remove one above its base, whoever asks', () => {
    const store = open()
    for (const sequence of [1, 2]) store.audit.append({ sequence, hash: 'h', text: '{}' })
    store.close()
    opened = []
    const database = sqlite.open(`${directory}/corbel.db`)
    for (const sql of ["UPDATE audit SET text = '{1}'", 'DELETE FROM audit', "REPLACE INTO audit VALUES (1, 'x', 'x')"]) {
      expect(() => database.exec(sql)).toThrow(/never|UNIQUE/)
    }
    database.close()
    expect(open().audit.list({ from: { after: 0 }, limit: 9 }).rows).toHaveLength(2)
  })

  it('never gives an event id again, even when all events are gone', () => {
    const store = open()
    const at = '2026-01-01T00:00:00.000Z'
    const { id } = store.appendEvent({ at, code: 'a', severity: 'info', target: { kind: 'host', id: 'host' }, message: '' })
    store.close()
    opened = []
    const database = sqlite.open(`${directory}/corbel.db`)
    database.exec('DELETE FROM event')
    database.close()
    const next = open().appendEvent({ at, code: 'a', severity: 'info', target: { kind: 'host', id: 'host' }, message: '' })
    expect(next.id).toBeGreaterThan(id)
  })

  it('keeps ended tasks to a bound and running ones always', () => {
    const store = open(':memory:')
    const target = { kind: 'vm', id: 'v' } as const
    const task = (id: string, state: 'running' | 'succeeded') =>
      ({
        id,
        kind: 'vm.reset',
        target,
        state,
        progressPercent: 0,
        cancellable: false,
        createdAt: '',
        endedAt: null,
        error: null,
        by: 'admin',
      }) as const
    store.putTask(task('running', 'running'))
    for (let number = 0; number < 1_010; number++) store.putTask(task(String(number), 'succeeded'))
    expect(store.listTasks(5_000)).toHaveLength(1_001)
    expect(store.getTask('9')).toBeNull()
    expect(store.getTask('10')?.id).toBe('10')
    expect(store.getTask('running')?.state).toBe('running')
  })

  it('that is full refuses the write with store.full and stays usable', () => {
    const store = SqliteStore.open(`${directory}/corbel.db`, { maxPages: 60 })
    opened.push(store)
    let thrown: unknown
    try {
      store.putSetting('large', 'x'.repeat(1_000_000))
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject({ name: 'StoreFailure', code: 'store.full' })
    expect(store.getSetting('large')).toBeNull()
    store.putSetting('small', 2)
    expect(store.getSetting('small')).toBe(2)
  })
})

describe('opening', () => {
  it('is nothing special where all is well', () => {
    expect(recover().problem).toBeNull()
  })

  it.each<[string, () => void]>([
    ['no database at all', () => fs.writeFileAtomic(`${directory}/corbel.db`, 'this is no database, and long enough to tell. '.repeat(40))],
    ['damaged inside', damage],
  ])('sets a file aside that is %s', (_name, spoil) => {
    spoil()
    const { store, problem } = recover()
    expect(problem?.code).toBe('store.set-aside')
    store.putSetting('hostname', 'fresh')
    const names = fs.readDir(directory)
    expect(names.filter((name) => /^corbel\.db\.broken-[0-9TZ-]+$/.test(name))).toHaveLength(1)
  })

  it('keeps the three latest files that were set aside', () => {
    for (const day of ['1', '2', '3', '4']) fs.writeFileAtomic(`${directory}/corbel.db.broken-2020-01-0${day}T00-00-00-000Z`, '')
    fs.writeFileAtomic(`${directory}/corbel.db`, 'no database '.repeat(200))
    recover()
    const aside = fs.readDir(directory).filter((name) => name.includes('broken'))
    expect(aside).toHaveLength(3)
    expect(aside[0]).toContain('2020-01-03')
  })

  it('leaves a database of a later version alone and goes on in memory', () => {
    open().close()
    opened = []
    const database = sqlite.open(`${directory}/corbel.db`)
    database.exec('PRAGMA user_version = 1000')
    database.close()
    const { store, problem } = recover()
    expect(problem?.code).toBe('store.in-memory')
    expect(store.countUsers()).toBe(0)
    expect(fs.readDir(directory).filter((name) => name.includes('broken'))).toEqual([])
  })

  it('of an earlier version’s database keeps a copy of it, to which that version returns with the state that it left', () => {
    const store = open()
    store.putSetting('hostname', 'as it was left')
    store.close()
    opened = []
    // What an earlier version left, as far as its version tells.
    const before = sqlite.open(`${directory}/corbel.db`)
    before.exec(`DROP TABLE generation; DROP TABLE generation_change; PRAGMA user_version = ${SCHEMA_VERSION - 1}`)
    before.close()
    recover().store.putSetting('hostname', 'changed by the later one')
    expect(fs.readDir(directory)).toContain(`corbel.db.schema-${SCHEMA_VERSION - 1}`)
    for (const each of opened) each.close()
    opened = []
    // From here on this version is the earlier one.
    fs.rename(`${directory}/corbel.db.schema-${SCHEMA_VERSION - 1}`, `${directory}/corbel.db.schema-${SCHEMA_VERSION - 2}`)
    const later = sqlite.open(`${directory}/corbel.db`)
    later.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`)
    later.close()
    const { store: earlier, problem } = recover()
    expect([problem?.code, earlier.getSetting('hostname')]).toEqual(['store.earlier-copy', 'as it was left'])
    const aside = sqlite.open(`${directory}/corbel.db.later-${SCHEMA_VERSION + 1}`)
    const statement = aside.prepare("SELECT value FROM setting WHERE key = 'hostname'")
    expect(statement.get()?.value).toBe('"changed by the later one"')
    statement.finalize()
    aside.close()
  })

  it('goes on in memory where there is no directory', () => {
    const { store, problem } = openStore(`${directory}/missing`, clock)
    opened.push(store)
    expect(problem?.code).toBe('store.in-memory')
    store.putSetting('a', 1)
    expect(store.getSetting('a')).toBe(1)
  })
})

/** Overwrites the middle of a good database's pages. */
function damage(): void {
  const store = open()
  store.atomically(() => {
    for (let number = 0; number < 200; number++) store.putSetting(`key${number}`, 'x'.repeat(200))
  })
  store.close()
  opened = []
  const bytes = fs.readFile(`${directory}/corbel.db`)
  bytes.fill(0xff, 5_000, bytes.length - 3_000)
  fs.writeFileAtomic(`${directory}/corbel.db`, bytes)
}
