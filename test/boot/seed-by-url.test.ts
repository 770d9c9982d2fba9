// An ISO whose command line says where its seed is: the host asks a web server for it, by its own name, and is set up by what comes.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { FileServer } from '../harness/file-server.ts'
import { inTools } from '../harness/in-tools.ts'
import { imageFile } from '../harness/paths.ts'
import { managementMac } from '../harness/qemu-argv.ts'
import { leftToE2e } from '../harness/sample.ts'
import { isoVersion } from '../harness/update-file.ts'
import { withAppliance } from './booted.ts'

const password = 'by-the-network-1'
const seed = { version: 1, hostname: 'rack7', administrator: { password } }
const made = imageFile('corbel-seed-by-url.iso')

function makeIso(url: string): void {
  inTools('env', `SEED_URL=${url}`, 'image/iso/build', join(made, '..'), isoVersion(), 'corbel-seed-by-url.iso')
}

afterAll(() => rmSync(made, { force: true }))

describe('a seed on a web server', () => {
  it('is fetched under the machine’s own name, once the server has it, and lets in', async () => {
    const server = await FileServer.start(Buffer.from(JSON.stringify(seed)), 1)
    makeIso(server.url('{mac}.json?key=abc'))
    try {
      await withAppliance({ name: 'seed-by-url', iso: made, seed: null }, async ({ api, machine, patience, ready, screen }) => {
        const ms = await ready(patience(40_000))
        console.log(`API ${(ms / 1000).toFixed(1)} s after power-on, with a seed from the network`)
        await api.login(password)
        await screen.waitFor(/rack7/, patience(10_000), machine.died)
        expect(new Set(server.asked)).toEqual(new Set([`/${managementMac.replaceAll(':', '-')}.json?key=abc`]))
        const state = await api.call<{ interface: string; ipv4: readonly string[] }>('GET', '/v1/host/network')
        expect(JSON.stringify(state)).toContain('10.0.2.15')
      })
    } finally {
      server.stop()
    }
  })

  it.skipIf(leftToE2e)('that cannot be had is told of on the console, and the host comes up without', async () => {
    const server = await FileServer.start(Buffer.from('no seed'), 1000)
    makeIso(server.url('seed.json?key=abc'))
    try {
      await withAppliance({ name: 'seed-by-url-none', iso: made, seed: null }, async ({ machine, patience, ready, screen }) => {
        await ready(patience(60_000))
        const shown = await screen.waitFor(/could not be fetched/, patience(15_000), machine.died)
        expect(shown).toContain('503')
        expect(shown).not.toContain('abc')
        await screen.waitFor(/Once more/, patience(10_000), machine.died)
      })
    } finally {
      server.stop()
    }
  })
})
