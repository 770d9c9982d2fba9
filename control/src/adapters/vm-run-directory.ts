// A VM's directory below /run/corbel/vm: root's alone, made empty, removed with all in it. It has no subdirectories.
import * as fs from 'hv:fs'

export function makeRunDirectory(path: string): void {
  // Left behind by a controld that was killed while it started or ended a VM.
  removeRunDirectory(path)
  fs.mkdir(path.slice(0, path.lastIndexOf('/')), { recursive: true, mode: 0o700 })
  fs.mkdir(path, { mode: 0o700 })
}

export function removeRunDirectory(path: string): void {
  if (fs.statOrNull(path) === null) return
  for (const name of fs.readDir(path)) fs.unlink(`${path}/${name}`)
  fs.rmdir(path)
}
