// Directories for one test, removed with all in them.
import { randomBytes } from 'hv:crypto'
import * as fs from 'hv:fs'
import { toHex } from 'hv:text'

export function temporaryDirectory(): string {
  const path = `/tmp/corbel-test-${toHex(randomBytes(8))}`
  fs.mkdir(path, { mode: 0o700 })
  return path
}

/** No-op when it is not there. */
export function removeDirectory(path: string): void {
  if (fs.statOrNull(path) === null) return
  for (const name of fs.readDir(path)) {
    const inside = `${path}/${name}`
    if (fs.lstat(inside).kind === 'directory') removeDirectory(inside)
    else fs.unlink(inside)
  }
  fs.rmdir(path)
}
