// UEFI with Secure Boot and own keys: what is signed with them starts, from the medium and from an installed disk, and nothing else does, not even what Debian signed.
import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Appliance } from '../harness/appliance.ts'
import { inTools } from '../harness/in-tools.ts'
import { flipBitInSlot, makeInstalledDisk, readEnvironment } from '../harness/installed-disk.ts'
import { freshLogDirectory, iso, signedIso } from '../harness/paths.ts'
import { leftToE2e } from '../harness/sample.ts'
import { withAppliance } from './booted.ts'

const TRYING = { order: 'a b', a_tries: '1', b_tries: '3', a_state: 'trying', b_state: 'good', once: '' }
const firmware = 'own-keys'
async function reachesApi(appliance: Appliance): Promise<string> {
  const ms = await appliance.ready(appliance.patience(60_000))
  return `${(ms / 1000).toFixed(1)} s`
}

describe('with own keys enrolled', () => {
  it.skipIf(leftToE2e)('the signed medium starts', async () => {
    await withAppliance({ name: 'own-keys-medium', firmware, medium: 'disk', iso: signedIso }, async (appliance) => {
      console.log(`signed medium: API after ${await reachesApi(appliance)}`)
      expect(appliance.machine.resets).toBe(0)
    })
  })

  it.skipIf(leftToE2e)('a medium that Debian signed is refused', async () => {
    await withAppliance({ name: 'own-keys-debian', firmware, iso, noReboot: true }, async ({ machine, patience }) => {
      await machine.console.waitFor(/BdsDxe: failed to load [^\n]*(Access Denied|Security Violation)/, patience(20_000), machine.died)
    })
  })
})

describe('an installed disk', () => {
  let disk = ''
  let made = ''
  beforeAll(() => {
    made = freshLogDirectory('own-keys-disk')
    disk = makeInstalledDisk(made, TRYING, signedIso)
  })
  afterAll(() => rmSync(disk))

  it('starts nothing of a slot in whose signed image a bit has flipped, and the other slot instead', async () => {
    flipBitInSlot(disk, 'a', ['boot', 'corbel.efi'], 9_000_000, signedIso)
    await withAppliance({ name: 'own-keys-flipped', firmware, medium: 'none', dataDisk: disk }, async (appliance) => {
      const took = await reachesApi(appliance)
      console.log(`signed image of slot a damaged: API of slot b after ${took}`)
      expect(appliance.machine.console.text).toMatch(/Slot a of this disk cannot be started/)
      expect(appliance.machine.console.text).not.toMatch(/Slot b of this disk/)
    })
    expect(readEnvironment(disk, made)).toMatchObject({ a_tries: '0', b_tries: expect.stringMatching(/^[23]$/) })
  })

  it.skipIf(leftToE2e)('does not start Debian’s GRUB in place of its own', async () => {
    inTools('mcopy', '-o', '-i', `${disk}@@2M`, '/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed', '::EFI/BOOT/grubx64.efi')
    await withAppliance(
      { name: 'own-keys-foreign', firmware, medium: 'none', dataDisk: disk, noReboot: true },
      async ({ machine, patience }) => {
        await machine.console.waitFor(/Verification failed|Security Violation|Access Denied/, patience(20_000), machine.died)
        expect(machine.console.text).not.toMatch(/Corbel/)
      },
    )
  })
})
