// The image for looking into it: a root shell on the second serial port and nowhere else, and every screen and answer says which image it is.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { baseName, build, imageFile } from '../harness/paths.ts'
import { booted } from './booted.ts'

const iso = join(build, 'image', `${baseName}-debug`, 'corbel-debug.iso')
const host = booted({ name: 'debug-image', iso, firmware: 'direct' }, (appliance) => appliance.readyAndLoggedIn())

it('is named apart from the product’s, and marked in its manifest', () => {
  expect(existsSync(iso)).toBe(true)
  const manifest = (of: string) => JSON.parse(readFileSync(imageFile('manifest.json', of), 'utf8')) as { version: string; debug?: boolean }
  expect(manifest(iso)).toMatchObject({ debug: true, version: expect.stringMatching(/-debug$/) })
  const product = manifest(join(build, 'image', baseName, 'corbel.iso'))
  expect(product.debug).toBeUndefined()
  expect(product.version).not.toContain('debug')
})

it('says so on the console’s title bar and below it, and to every client', async () => {
  const { screen, api, patience } = host()
  const text = await screen.waitFor(/second\s+serial port has a root shell/, patience(10_000))
  expect(text.split('\n')[0]).toMatch(/Corbel DEBUG IMAGE \S+-debug/)
  const { facts } = await api.call<{ facts: { product: string; version: string } }>('GET', '/v1/host')
  expect(facts.product).toBe('Corbel DEBUG IMAGE')
  const { version } = await api.call<{ version: string }>('GET', '/v1/health')
  expect(version).toBe(facts.version)
})

it('gives a root shell on the second serial port, which says what it is', async () => {
  const { machine, patience } = host()
  // The harness has its reader of the kernel's log there.
  const port = machine.kernelLog
  await port.waitFor(/DEBUG IMAGE: this is a root shell/, patience(10_000))
  port.write('id; dmesg | grep -c "debug image: whoever"; cat /proc/sys/kernel/modules_disabled; echo end-of-$((1 + 1))\n')
  await port.waitFor(/uid=0[^\n]*\n1\s*\n1\s*\nend-of-2/, patience(10_000))
})

it('has none on the console’s serial port: what is typed there is Corbel’s', async () => {
  const { machine, screen, patience } = host()
  machine.console.write('\x03\x04id\n')
  await screen.waitFor(/Corbel DEBUG IMAGE/, patience(10_000))
  expect(machine.console.text).not.toMatch(/uid=0|debug#/)
})
