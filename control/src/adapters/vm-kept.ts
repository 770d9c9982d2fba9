// What a VM keeps besides its disks: directories and files that appear whole, and go with the VM.
import * as fs from 'hv:fs'
import { toHostFailure } from './host-failure.ts'

/** Larger than any firmware's variables. */
const MAX_COPY_BYTES = 16_777_216

/** Root's directories hold others only; one of a VM is its own. */
export function makeKeptDirectory(path: string, uid: number): void {
  fs.mkdir(path, { recursive: true, mode: 0o700 })
  fs.chown(path, uid, uid)
  fs.syncDir(path.slice(0, path.lastIndexOf('/')))
}

export function copyOnce(source: string, path: string, uid: number): void {
  if (fs.statOrNull(path) === null) fs.writeFileAtomic(path, fs.readFile(source, MAX_COPY_BYTES), { mode: 0o600, uid, gid: uid })
  else fs.chown(path, uid, uid)
}

/** A file, or a directory with all in it; no-op when it is not there. */
export function removeKept(path: string): void {
  try {
    removeAll(path)
  } catch (error) {
    throw toHostFailure(error, 'remove-kept')
  }
}

function removeAll(path: string): void {
  // lstat first: a VM's own directory may hold what the VM's process has put there, links included.
  const found = fs.statOrNull(path) === null ? null : fs.lstat(path)
  if (found === null) return
  if (found.kind !== 'directory') {
    fs.unlink(path)
    return
  }
  // A VM's own directory is closed to others.
  fs.chown(path, 0, 0)
  for (const name of fs.readDir(path)) {
    const inner = `${path}/${name}`
    if (fs.lstat(inner).kind === 'directory') removeAll(inner)
    else fs.unlink(inner)
  }
  fs.rmdir(path)
}
