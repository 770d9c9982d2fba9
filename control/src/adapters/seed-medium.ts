// Reads the seed document off its medium, which is mounted for that moment only.
import { mkdir, mount, readText, rmdir, unmount } from 'hv:fs'
import type { BlockSignature } from '../codec/blkid.ts'
import type { Problem } from '../domain/problem.ts'
import { SEED_FILE, SEED_LABEL, SEED_MAX_BYTES } from '../domain/seed.ts'
import { isNativeError } from './host-failure.ts'

const MOUNT_POINT = '/run/corbel/seed'
const FILE_SYSTEMS = ['vfat', 'iso9660']

/** FAT labels come in capitals from some programs whatever was typed. */
export function findSeedMedium(signatures: readonly BlockSignature[]): BlockSignature | null {
  return signatures.find(({ label, type }) => label?.toUpperCase() === SEED_LABEL && type !== null && FILE_SYSTEMS.includes(type)) ?? null
}

export type SeedText = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: Problem }

/** The text of seed.json, or why it could not be had. */
export function readSeedText(medium: BlockSignature): SeedText {
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
