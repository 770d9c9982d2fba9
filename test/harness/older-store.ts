// Gives the database of an installed disk the schema before the last, with all in it that this one knew: the next start migrates it.
import { statSync } from 'node:fs'
import { STATE_PARTITION } from '../../control/src/domain/block-disk.ts'
import { layoutOf } from '../../control/src/domain/disk-layout.ts'
import { inTools } from './in-tools.ts'

const MIB = 1_048_576
/** The last step of control/src/adapters/sqlite-migrations.ts taken back. A new step wants its own here. */
const LAST = { version: 6, takenBack: 'DROP TABLE generation_change; DROP TABLE generation;' }

const RECIPE = `
  set -eu
  disk=$1 version=$2 older=$3 statements=$4
  work=$(mktemp -d)
  cd "$work"
  for name in corbel.db corbel.db-wal; do debugfs -R "dump /$name $name" "$disk" 2>&1; done
  [ "$(sqlite3 corbel.db 'PRAGMA user_version')" = "$version" ]
  sqlite3 corbel.db "PRAGMA journal_mode = DELETE; BEGIN; $statements PRAGMA user_version = $older; COMMIT;"
  chmod 600 corbel.db
  printf '%s\\n' 'rm /corbel.db' 'rm /corbel.db-wal' 'rm /corbel.db-shm' "write corbel.db corbel.db" >requests
  debugfs -w -f requests "$disk" 2>&1
  debugfs -R 'stat /corbel.db' "$disk" 2>&1
`

/** The disk is a raw one, of a host that was shut down. */
export function makeStoreOlder(disk: string): void {
  const state = layoutOf(statSync(disk).size).find(({ name }) => name === STATE_PARTITION)
  const at = `${disk}?offset=${(state?.startMiB ?? 0) * MIB}`
  const said = inTools('sh', '-c', RECIPE, 'older-store', at, String(LAST.version), String(LAST.version - 1), LAST.takenBack)
  if (!/Type: regular/.test(said)) throw new Error(`the database was not written back: ${said}`)
}
