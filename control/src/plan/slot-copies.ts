// Decides what the mirrors of the disk that was booted lack of its systems: one that was away while slots were written has older ones.
import { type BootSlotsSeen, SLOT_NAMES, type SlotName } from '../domain/boot-slot.ts'
import { compareVersions } from '../domain/update-manifest.ts'

export interface SlotOnDisk {
  readonly slot: SlotName
  /** The mirror: `/dev/vdb`. */
  readonly disk: string
  /** What it is to have, or has. */
  readonly version: string
}

export interface SlotCopies {
  /** What each mirror is to get. */
  readonly copies: readonly SlotOnDisk[]
  /** What a mirror has that is newer: the disk that was booted is the one that was away, and nothing is copied from it. */
  readonly newer: readonly SlotOnDisk[]
}

export function planSlotCopies({ versions, others }: Pick<BootSlotsSeen, 'versions' | 'others'>): SlotCopies {
  const copies: SlotOnDisk[] = []
  const newer: SlotOnDisk[] = []
  for (const other of others) {
    for (const slot of SLOT_NAMES) {
      const [ours, theirs] = [versions[slot], other.versions[slot]]
      // What an update that was cut off has left is no system.
      if (ours === null || ours === theirs) continue
      if (theirs !== null && compareVersions(theirs, ours) > 0) newer.push({ slot, disk: other.disk, version: theirs })
      else copies.push({ slot, disk: other.disk, version: ours })
    }
  }
  return newer.length > 0 ? { copies: [], newer } : { copies, newer }
}
