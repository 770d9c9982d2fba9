// What a machine wrote to its disk, in the order in which it was done, and the disk as a power cut at any moment of it would have left it.
// QEMU's blklogwrites writes the log, in the format of the kernel's dm-log-writes. @source Documentation/admin-guide/device-mapper/log-writes.rst
import { closeSync, existsSync, fstatSync, openSync, readSync, writeSync } from 'node:fs'

const MAGIC = 0x6a736677736872n
const SECTOR = 512
const FLUSH = 1n
const DISCARD = 4n
const CHUNK = 1 << 20

export interface LoggedWrite {
  readonly kind: 'write' | 'flush' | 'discard'
  /** On the disk, in bytes. */
  readonly offset: number
  readonly length: number
  /** In the log: where its data is, and where it ends. What was acknowledged when the log was this long comes after it. */
  readonly dataAt: number
  readonly end: number
}

/** Up to where the log is whole: a machine that was cut off may have left half an entry. */
export function readWriteLog(file: string): readonly LoggedWrite[] {
  const fd = openSync(file, 'r')
  try {
    const { size } = fstatSync(fd)
    const head = Buffer.alloc(SECTOR)
    readSync(fd, head, 0, SECTOR, 0)
    if (head.readBigUInt64LE(0) !== MAGIC) throw new Error(`${file} is no log of writes`)
    const entries: LoggedWrite[] = []
    for (let at = SECTOR; at + SECTOR <= size; ) {
      readSync(fd, head, 0, SECTOR, at)
      const [sector, sectors, flags] = [head.readBigUInt64LE(0), head.readBigUInt64LE(8), head.readBigUInt64LE(16)]
      const kind = (flags & FLUSH) !== 0n && sectors === 0n ? 'flush' : (flags & DISCARD) !== 0n ? 'discard' : 'write'
      if (kind === 'write' && sectors === 0n) break
      const length = Number(sectors) * SECTOR
      const end = at + SECTOR + (kind === 'write' ? length : 0)
      if (end > size) break
      entries.push({ kind, offset: Number(sector) * SECTOR, length, dataAt: at + SECTOR, end })
      at = end
    }
    return entries
  } finally {
    closeSync(fd)
  }
}

/**
 * Brings `disk`, as it was before the log began, to where a power cut after `count` entries leaves it: all that was flushed by then, and of the rest what
 * `survives` says. A discard may or may not have been done, so it is left out.
 */
export function replayWrites(log: string, entries: readonly LoggedWrite[], disk: string, count: number, survives: () => boolean): void {
  const flushed = entries.slice(0, count).findLastIndex(({ kind }) => kind === 'flush')
  const [from, to] = [openSync(log, 'r'), openSync(disk, 'r+')]
  try {
    for (const [index, { kind, offset, length, dataAt }] of entries.slice(0, count).entries()) {
      if (kind !== 'write' || (index > flushed && !survives())) continue
      for (let done = 0; done < length; done += CHUNK) {
        const bytes = Buffer.alloc(Math.min(CHUNK, length - done))
        readSync(from, bytes, 0, bytes.length, dataAt + done)
        writeSync(to, bytes, 0, bytes.length, offset + done)
      }
    }
  } finally {
    closeSync(from)
    closeSync(to)
  }
}

export function newWriteLog(file: string): string {
  if (existsSync(file)) throw new Error(`${file} is there already`)
  closeSync(openSync(file, 'w'))
  return file
}
