// Reads the seed document off its medium, or off the ISO's own stick, and leaves a receipt there; the medium is mounted for that moment only.
import { mkdir, mount, readText, rmdir, unmount, writeFileAtomic } from 'hv:fs'
import type { BlockSignature } from '../codec/blkid.ts'
import { ESP_PARTITION } from '../domain/disk-layout.ts'
import type { Problem } from '../domain/problem.ts'
import { RECEIPT_FILE, SEED_FILE, SEED_LABEL, SEED_MAX_BYTES } from '../domain/seed.ts'
import { scanSignatures } from './block-disks.ts'
import { isNativeError } from './host-failure.ts'
import { withLoopDevice } from './loop-device.ts'

const MOUNT_POINT = '/run/corbel/seed'
const FILE_SYSTEMS = ['vfat', 'iso9660']
/** Of the partition that UEFI starts from, on the ISO's stick and on an installed disk. */
const ESP_LABEL = 'CORBEL-ESP'

/** FAT labels come in capitals from some programs whatever was typed. */
export function findSeedMedium(signatures: readonly BlockSignature[]): BlockSignature | null {
  return signatures.find(({ label, type }) => label?.toUpperCase() === SEED_LABEL && type !== null && FILE_SYSTEMS.includes(type)) ?? null
}

/** The partition of the ISO's own stick that can be written to: of the same label as an installed disk's, but for its name. */
function findOwnStick(signatures: readonly BlockSignature[]): BlockSignature | null {
  return (
    signatures.find(
      ({ label, type, partitionLabel }) => label?.toUpperCase() === ESP_LABEL && type === 'vfat' && partitionLabel !== ESP_PARTITION,
    ) ?? null
  )
}

type SeedText = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: Problem }

/** Of the medium that is labelled for it, else of the ISO's own stick, which need not have one; null: there is none. */
export async function readSeed(signatures: readonly BlockSignature[]): Promise<SeedText | null> {
  const medium = findSeedMedium(signatures)
  if (medium !== null) return readSeedText(medium)
  const stick = findOwnStick(signatures)
  if (stick === null) return null
  const unreadable = (error: unknown): SeedText => ({ ok: false, problem: problemOf(error, stick.device) })
  const read = await throughLoop(stick, readSeedText).catch(unreadable)
  return !read.ok && read.problem.code === 'seed.file-missing' ? null : read
}

/** While the system runs from a stick, the stick as a whole is in use, which forbids mounting its partitions; not reading them by way of a loop device. */
function throughLoop<T>(stick: BlockSignature, use: (medium: BlockSignature) => T): Promise<T> {
  return withLoopDevice(stick.device, { readOnly: false }, (device) => use({ ...stick, device }))
}

/** The text of seed.json, or why it could not be had. */
function readSeedText(medium: BlockSignature): SeedText {
  try {
    mkdir(MOUNT_POINT, { mode: 0o700, recursive: true })
    mount(medium.device, MOUNT_POINT, medium.type ?? '', ['ro', 'nosuid', 'nodev', 'noexec'])
    try {
      return { ok: true, text: readText(`${MOUNT_POINT}/${SEED_FILE}`, SEED_MAX_BYTES) }
    } finally {
      unmount(MOUNT_POINT)
      rmdir(MOUNT_POINT)
    }
  } catch (error) {
    return { ok: false, problem: problemOf(error, medium.device) }
  }
}

function problemOf(error: unknown, device: string): Problem {
  const code = isNativeError(error) ? error.code : ''
  switch (code) {
    case 'ENOENT':
      return { code: 'seed.file-missing', field: '', message: `the medium has no ${SEED_FILE}` }
    case 'EFBIG':
      return { code: 'seed.too-large', field: '', message: `${SEED_FILE} must have at most ${SEED_MAX_BYTES} bytes`, max: SEED_MAX_BYTES }
    case 'EILSEQ':
      return { code: 'seed.not-utf8', field: '', message: `${SEED_FILE} must be UTF-8` }
    default:
      return {
        code: 'seed.unreadable',
        field: '',
        message: `${device} could not be read: ${error instanceof Error ? error.message : code}`,
      }
  }
}

/** Puts the receipt beside the seed; false where there is no medium that can be written to. Rejects when it could not be written all the same. */
export async function writeSeedReceipt(text: string): Promise<boolean> {
  const signatures = await scanSignatures()
  const medium = findSeedMedium(signatures)
  if (medium !== null) return medium.type === 'vfat' && writeReceipt(medium, text)
  const stick = findOwnStick(signatures)
  return stick !== null && throughLoop(stick, (seen) => writeReceipt(seen, text))
}

function writeReceipt(medium: BlockSignature, text: string): boolean {
  mkdir(MOUNT_POINT, { mode: 0o700, recursive: true })
  try {
    // quiet: FAT has neither owners nor modes, and asking for them is no error.
    mount(medium.device, MOUNT_POINT, 'vfat', ['nosuid', 'nodev', 'noexec', 'noatime'], 'quiet,umask=0077')
  } catch (error) {
    if (isNativeError(error) && ['EROFS', 'EACCES'].includes(error.code)) return false
    throw error
  }
  try {
    writeFileAtomic(`${MOUNT_POINT}/${RECEIPT_FILE}`, text)
  } finally {
    unmount(MOUNT_POINT)
    rmdir(MOUNT_POINT)
  }
  return true
}
