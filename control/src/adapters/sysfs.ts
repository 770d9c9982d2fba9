// Reads small files, folders and links of /sys and /proc, of which any may be missing, refused, or gone between two looks: then the answer is null, or nothing.
import { readDir, readLink, readText } from 'hv:fs'

/** No file read through this is longer. */
const MAX_BYTES = 64 * 1024

export function textOrNull(path: string): string | null {
  return orNull(() => readText(path, MAX_BYTES))
}

/** Names in a folder; none when it is not there. */
export function namesIn(path: string): readonly string[] {
  return orNull(() => readDir(path)) ?? []
}

/** Where a link leads, as it is written. */
export function linkOrNull(path: string): string | null {
  return orNull(() => readLink(path))
}

/** The last part of where a link leads: sysfs names drivers and groups in this way. */
export function linkedName(path: string): string | null {
  return linkOrNull(path)?.split('/').at(-1) ?? null
}

function orNull<T>(read: () => T): T | null {
  try {
    return read()
  } catch {
    return null
  }
}
