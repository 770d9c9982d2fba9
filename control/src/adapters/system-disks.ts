// The disks that the running system is on, found by the names of their partitions, and the boot loader's environment block on each; mounted for the moment only.
import { open } from 'hv:copy'
import { closeFd, mkdir, mount, openFd, readDir, readFile, readLink, readText, rmdir, statOrNull, unmount, writeControl } from 'hv:fs'
import { pid } from 'hv:process'
import { memoryFile } from 'hv:system'
import { decodeUtf8 } from 'hv:text'
import { ENVIRONMENT_BYTES, parseGrubEnvironment, renderGrubEnvironment } from '../codec/grub-environment.ts'
import { DATA_PARTITION, STATE_PARTITION } from '../domain/block-disk.ts'
import { type BootEnvironment, type BootSlotsSeen, otherSlot, type SlotName } from '../domain/boot-slot.ts'
import { ESP_PARTITION, SLOT_A_PARTITION, SLOT_B_PARTITION } from '../domain/disk-layout.ts'
import type { Clock } from '../ports/clock.ts'
import { VmHostFailure } from './host-failure.ts'
import { waitUntil } from './wait.ts'

/** On the ESP. */
const ENVIRONMENT_FILE = 'EFI/debian/grubenv'
/** Somebody else may have it mounted for a moment. */
const MOUNT_MS = 10_000
const SLOT_NAME: Readonly<Record<string, SlotName>> = { [SLOT_A_PARTITION]: 'a', [SLOT_B_PARTITION]: 'b' }

export interface SystemDisk {
  /** `/dev/vda`. */
  readonly disk: string
  /** `/dev/vda2`. */
  readonly esp: string
  readonly slots: Readonly<Record<SlotName, string>>
  readonly slotBytes: number
}

export interface SystemDisks {
  readonly running: SlotName
  /** The one that was booted comes first. */
  readonly disks: readonly [SystemDisk, ...SystemDisk[]]
}

/** Where things are; for tests another place. */
export interface SystemPlaces {
  readonly sys: string
  /** Names the device that the root image is on. */
  readonly medium: string
  /** The ESP's files, while `use` runs. */
  withEsp<T>(device: string, writable: boolean, use: (directory: string) => T): Promise<T>
  versionIn(device: string): string | null
}

/** Null where the system runs from no slot. */
export function findSystemDisks({ sys, medium }: Pick<SystemPlaces, 'sys' | 'medium'>): SystemDisks | null {
  const name = textOf(medium)
  if (!/^[a-z0-9]+$/.test(name)) return null
  const running = SLOT_NAME[partitionName(sys, name) ?? '']
  const booted = running === undefined ? null : diskOf(sys, name)
  if (running === undefined || booted === null) return null
  const [first, ...others] = [booted, ...mirrorsOf(sys, booted)].map((disk) => systemDisk(sys, disk)).filter((disk) => disk !== null)
  return first === undefined ? null : { running, disks: [first, ...others] }
}

/**
 * Other disks count only where they are mirrors of the one that was booted: an old disk of Corbel's that is plugged in is none of this host's business, and no more
 * is one that shares an array of somebody else's with it. A disk that the kernel has taken out of an array as faulty is none either: no update and no confirmation may
 * depend on it.
 * @source Linux Documentation/admin-guide/md.rst: `level`, and `state` of each member
 */
function mirrorsOf(sys: string, booted: string): readonly string[] {
  const found = new Set<string>()
  const failed = new Set<string>()
  for (const array of readDir(`${sys}/block`).filter((name) => /^md\d+$/.test(name))) {
    const directory = `${sys}/block/${array}/slaves`
    if (statOrNull(directory) === null || textOf(`${sys}/block/${array}/md/level`) !== 'raid1') continue
    const partitions = readDir(directory)
    const own = partitions.find((name) => diskOf(sys, name) === booted)
    const role = own === undefined ? null : partitionName(sys, own)
    if (role !== STATE_PARTITION && role !== DATA_PARTITION) continue
    for (const partition of partitions) {
      const disk = diskOf(sys, partition)
      if (disk === null || disk === booted || partitionName(sys, partition) !== role) continue
      const isFaulty = textOf(`${sys}/block/${array}/md/dev-${partition}/state`).split(',').includes('faulty')
      ;(isFaulty ? failed : found).add(disk)
    }
  }
  return [...found].filter((disk) => !failed.has(disk)).sort()
}

function systemDisk(sys: string, disk: string): SystemDisk | null {
  const partitions = readDir(`${sys}/block/${disk}`).filter((name) => name.startsWith(disk))
  const find = (wanted: string) => partitions.find((name) => partitionName(sys, name) === wanted)
  const [esp, a, b] = [find(ESP_PARTITION), find(SLOT_A_PARTITION), find(SLOT_B_PARTITION)]
  if (esp === undefined || a === undefined || b === undefined) return null
  // The kernel counts in 512 bytes whatever the disk's own sector is.
  const bytes = (name: string) => Number(textOf(`${sys}/block/${disk}/${name}/size`)) * 512
  return { disk: `/dev/${disk}`, esp: `/dev/${esp}`, slots: { a: `/dev/${a}`, b: `/dev/${b}` }, slotBytes: Math.min(bytes(a), bytes(b)) }
}

