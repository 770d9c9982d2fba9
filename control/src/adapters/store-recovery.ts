// Opening the store whatever state its file is in: a damaged database is set aside, a later version's gives way to the copy of before it, an unusable file system gives a store in memory.
import * as fs from 'hv:fs'
import type { Clock } from '../ports/clock.ts'
import { isNativeError } from './host-failure.ts'
import { returnToCopy } from './sqlite-copies.ts'
import { NewerDatabase, SCHEMA_VERSION } from './sqlite-migrations.ts'
import { CorruptDatabase, SqliteStore } from './sqlite-store.ts'

/** What was wrong, for the event and for the host's health; never a reason not to start. */
export interface StoreProblem {
  /**
   * `store.set-aside`: the damaged file was renamed and a fresh one begun.
   * `store.in-memory`: nothing can be kept, changes are lost when controld ends.
   * `store.earlier-copy`: the database is a later version's; what this version had before that one began is in use.
   */
  readonly code: 'store.set-aside' | 'store.in-memory' | 'store.earlier-copy'
  readonly message: string
}

export interface OpenedStore {
  readonly store: SqliteStore
  readonly problem: StoreProblem | null
}

const FILE = 'corbel.db'
/** SQLite's companions of the database file; they belong to it and move with it. */
const COMPANIONS = ['-wal', '-shm']
const SET_ASIDE_KEPT = 3

/** Opens `directory`/corbel.db. Never throws for what is on the disk. */
export function openStore(directory: string, clock: Clock): OpenedStore {
  const path = `${directory}/${FILE}`
  try {
    return { store: SqliteStore.open(path), problem: null }
  } catch (error) {
    if (error instanceof NewerDatabase) return earlier(path, error)
    if (!isDamage(error)) return inMemory(error)
    return afresh(directory, path, clock.now(), error)
  }
}

/** After a fall-back to an earlier version: it goes on with the state that it left. */
function earlier(path: string, { version, message }: NewerDatabase): OpenedStore {
  try {
    const { aside, madeAt } = returnToCopy(path, version, SCHEMA_VERSION)
    const words = `The database is of a later version (${message}). This version goes on with what it left at ${madeAt}; the later one's is kept as ${aside}.`
    return { store: SqliteStore.open(path), problem: { code: 'store.earlier-copy', message: words } }
  } catch (error) {
    return inMemory(`${message}; ${messageOf(error)}`)
  }
}

function afresh(directory: string, path: string, at: string, cause: unknown): OpenedStore {
  const aside = `${path}.broken-${at.replaceAll(/[:.]/g, '-')}`
  try {
    for (const companion of ['', ...COMPANIONS]) {
      if (fs.statOrNull(path + companion) !== null) fs.rename(path + companion, aside + companion)
    }
    fs.syncDir(directory)
    removeOldest(directory)
    const message = `The database was damaged (${messageOf(cause)}) and has been set aside as ${aside}; this is a fresh one.`
    return { store: SqliteStore.open(path), problem: { code: 'store.set-aside', message } }
  } catch (error) {
    return inMemory(error)
  }
}

function inMemory(cause: unknown): OpenedStore {
  const message = `The database cannot be opened (${messageOf(cause)}); what is changed now is forgotten, at the latest when the machine is turned off.`
  return { store: SqliteStore.open(':memory:'), problem: { code: 'store.in-memory', message } }
}

function isDamage(error: unknown): boolean {
  if (error instanceof CorruptDatabase) return true
  // A database of a later version is sound, and somebody's.
  if (!isNativeError(error)) return false
  return error.code.startsWith('SQLITE_CORRUPT') || error.code.startsWith('SQLITE_NOTADB') || error.code === 'SQLITE_ERROR'
}

/** The names end in their time, so that they sort by age. */
function removeOldest(directory: string): void {
  const aside = fs.readDir(directory).filter((name) => name.startsWith(`${FILE}.broken-`) && !COMPANIONS.some((end) => name.endsWith(end)))
  for (const name of aside.slice(0, Math.max(0, aside.length - SET_ASIDE_KEPT))) {
    for (const companion of ['', ...COMPANIONS]) {
      if (fs.statOrNull(`${directory}/${name}${companion}`) !== null) fs.unlink(`${directory}/${name}${companion}`)
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
