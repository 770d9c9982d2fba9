// Corbel installs itself on a blank disk, and what comes of it starts without its medium: by a seed, and by keys at the console.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { renderFatImage } from '../../control/src/cli/fat-image.ts'
import { blankDisk } from '../harness/data-disk.ts'
import { freshLogDirectory } from '../harness/paths.ts'
import { leftToE2e } from '../harness/sample.ts'
import { stickWithSeed } from '../harness/seed-medium.ts'
import { withAppliance } from './booted.ts'

const password = 'by-the-seed-1'
const seed = {
  version: 1,
  hostname: 'rack3',
  administrator: { password },
  // biome-ignore lint/suspicious/noThenProperty: a word of the seed
  install: { target: { serial: 'DATA1' }, wipe: 'if-blank', then: 'power-off' },
}

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'corbel-install-'))
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

describe('by a seed', () => {
  let disk = ''

  it('a blank disk is installed on, a receipt is left beside the seed, and the machine powers off', async () => {
    disk = blankDisk(directory, 16_384)
    const seedImage = join(directory, 'seed.img')
    writeFileSync(seedImage, renderFatImage('CORBEL-SEED', { name: 'seed.json', bytes: Buffer.from(JSON.stringify(seed)) }))
    await withAppliance({ name: 'install-seed', seedImage, dataDisk: disk }, async ({ machine, patience }) => {
      await machine.waitForPowerOff(patience(60_000))
      console.log(`installed ${((performance.now() - machine.poweredOnAt) / 1000).toFixed(1)} s after power-on`)
    })
    expect(readFileSync(seedImage, 'latin1')).toMatch(/"outcome": "done",\s+"device": "\/dev\/vda"/)
  })

  it('the disk starts without its medium, and the seed’s password lets in', async () => {
    await withAppliance({ name: 'install-disk', medium: 'none', seed: null, dataDisk: disk }, async (appliance) => {
      const ms = await appliance.ready(appliance.patience(40_000))
      console.log(`API ${(ms / 1000).toFixed(1)} s after power-on, from the disk`)
      await appliance.api.login(password)
      const { items } = await appliance.api.call<{ items: readonly { name: string }[] }>('GET', '/v1/datastores')
      expect(items.map(({ name }) => name)).toEqual(['local'])
      await appliance.screen.waitFor(/rack3/, appliance.patience(10_000), appliance.machine.died)
    })
  })

  it.skipIf(leftToE2e)(
    'the same seed, on the ISO’s own stick now, does not install again: the medium’s system takes the disk’s state and says so',
    async () => {
      const stick = stickWithSeed(freshLogDirectory('install-stick'), seed)
      const asked = { name: 'install-again', iso: stick, medium: 'usb', seed: null, dataDisk: disk } as const
      await withAppliance(asked, async ({ api, machine, patience, ready, screen }) => {
        await ready(patience(40_000))
        await screen.waitFor(/Take the medium out/, patience(15_000), machine.died)
        await api.login(password)
        const { items } = await api.call<{ items: readonly { name: string }[] }>('GET', '/v1/datastores')
        expect(items.map(({ name }) => name)).toEqual(['local'])
      })
      rmSync(stick)
    },
  )
})

describe('by keys at the console', () => {
  const typed = 'typed-at-console-1'

  it('a disk is chosen, a network and a password set, and the machine restarts into what was installed', async () => {
    const disk = blankDisk(directory, 16_384)
    const asked = { name: 'install-keys', seed: null, dataDisk: disk, diskFirst: true }
    await withAppliance(asked, async ({ api, machine, patience, ready, screen }) => {
      const see = (pattern: RegExp, ms = 20_000) => screen.waitFor(pattern, patience(ms), machine.died)
      // The second entry of the boot menu.
      await see(/install, repair or upgrade/, 20_000)
      screen.type('\u001b[B')
      screen.type('\r')
      await see(/Apache License/, 25_000)
      screen.type('\r')
      await see(/Installation: keyboard/)
      screen.type('\r')
      await see(/\/dev\/vda +16 GiB/)
      screen.type('\r')
      await see(/Installation: network/)
      await see(/\[corbel /)
      screen.type('\u0015rack7')
      screen.type('\u001b[21~')
      await see(/Installation: password/)
      screen.type(`${typed}\r`)
      screen.type(`${typed}\r`)
      await see(/Make a new code/)
      screen.type('\u001b[21~')
      await see(/Until then nothing has been written/)
      screen.type('\u001b[23~')
      await see(/Corbel is installed on \/dev\/vda/, 60_000)
      await machine.screenshot('done')
      screen.type('\r')
      await see(/https:\/\/10\.0\.2\.15/, 90_000)
      await see(/rack7/)
      expect(machine.resets).toBeGreaterThan(0)
      await ready(patience(20_000))
      await api.login(typed)
      expect((await api.request('GET', '/v1/vms')).status).toBe(200)
    })
  })
})
