// One pragma of a database: set or asked, with the first value of its answer.
import type * as sqlite from 'hv:sqlite'

export function readPragma(database: sqlite.Database, pragma: string): unknown {
  const statement = database.prepare(`PRAGMA ${pragma}`)
  try {
    const row = statement.get()
    return row === undefined ? undefined : Object.values(row)[0]
  } finally {
    statement.finalize()
  }
}
