// Installations on every kind of machine: firmware × how the disk is attached, two disks, and over an old installation. An hour; prints a table.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withAppliance } from '../boot/booted.ts'
import type { ApplianceOptions } from '../harness/appliance.ts'
import { blankDisk } from '../harness/data-disk.ts'

const password = 'by-the-seed-1'

function seedOf(wipe: string, hostname = 'rack3', more: { readonly mirror?: { readonly serial: string } } = {}) {
  // biome-ignore lint/suspicious/noThenProperty: a word of the seed
  return { version: 1, hostname, administrator: { password }, install: { target: { serial: 'DATA1' }, wipe, then: 'power-off', ...more } }
}

const FIRMWARE = ['bios', 'uefi', 'secure-boot'] as const

let directory = ''
/** Each in a directory of its own, as all have one name. */
const newDisk = () => blankDisk(mkdtempSync(join(directory, 'disk-')), 16_384)
const table: string[] = []
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'corbel-matrix-'))
})
afterAll(() => {
  rmSync(directory, { recursive: true, force: true })
  console.log(['what', 'installed after', 'API from the disk after'].join('  '), `\n${table.join('\n')}`)
})

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`

/** Milliseconds until the machine has powered off by itself. */
async function installed(options: ApplianceOptions): Promise<number> {
  return withAppliance(options, async ({ machine, patience }) => {
    await machine.waitForPowerOff(patience(120_000))
    return performance.now() - machine.poweredOnAt
  })
}

/** The disk starts alone, its datastore is there, and the seed's password lets in. */
async function started(options: ApplianceOptions): Promise<number> {
  return withAppliance({ ...options, medium: 'none', seed: null }, async ({ api, patience, ready }) => {
    const ms = await ready(patience(60_000))
    await api.login(password)
    const { items } = await api.call<{ items: readonly { name: string }[] }>('GET', '/v1/datastores')
    expect(items.map(({ name }) => name)).toEqual(['local'])
    return ms
  })
}

describe('Corbel is installed and starts', () => {
  const rows = FIRMWARE.flatMap((firmware) =>
    (firmware === 'bios' ? (['virtio', 'nvme', 'sata', 'usb'] as const) : (['virtio', 'nvme'] as const)).map(
      (diskBus) => [firmware, diskBus] as const,
    ),
  )

  it.each(rows)('by %s from a disk attached by %s', async (firmware, diskBus) => {
    const dataDisk = newDisk()
    const options = { firmware, diskBus, dataDisk }
    const made = await installed({ ...options, name: 'matrix-install', seed: seedOf('if-blank') })
    const api = await started({ ...options, name: 'matrix-start' })
    table.push(`${firmware} ${diskBus}: ${seconds(made)}, ${seconds(api)}`)
  })

  it.each(FIRMWARE)('by %s from two disks, from both and from either alone', async (firmware) => {
    const [first, second] = [newDisk(), newDisk()]
    const seed = seedOf('if-blank', 'rack3', { mirror: { serial: 'DATA2' } })
    const made = await installed({ name: 'matrix-mirror', firmware, dataDisk: first, secondDisk: second, seed })
    const both = await started({ name: 'matrix-both', firmware, dataDisk: first, secondDisk: second })
    const alone = await started({ name: 'matrix-second', firmware, dataDisk: second })
    await started({ name: 'matrix-first', firmware, dataDisk: first })
    table.push(`${firmware} two disks: ${seconds(made)}, ${seconds(both)}, one alone ${seconds(alone)}`)
  })

  it('by UEFI though it was installed by BIOS, and the other way round', async () => {
    const dataDisk = newDisk()
    await installed({ name: 'matrix-bios', firmware: 'bios', dataDisk, seed: seedOf('if-blank') })
    await started({ name: 'matrix-uefi', firmware: 'uefi', dataDisk })
    await installed({ name: 'matrix-again', firmware: 'uefi', dataDisk, seed: seedOf('everything', 'rack4') })
    await started({ name: 'matrix-bios-again', firmware: 'bios', dataDisk })
  })
})

describe('an old installation', () => {
  it.each(FIRMWARE)('keeps users, settings and datastore where only its system is written anew, by %s', async (firmware) => {
    const dataDisk = newDisk()
    await installed({ name: 'matrix-old', firmware, dataDisk, seed: seedOf('if-blank') })
    await withAppliance({ name: 'matrix-old-used', firmware, medium: 'none', seed: null, dataDisk }, async (appliance) => {
      await appliance.ready(appliance.patience(60_000))
      await appliance.api.login(password)
      await appliance.api.call('POST', '/v1/pools', { body: { name: 'gold' } })
      await appliance.powerOff()
    })
    await installed({ name: 'matrix-refresh', firmware, dataDisk, seed: seedOf('datastore-kept', 'rack5') })
    await withAppliance(
      { name: 'matrix-kept', firmware, medium: 'none', seed: null, dataDisk },
      async ({ api, patience, ready, screen, machine }) => {
        await ready(patience(60_000))
        await api.login(password)
        expect(await api.call('GET', '/v1/pools/gold')).toMatchObject({ spec: { name: 'gold' } })
        await screen.waitFor(/rack3/, patience(10_000), machine.died)
      },
    )
  })

  it('is refused where nothing may be lost, and stays', async () => {
    const dataDisk = newDisk()
    await installed({ name: 'matrix-old', dataDisk, seed: seedOf('if-blank') })
    await withAppliance({ name: 'matrix-refused', dataDisk, seed: seedOf('if-blank', 'rack6') }, async ({ machine, patience, screen }) => {
      await screen.waitFor(/install\.disk\.holds-datastore/, patience(60_000), machine.died)
    })
    await started({ name: 'matrix-still', dataDisk })
  })
})
