// Disks with an installed system, made by the recipe that people have, and what GRUB has counted on them.
import { closeSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { inTools } from './in-tools.ts'
import { type Extent, findInIso } from './iso-file.ts'
import { iso } from './paths.ts'

const MIB = 1_048_576
/** Where the slots begin. @source control/src/domain/disk-layout.ts */
const SLOT_AT = { a: 514 * MIB, b: 2562 * MIB } as const
type SlotName = keyof typeof SLOT_AT

/** Makes `DIRECTORY/installed.raw` from the ISO under test, with that ISO in both slots and `environment` as GRUB's environment block. */
export function makeInstalledDisk(directory: string, environment: Readonly<Record<string, string>>, image = iso): string {
  const disk = join(directory, 'installed.raw')
  inTools('image/disk/build', image, disk)
  writeAt(disk, SLOT_AT.b, readFileSync(image))
  writeEnvironment(disk, directory, environment)
  return disk
}

function writeAt(file: string, position: number, bytes: Buffer): void {
  const fd = openSync(file, 'r+')
  try {
    writeSync(fd, bytes, 0, bytes.length, position)
  } finally {
    closeSync(fd)
  }
}

function writeEnvironment(disk: string, directory: string, values: Readonly<Record<string, string>>): void {
  const lines = Object.entries(values).map(([name, value]) => `${name}=${value}\n`)
  const file = join(directory, 'grubenv')
  writeFileSync(file, `# GRUB Environment Block\n${lines.join('')}`.padEnd(1024, '#'))
  inTools('mcopy', '-o', '-i', `${disk}@@2M`, file, '::EFI/debian/grubenv')
}

/** What GRUB and the host have written there. */
export function readEnvironment(disk: string, directory: string): Record<string, string> {
  const file = join(directory, 'grubenv')
  inTools('mcopy', '-o', '-i', `${disk}@@2M`, '::EFI/debian/grubenv', file)
  const lines = readFileSync(file, 'latin1').split('\n')
  return Object.fromEntries(lines.flatMap((line) => (/^[a-z_]+=/.test(line) ? [line.split('=', 2) as [string, string]] : [])))
}

/** Changes the bytes of a file of a slot, beginning `offset` bytes into it. */
export function changeInSlot(
  disk: string,
  slot: SlotName,
  path: readonly string[],
  change: (bytes: Buffer) => Buffer | undefined,
  { offset = 0, length, image = iso }: { readonly offset?: number; readonly length?: number; readonly image?: string } = {},
): void {
  const file: Extent = findInIso(image, path)
  const bytes = Buffer.alloc(length ?? file.length - offset)
  const at = SLOT_AT[slot] + file.start + offset
  const fd = openSync(disk, 'r+')
  try {
    readSync(fd, bytes, 0, bytes.length, at)
    const changed = change(bytes) ?? bytes
    if (changed.length !== bytes.length) throw new Error('a change in a slot must keep the length')
    writeSync(fd, changed, 0, changed.length, at)
  } finally {
    closeSync(fd)
  }
}

/** Turns one bit of a file over. `image` is what the slot was filled with. */
export function flipBitInSlot(disk: string, slot: SlotName, path: readonly string[], offset: number, image = iso): void {
  const flip = (bytes: Buffer) => {
    bytes.writeUInt8(bytes.readUInt8() ^ 0x10)
    return bytes
  }
  changeInSlot(disk, slot, path, flip, { offset, length: 1, image })
}
