// The seed that a test gives the appliance: a directory that QEMU shows as a FAT volume.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Serial number of the data disk of every test machine. */
export const dataDiskSerial = 'DATA1'

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
