// Copies of the database beside it: one before a migration, which an earlier version goes back to, and the later version's then. Never decides which counts.
import * as fs from 'hv:fs'
import * as sqlite from 'hv:sqlite'
import { sync } from 'hv:system'

const copyOf = (path: string, version: number) => `${path}.schema-${version}`
const laterOf = (path: string, version: number) => `${path}.later-${version}`

/** Keeps the database as an earlier version has left it. A state without room for it is migrated all the same: a host that starts is worth more than one that could go back. */
export function keepBefore(database: sqlite.Database, path: string, version: number): void {
  const target = copyOf(path, version)
  try {
    copyInto(database, target)
    removeOthers(path, 'schema', target)
  } catch {
    if (fs.statOrNull(`${target}.new`) !== null) fs.unlink(`${target}.new`)
  }
}

/**
 * Puts the copy that version `own` or the nearest before it can read in the place of a database of version `found`, which is kept aside.
 * A power cut at any point leaves the one or the other in place, whole. Throws, in words, when there is no copy or no room.
 */
export function returnToCopy(path: string, found: number, own: number): { readonly aside: string; readonly madeAt: string } {
  const version = Array.from({ length: own }, (_, index) => own - index).find((one) => fs.statOrNull(copyOf(path, one)) !== null)
  if (version === undefined) throw new Error('there is no copy of before it')
  const copy = copyOf(path, version)
  const madeAt = new Date(fs.stat(copy).modifiedMs).toISOString()
  const aside = laterOf(path, found)
  const database = sqlite.open(path)
  try {
    copyInto(database, aside)
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  } finally {
    database.close()
  }
  removeOthers(path, 'later', aside)
  // A log that were left would be taken for the copy's.
  const log = fs.statOrNull(`${path}-wal`)
  if (log !== null && log.size > 0) throw new Error('its log cannot be ended')
  fs.rename(copy, path)
  fs.syncDir(directoryOf(path))
  return { aside, madeAt }
}

/** Whole or not at all, and on disk. */
function copyInto(database: sqlite.Database, target: string): void {
  const unfinished = `${target}.new`
  if (fs.statOrNull(unfinished) !== null) fs.unlink(unfinished)
  database.exec(`VACUUM INTO '${unfinished.replaceAll("'", "''")}'`)
  sync()
  fs.rename(unfinished, target)
  fs.syncDir(directoryOf(target))
}

function removeOthers(path: string, kind: 'schema' | 'later', kept: string): void {
  const directory = directoryOf(path)
  const start = `${path.slice(directory.length + 1)}.${kind}-`
  for (const name of fs.readDir(directory)) {
    if (name.startsWith(start) && `${directory}/${name}` !== kept) fs.unlink(`${directory}/${name}`)
  }
}

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}
