// Whether the systems in the slots are still as they were written: one that is never started decays unseen, and so does what of the running one is seldom read.
import {
  type BootSlotsSeen,
  type DamagedSlot,
  damageInWords,
  holdsSystem,
  otherSlot,
  SLOT_NAMES,
  type SlotName,
  slotTitle,
} from '../domain/boot-slot.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'

const HOST = { kind: 'host', id: 'host' } as const

export interface SlotChecks {
  /** Of the slot that runs, on the disk that was booted: the files that are damaged. Read once in this boot. Rejects with HostFailure. */
  running(seen: BootSlotsSeen): Promise<readonly string[]>
  /** Reads every slot that is to hold a system, on every disk. Rejects with HostFailure. */
  all(seen: BootSlotsSeen, progress: (percent: number) => void): Promise<void>
  /** As it was found last; the same list until something else is found. */
  damaged(): readonly DamagedSlot[]
  /** The slot was written anew and read back: on this disk, or on all. */
  written(slot: SlotName, disk?: string): void
}

export function createSlotChecks({ bootSlots, log }: Pick<AppPorts, 'bootSlots' | 'log'>, ledger: Pick<Ledger, 'write'>): SlotChecks {
  let damaged: readonly DamagedSlot[] = []
  let isRunningRead = false

  const find = (slot: SlotName, disk: string) => damaged.find((found) => found.slot === slot && found.disk === disk)

  function keep(next: readonly DamagedSlot[]): void {
    if (JSON.stringify(next) !== JSON.stringify(damaged)) damaged = next
  }

  async function read(slot: SlotName, disk: string, seen: BootSlotsSeen): Promise<readonly string[]> {
    const files = await bootSlots.check(slot, disk)
    const before = find(slot, disk)
    const others = damaged.filter((found) => found !== before)
    if (files.length === 0) {
      keep(others)
      return files
    }
    const found = { slot, disk, files }
    if (before?.files.join() !== files.join()) tell(found, seen)
    keep([...others, found].sort((one, other) => (damageInWords(one) < damageInWords(other) ? -1 : 1)))
    return files
  }

  function tell(found: DamagedSlot, seen: BootSlotsSeen): void {
    const message = `${damageInWords(found)} ${adviceFor(found, seen)}`
    log('error', message)
    ledger.write((draft) => draft.event('slot.damaged', 'error', HOST, message))
  }

  return {
    async running(seen) {
      if (isRunningRead) return find(seen.running, seen.disk)?.files ?? []
      const files = await read(seen.running, seen.disk, seen)
      isRunningRead = true
      return files
    },
    async all(seen, progress) {
      const disks = [seen.disk, ...seen.others.map(({ disk }) => disk)]
      const held = SLOT_NAMES.filter((slot) => holdsSystem(seen.environment.slots[slot]))
      keep(damaged.filter(({ slot, disk }) => held.includes(slot) && disks.includes(disk)))
      const places = disks.flatMap((disk) => held.map((slot) => ({ slot, disk })))
      for (const [at, { slot, disk }] of places.entries()) {
        progress((100 * at) / places.length)
        await read(slot, disk, seen)
      }
      isRunningRead = true
    },
    damaged: () => damaged,
    written(slot, disk) {
      keep(damaged.filter((found) => found.slot !== slot || (disk !== undefined && found.disk !== disk)))
    },
  }
}

function adviceFor({ slot, disk }: DamagedSlot, { running, disk: booted, environment, others }: BootSlotsSeen): string {
  if (slot !== running || disk !== booted)
    return 'It is no use to fall back on until it is written anew: by an update, or from the other disk of a mirror.'
  const other = otherSlot(slot)
  if (environment.slots[other].mark === 'good')
    return `${slotTitle(other)} is started instead once this one has failed often enough: start it now, and update from there.`
  return others.length > 0
    ? 'Start from the other disk once, by the firmware’s boot menu, and have the slots checked: this one is then written anew.'
    : 'There is no other system to fall back on: have the installer write this one anew, which keeps configuration and datastore.'
}
