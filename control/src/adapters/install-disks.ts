// Looks at every disk that Corbel could be installed on: what it is, and what is on it. Changes nothing; slots are mounted read-only for a moment.
import { mkdir, mount, readLink, readText, rmdir, statOrNull, unmount } from 'hv:fs'
import { pid } from 'hv:process'
import { decodeUtf8 } from 'hv:text'
import type { BlockSignature } from '../codec/blkid.ts'
import { describeContents } from '../codec/disk-contents.ts'
import { type InstallReceipt, parseInstallReceipt } from '../codec/install-receipt.ts'
import { type BlockDisk, DATA_PARTITION, STATE_PARTITION } from '../domain/block-disk.ts'
import { hasLayout, SLOT_A_PARTITION, SLOT_B_PARTITION } from '../domain/disk-layout.ts'
import type { InstallDisk } from '../domain/install.ts'
import { listDisks, scanSignatures } from './block-disks.ts'
import { readBlocks } from './disk-blocks.ts'
import { examineDisk } from './disk-content.ts'
import { readMembers } from './mirrors.ts'

const SYSFS = '/sys/block'
const MIB = 1_048_576
export const RECEIPT_BYTES = 4096
/** Before the mark, behind the partition table. */
export const RECEIPT_BLOCK = MIB / RECEIPT_BYTES - 2
/** Written by the initramfs. */
const MEDIUM_FILE = '/dev/corbel-medium'
/** Of this process alone: removing it would take it from another one, too. */
const SLOT_MOUNT = `/run/corbel/slot-${pid}`

/** The name of the device that the running system comes from, such as `sr0` or `vda3`. */
export function readMediumName(): string {
  return textOf(MEDIUM_FILE)
}

/** In the order of their names. */
export async function observeInstallDisks(): Promise<readonly InstallDisk[]> {
  const signatures = await scanSignatures()
  const medium = readMediumName()
  const members = await readMembers(signatures)
  const mirrorOf = ({ device }: BlockDisk) => members.find(({ disk, holds }) => disk === device && holds === STATE_PARTITION)?.uuid ?? null
  const disks: InstallDisk[] = []
  for (const disk of listDisks(signatures)) disks.push({ ...(await observeDisk(disk, signatures, medium)), mirror: mirrorOf(disk) })
  return disks
}

async function observeDisk(disk: BlockDisk, signatures: readonly BlockSignature[], medium: string): Promise<Omit<InstallDisk, 'mirror'>> {
  const { device, serial, byPath, sizeBytes, readOnly, partitions } = disk
  const name = nameOf(device)
  const sysfsPath = readLink(`${SYSFS}/${name}`)
  const names = partitions.map((partition) => partition.name)
  const facts = {
    ...{ device, model: modelOf(name), serial, byPath, sizeBytes, readOnly },
    sectorBytes: Number(textOf(`${SYSFS}/${name}/queue/logical_block_size`)) || 512,
    ssd: textOf(`${SYSFS}/${name}/queue/rotational`) === '0',
    removable: textOf(`${SYSFS}/${name}/removable`) === '1' || /\/usb\d+\//.test(sysfsPath) || name.startsWith('mmcblk'),
    bootMedium: isOn(name, medium),
  }
  const nothing = { installed: false, datastore: false, seedSha256: null }
  try {
    const content = await examineDisk(device, sizeBytes, names)
    if (content.kind === 'blank') return { ...facts, ...nothing, holds: 'blank', contents: 'nothing' }
    if (content.kind === 'unfinished')
      return { ...facts, ...nothing, holds: 'unfinished', contents: 'an installation of Corbel that was cut off' }
    if (names.includes(STATE_PARTITION) || names.includes(DATA_PARTITION)) return { ...facts, ...(await observeCorbel(disk)) }
    const own = signatures.filter(
      (signature) => signature.device === device || partitions.some((partition) => partition.device === signature.device),
    )
    const known = own.some(({ type, tableType }) => type !== null || tableType !== null) || partitions.length > 0
    const contents = known ? describeContents(own, partitions.length) : content.kind === 'used' ? content.what : 'data of an unknown kind'
    return { ...facts, ...nothing, holds: 'foreign', contents }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    return { ...facts, ...nothing, holds: 'unknown', contents: `what could not be read (${why})` }
  }
}

async function observeCorbel({
  device,
  partitions,
}: BlockDisk): Promise<Pick<InstallDisk, 'holds' | 'contents' | 'installed' | 'datastore' | 'seedSha256'>> {
  const installed = hasLayout(partitions.map(({ name }) => name))
  const datastore = partitions.some(({ name }) => name === DATA_PARTITION)
  const versions = [SLOT_A_PARTITION, SLOT_B_PARTITION].flatMap((slot) => {
    const found = partitions.find(({ name }) => name === slot)
    const version = found === undefined ? null : readVersion(found.device)
    return version === null ? [] : [`${version} (slot ${slot.slice(-1)})`]
  })
  const parts = [
    installed ? `Corbel ${versions.join(', ') || 'without a readable system'}` : 'Corbel',
    ...(partitions.some(({ name }) => name === STATE_PARTITION) ? ['configuration'] : []),
    ...(datastore ? ['datastore'] : []),
  ]
  const receipt = installed ? await readInstallReceipt(device) : null
  return { holds: 'corbel', contents: parts.join(', '), installed, datastore, seedSha256: receipt?.seedSha256 ?? null }
}

/** Null for a disk without one. */
export async function readInstallReceipt(device: string): Promise<InstallReceipt | null> {
  return parseInstallReceipt(decodeUtf8(await readBlocks(device, RECEIPT_BYTES, RECEIPT_BLOCK, 1)))
}

/** Of the release in a slot, by the file that every medium has; null where there is none. */
export function readVersion(device: string): string | null {
  try {
    mkdir(SLOT_MOUNT, { mode: 0o700, recursive: true })
    mount(device, SLOT_MOUNT, 'iso9660', ['ro', 'nosuid', 'nodev', 'noexec'])
    try {
      return /^Corbel (\S{1,40})$/m.exec(readText(`${SLOT_MOUNT}/.disk/info`, 4096))?.[1] ?? null
    } finally {
      unmount(SLOT_MOUNT)
      rmdir(SLOT_MOUNT)
    }
  } catch {
    return null
  }
}

function isOn(disk: string, medium: string): boolean {
  if (medium === disk) return true
  if (!/^[a-z0-9]+$/.test(medium) || statOrNull(`/sys/class/block/${medium}`) === null) return false
  return readLink(`/sys/class/block/${medium}`).split('/').includes(disk)
}

function modelOf(name: string): string | null {
  const base = `${SYSFS}/${name}/device`
  const words = [textOf(`${base}/vendor`), textOf(`${base}/model`)].filter(
    (word) => word !== '' && word !== 'ATA' && !word.startsWith('0x'),
  )
  return words.join(' ').replace(/\s+/g, ' ') || null
}

function nameOf(device: string): string {
  return device.slice('/dev/'.length)
}

/** Empty for attributes that are not there or that the driver refuses to read. */
function textOf(path: string): string {
  try {
    return readText(path, 65_536).trim()
  } catch {
    return ''
  }
}
