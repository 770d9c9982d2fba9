// Finds where a file lies inside an ISO 9660 image, so that a test can damage it there. Never writes.
import { closeSync, openSync, readSync } from 'node:fs'

const sectorBytes = 2048

export interface Extent {
  /** Bytes from the beginning of the image. */
  readonly start: number
  readonly length: number
}

/** @source ECMA-119, sections 8.4 (primary volume descriptor) and 9.1 (directory record). Names are compared without case and version. */
export function findInIso(image: string, path: readonly string[]): Extent {
  const fd = openSync(image, 'r')
  try {
    let extent = rootDirectory(read(fd, { start: 16 * sectorBytes, length: sectorBytes }))
    for (const name of path) extent = findEntry(read(fd, extent), name)
    return extent
  } finally {
    closeSync(fd)
  }
}

function read(fd: number, extent: Extent): Buffer {
  const data = Buffer.alloc(extent.length)
  readSync(fd, data, 0, extent.length, extent.start)
  return data
}

function rootDirectory(descriptor: Buffer): Extent {
  if (descriptor.toString('latin1', 1, 6) !== 'CD001') throw new Error('no ISO 9660 image')
  return extentOf(descriptor.subarray(156))
}

function findEntry(directory: Buffer, name: string): Extent {
  let at = 0
  while (at < directory.length) {
    const length = directory.readUInt8(at)
    if (length === 0) {
      // Records do not cross sectors: the rest of this one is empty.
      at = (Math.floor(at / sectorBytes) + 1) * sectorBytes
      continue
    }
    const record = directory.subarray(at, at + length)
    const identifier = record.toString('latin1', 33, 33 + record.readUInt8(32)).replace(/\.?;1$/, '')
    if (identifier.toLowerCase() === name.toLowerCase()) return extentOf(record)
    at += length
  }
  throw new Error(`no ${name} in the image`)
}

const extentOf = (record: Buffer): Extent => ({ start: record.readUInt32LE(2) * sectorBytes, length: record.readUInt32LE(10) })
