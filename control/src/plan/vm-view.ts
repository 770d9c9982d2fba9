// Entries of the mount views of a VM's processes. Pure.
import type { ViewEntry } from '../domain/effect.ts'

export function program(source: string, target = source): ViewEntry {
  return { source, target, readOnly: true, device: false, executable: true }
}

export function data(source: string, target = source, readOnly = true): ViewEntry {
  return { source, target, readOnly, device: false, executable: false }
}

export function device(path: string): ViewEntry {
  return { source: path, target: path, readOnly: false, device: true, executable: false }
}

/** Libraries, under both names that the loader uses. */
export const LIBRARIES: readonly ViewEntry[] = [
  program('/usr/lib'),
  program('/usr/lib64'),
  program('/usr/lib', '/lib'),
  program('/usr/lib64', '/lib64'),
]
