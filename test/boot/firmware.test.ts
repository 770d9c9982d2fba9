// Every way to start the ISO reaches the console and the API: BIOS and UEFI, CD, USB stick and disk. Firmware that wants signatures starts only
// what bears one.
import { describe, expect, it } from 'vitest'
import { iso } from '../harness/paths.ts'
import type { Firmware, Medium } from '../harness/qemu-argv.ts'
import { sample } from '../harness/sample.ts'
import { pictureOf } from '../harness/screendump.ts'
import { until } from '../harness/wait.ts'
import { withAppliance } from './booted.ts'
import { expectRefusal, isSigned } from './secure-boot.ts'

const rows: readonly (readonly [string, Firmware, Medium, number])[] = [
  ['BIOS from a CD, with 256 MiB of memory', 'bios', 'cdrom', 256],
  ['BIOS from a USB stick', 'bios', 'usb', 1024],
  ['UEFI from a CD', 'uefi', 'cdrom', 1024],
  ['UEFI from a disk', 'uefi', 'disk', 1024],
  ['UEFI with Secure Boot from a CD', 'secure-boot', 'cdrom', 1024],
]

const signed = isSigned(iso)

describe('the ISO', () => {
  it.each(sample(rows, 1, 4).filter(([, firmware]) => signed || firmware !== 'secure-boot'))(
    'started by %s reaches console and API',
    async (_, firmware, medium, memoryMiB) => {
      await withAppliance({ name: `firmware-${firmware}-${medium}`, firmware, medium, memoryMiB }, async (appliance) => {
        const ms = await appliance.ready(appliance.patience(40_000))
        const shown = await appliance.screen.waitFor(/https:\/\/10\.0\.2\.15/, appliance.patience(10_000), appliance.machine.died)
        expect(shown).toMatch(/Corbel/)
        expect(shown).toMatch(/QEMU/)
        // The kernel keeps a part for itself.
        const total = Number(/ of ([\d,]+) MiB used/.exec(shown)?.[1]?.replace(',', ''))
        expect(total).toBeGreaterThan(memoryMiB * 0.75)
        expect(total).toBeLessThanOrEqual(memoryMiB)
        // The fingerprint on the console is that of the certificate which the API shows.
        const fingerprint = appliance.api.fingerprint ?? 'none'
        const painted = async () => (await appliance.screen.text()).replaceAll(/[^0-9A-F:]/g, '').includes(fingerprint.slice(0, 23))
        await until('the fingerprint on the console', painted, { timeoutMs: appliance.patience(10_000), signal: appliance.machine.died })
        expect(appliance.machine.resets).toBe(0)
        // The screen shows its own console, a moment before or after the serial port.
        await pictureOf(appliance.machine, 'console', 0.4, 0.7, appliance.patience(10_000))
        console.log(`${firmware} ${medium}: API after ${(ms / 1000).toFixed(1)} s`)
      })
    },
  )

  it.skipIf(signed)('whose kernel bears no signature is refused by UEFI with Secure Boot', () => expectRefusal(iso))
})
