// Reads /proc/diskstats. @source Linux Documentation/admin-guide/iostats.rst
import type { DeviceTransfers } from '../domain/usage.ts'

/** Whatever the disk's own sectors are. */
const SECTOR_BYTES = 512

/** All block devices, partitions among them. */
export function parseDiskstats(text: string): readonly DeviceTransfers[] {
  return text.split('\n').flatMap((line) => {
    const [, , name, reads, , sectorsRead, , writes, , sectorsWritten] = line.trim().split(/\s+/)
    if (name === undefined || sectorsWritten === undefined) return []
    return [
      {
        name,
        readBytes: Number(sectorsRead) * SECTOR_BYTES,
        writtenBytes: Number(sectorsWritten) * SECTOR_BYTES,
        reads: Number(reads),
        writes: Number(writes),
      },
    ]
  })
}
