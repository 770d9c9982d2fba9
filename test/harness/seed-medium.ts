// The seed that a test gives the appliance: a directory that QEMU shows as a FAT volume, or a file on the ISO's own stick.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inTools } from './in-tools.ts'
import { iso } from './paths.ts'

/** Serial numbers of the data disk of every test machine, and of the second one where there is one. */
export const dataDiskSerial = 'DATA1'
export const secondDiskSerial = 'DATA2'

export interface SeedOptions {
  readonly password: string
  readonly hostname?: string
  /** MAC of the management adapter; default: the first that has a link. */
  readonly adapter?: string
}

/** A seed that sets a password and takes the prepared data disk. */
export function ordinarySeed(options: SeedOptions): Record<string, unknown> {
  return {
    version: 1,
    hostname: options.hostname ?? 'corbel-test',
    administrator: { password: options.password },
    datastore: { disk: { serial: dataDiskSerial } },
    ...(options.adapter === undefined ? {} : { management: { adapter: options.adapter, ipv4: { mode: 'dhcp' } } }),
  }
}

/** Writes seed.json below `logDirectory` and returns the directory to show as a volume. */
export function writeSeed(logDirectory: string, document: unknown): string {
  const directory = join(logDirectory, 'seed')
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, 'seed.json'), typeof document === 'string' ? document : JSON.stringify(document, null, 2))
  return directory
}

/** A stick with the ISO, written as it is, and a seed in its EFI partition, as somebody would put it there who has mounted that. */
export function stickWithSeed(directory: string, document: unknown): string {
  const stick = join(directory, 'stick.img')
  copyFileSync(iso, stick)
  const seed = join(writeSeed(directory, document), 'seed.json')
  inTools('mcopy', '-i', `${stick}@@${espAt(readFileSync(stick))}`, seed, '::seed.json')
  return stick
}

/** In bytes. @source UEFI specification, sections 5.3.2 and 5.3.3 */
function espAt(disk: Buffer): number {
  const type = Buffer.from('28732ac11ff8d211ba4b00a0c93ec93b', 'hex')
  const entries = Number(disk.readBigUInt64LE(512 + 72)) * 512
  for (let at = entries; at < entries + 128 * 128; at += 128) {
    if (disk.subarray(at, at + 16).equals(type)) return Number(disk.readBigUInt64LE(at + 32)) * 512
  }
  throw new Error('the stick has no EFI partition')
}
