// The headers of update files: of one that comes by a descriptor, and of those in a directory.
import { open } from 'hv:copy'
import { closeFd, openFd, readDir, readFile, stat } from 'hv:fs'
import { memoryFile } from 'hv:system'
import { decodeUtf8 } from 'hv:text'
import { parseUpdateHeader } from '../codec/update-file.ts'
import { check } from '../domain/check.ts'
import { UPDATE_HEADER_BYTES, updateManifestSchema } from '../domain/update-manifest.ts'
import { isUpdateFileName, type UpdateOnMedium } from '../domain/update-source.ts'
import { VmHostFailure } from './host-failure.ts'

/** The first bytes of what comes, which are there no more then. Throws a HostFailure, `update.truncated`. */
export function takeUpdateHeader(source: number): Uint8Array {
  const memory = memoryFile()
  try {
    const taken = open(source, memory).step(UPDATE_HEADER_BYTES)
    if (taken < UPDATE_HEADER_BYTES)
      throw new VmHostFailure('update.truncated', 'fill', `Of the header ${taken} of ${UPDATE_HEADER_BYTES} bytes have come.`)
    return readFile(`/proc/self/fd/${memory}`, UPDATE_HEADER_BYTES)
  } finally {
    closeFd(memory)
  }
}

/** With the version that each claims, verified by nobody. What cannot be read is none. */
export function updatesIn(directory: string): readonly Pick<UpdateOnMedium, 'file' | 'sizeBytes' | 'version'>[] {
  return readDir(directory).flatMap((file) => {
    try {
      const { kind, size } = stat(`${directory}/${file}`)
      const version = kind === 'file' && isUpdateFileName(file) ? versionOf(`${directory}/${file}`) : null
      return version === null ? [] : [{ file, sizeBytes: size, version }]
    } catch {
      // Damaged, or no update after all.
      return []
    }
  })
}

function versionOf(path: string): string | null {
  const fd = openFd(path, 'r')
  try {
    const header = parseUpdateHeader(takeUpdateHeader(fd))
    if (header === null) return null
    const manifest = check(updateManifestSchema, JSON.parse(decodeUtf8(header.manifest)), 'update.manifest')
    return manifest.ok ? manifest.value.version : null
  } finally {
    closeFd(fd)
  }
}
