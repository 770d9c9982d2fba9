// The files that the relay keeps of a VM's serial port: read, and removed with the VM. It never writes them.
import * as fs from 'hv:fs'
import { isNativeError, toHostFailure } from './host-failure.ts'

/** The latest `maxBytes` of the log at `path` with the older part at `path.1`; empty when there is none. */
export function readSerialLog(path: string, maxBytes: number): Uint8Array {
  try {
    const older = readOrEmpty(`${path}.1`)
    const newer = readOrEmpty(path)
    const whole = new Uint8Array(older.length + newer.length)
    whole.set(older, 0)
    whole.set(newer, older.length)
    return whole.slice(Math.max(0, whole.length - maxBytes))
  } catch (error) {
    throw toHostFailure(error, 'read-serial-log')
  }
}

/** Removes `directory` and the files in it; no-op when it is not there. */
export function removeLogs(directory: string): void {
  try {
    if (fs.statOrNull(directory) === null) return
    for (const name of fs.readDir(directory)) fs.unlink(`${directory}/${name}`)
    fs.rmdir(directory)
  } catch (error) {
    throw toHostFailure(error, 'remove-logs')
  }
}

function readOrEmpty(path: string): Uint8Array {
  try {
    return fs.readFile(path)
  } catch (error) {
    // The relay may be renaming it at this moment: what is not there is not part of the log now.
    if (isNativeError(error) && error.code === 'ENOENT') return new Uint8Array(0)
    throw error
  }
}