/** Of a partition. */
function diskOf(sys: string, name: string): string | null {
  const link = `${sys}/class/block/${name}`
  if (statOrNull(`${link}/partition`) === null) return null
  return readLink(link).split('/').at(-2) ?? null
}

function partitionName(sys: string, name: string): string | null {
  return /^PARTNAME=(.*)$/m.exec(textOf(`${sys}/class/block/${name}/uevent`))?.[1] ?? null
}

function textOf(path: string): string {
  try {
    return readText(path, 65_536).trim()
  } catch {
    return ''
  }
}

/** Null where the system runs from no slot. */
export async function readBootSlots(places: SystemPlaces): Promise<BootSlotsSeen | null> {
  const found = findSystemDisks(places)
  if (found === null) return null
  const [booted] = found.disks
  const bytes = await places.withEsp(booted.esp, false, (directory) => readFile(`${directory}/${ENVIRONMENT_FILE}`, ENVIRONMENT_BYTES))
  const environment = parseGrubEnvironment(bytes)
  if (environment === null) throw new VmHostFailure('slots.environment', 'read', 'The boot loader’s environment block is none.')
  const seenOn = ({ disk, slots }: SystemDisk) => ({ disk, versions: { a: places.versionIn(slots.a), b: places.versionIn(slots.b) } })
  return {
    ...{ environment, running: found.running, ...seenOn(booted), others: found.disks.slice(1).map(seenOn) },
    slotBytes: Math.min(...found.disks.map(({ slotBytes }) => slotBytes)),
  }
}

export async function writeBootEnvironment(places: SystemPlaces, environment: BootEnvironment): Promise<void> {
  const found = findSystemDisks(places)
  if (found === null) throw new VmHostFailure('slots.not-installed', 'write', 'The system does not run from an installed disk.')
  for (const { esp } of found.disks) {
    await places.withEsp(esp, true, (directory) => writeInPlace(`${directory}/${ENVIRONMENT_FILE}`, renderGrubEnvironment(environment)))
  }
}

/** The same slot on each disk. Whatever is asked, never the one that runs: refuses with `slots.not-installed`. */
export function slotToFill(places: Pick<SystemPlaces, 'sys' | 'medium'>, slot: string | undefined): readonly [string, ...string[]] {
  const found = findSystemDisks(places)
  const idle = found === null ? null : otherSlot(found.running)
  if (found === null || idle === null || slot !== idle)
    throw new VmHostFailure('slots.not-installed', 'fill', 'There is no such slot that does not run.')
  const [first, ...others] = found.disks
  return [first.slots[idle], ...others.map(({ slots }) => slots[idle])]
}

/** The same slot of two disks of the system. Whatever is asked, not to the one that runs: refuses with `slots.not-installed`. */
export function slotToCopy(
  places: Pick<SystemPlaces, 'sys' | 'medium'>,
  slot: string | undefined,
  from: string | undefined,
  to: string | undefined,
): { readonly from: string; readonly to: string } {
  const found = findSystemDisks(places)
  const isRunning = found !== null && slot === found.running && to === found.disks[0].disk
  if (isRunning || from === to)
    throw new VmHostFailure('slots.not-installed', 'copy', 'A slot is not copied to itself, nor over what runs.')
  return { from: slotOf(found, slot, from), to: slotOf(found, slot, to) }
}

/** Of a disk of the system. Refuses with `slots.not-installed`. */
export function slotToCheck(places: Pick<SystemPlaces, 'sys' | 'medium'>, slot: string | undefined, disk: string | undefined): string {
  return slotOf(findSystemDisks(places), slot, disk)
}

function slotOf(found: SystemDisks | null, slot: string | undefined, disk: string | undefined): string {
  const named = found?.disks.find((candidate) => candidate.disk === disk)
  if (named === undefined || (slot !== 'a' && slot !== 'b'))
    throw new VmHostFailure('slots.not-installed', 'find', 'There is no such slot on a disk of the system.')
  return named.slots[slot]
}

/** Neither shortened nor moved: the boot loader writes to the very same sectors. Flushed when it returns. */
function writeInPlace(path: string, bytes: Uint8Array): void {
  const memory = memoryFile()
  try {
    writeControl(`/proc/self/fd/${memory}`, decodeUtf8(bytes))
    const source = openFd(`/proc/self/fd/${memory}`, 'r')
    try {
      const target = openFd(path, 'w')
      try {
        open(source, target).step(bytes.length)
      } finally {
        closeFd(target)
      }
    } finally {
      closeFd(source)
    }
  } finally {
    closeFd(memory)
  }
}

/** Over the kernel. */
export function createSystemPlaces(clock: Clock, versionIn: (device: string) => string | null): SystemPlaces {
  // Of this process alone: removing it would take it from another one, too.
  const point = `/run/corbel/esp-${pid}`
  return {
    ...{ sys: '/sys', medium: '/dev/corbel-medium', versionIn },
    async withEsp(device, writable, use) {
      mkdir(point, { mode: 0o700, recursive: true })
      let reason: unknown = null
      const isMounted = () => {
        try {
          mount(device, point, 'vfat', [...(writable ? [] : (['ro'] as const)), 'nosuid', 'nodev', 'noexec', 'noatime'])
          return true
        } catch (error) {
          reason = error
          return false
        }
      }
      if (!(await waitUntil(clock, isMounted, MOUNT_MS))) throw reason
      try {
        return use(point)
      } finally {
        unmount(point)
        rmdir(point)
      }
    },
  }
}
