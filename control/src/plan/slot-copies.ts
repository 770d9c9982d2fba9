// Decides what the disks of a mirror lack of their systems: one that was away while slots were written has older ones, and one may have decayed.
import { type BootSlotsSeen, type DamagedSlot, holdsSystem, SLOT_NAMES, type SlotName } from '../domain/boot-slot.ts'
import { compareVersions } from '../domain/update-manifest.ts'

export interface SlotOnDisk {
  readonly slot: SlotName
  /** `/dev/vdb`. */
  readonly disk: string
  /** What it is to have, or has. */
  readonly version: string
}

export interface SlotCopy extends SlotOnDisk {
  /** The disk that has it. */
  readonly from: string
}

export interface SlotCopies {
  /** What each disk is to get. */
  readonly copies: readonly SlotCopy[]
  /** What a mirror has that is newer: the disk that was booted is the one that was away, and nothing is copied from it. */
  readonly newer: readonly SlotOnDisk[]
}

/** A slot on one of the disks. */
interface SeenSlot {
  readonly disk: string
  /** Null where none can be read. */
  readonly version: string | null
  readonly isDamaged: boolean
}

/** `damaged` is what is known not to be as it was written. */
export function planSlotCopies(
  { environment, running, disk: booted, versions, others }: Omit<BootSlotsSeen, 'slotBytes'>,
  damaged: readonly DamagedSlot[],
): SlotCopies {
  const copies: SlotCopy[] = []
  const newer: SlotOnDisk[] = []
  for (const slot of SLOT_NAMES) {
    const seenOn = (disk: string, version: string | null): SeenSlot => ({
      ...{ disk, version },
      isDamaged: damaged.some((found) => found.slot === slot && found.disk === disk),
    })
    const ours = seenOn(booted, versions[slot])
    const all = others.map((other) => seenOn(other.disk, other.versions[slot]))
    if (ours.isDamaged) {
      const from = all.find((theirs) => isWholeOf(ours, theirs))
      // What runs is never written to.
      if (slot !== running && holdsSystem(environment.slots[slot]) && from?.version) {
        copies.push({ slot, from: from.disk, disk: booted, version: from.version })
      }
      continue
    }
    // What an update that was cut off has left is no system.
    if (ours.version === null) continue
    for (const { disk, version, isDamaged } of all) {
      if (version === ours.version && !isDamaged) continue
      if (version !== null && compareVersions(version, ours.version) > 0) newer.push({ slot, disk, version })
      else copies.push({ slot, from: booted, disk, version: ours.version })
    }
  }
  return newer.length > 0 ? { copies: [], newer } : { copies, newer }
}

/** Whether `theirs` is what a damaged one was. */
function isWholeOf(ours: SeenSlot, theirs: SeenSlot): boolean {
  return !theirs.isDamaged && theirs.version !== null && (ours.version === null || ours.version === theirs.version)
}
