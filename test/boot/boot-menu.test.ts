// The boot menu of an installed disk, by keys on the serial line: it opens no prompt and no line to edit, starts the other slot, the configuration of before,
// and the management network at its defaults.
import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Appliance } from '../harness/appliance.ts'
import { makeInstalledDisk } from '../harness/installed-disk.ts'
import { freshLogDirectory } from '../harness/paths.ts'
import { until } from '../harness/wait.ts'

const GOOD = { order: 'a b', a_tries: '3', b_tries: '3', a_state: 'good', b_state: 'good', once: '' }
const DOWN = '\x1b[B'
const ESC = '\x1b'
const ENTRIES = { slotB: 2, previous: 3, network: 4 } as const

let host: Appliance
const disk = makeInstalledDisk(freshLogDirectory('boot-menu-disk'), GOOD)
beforeAll(async () => {
  host = await Appliance.start({ name: 'boot-menu', medium: 'none', dataDisk: disk })
})
afterAll(async () => {
  await host.stop()
  rmSync(disk)
})

const seconds = (count: number) => host.patience(count * 1000)
const shown = (pattern: RegExp) => host.screen.waitFor(pattern, seconds(15), host.machine.died)

/** GRUB listens for Esc for two seconds. */
async function openMenu(): Promise<void> {
  const look = async () => {
    if (/Corbel, slot B/.test(await host.screen.text())) return true
    host.screen.type(ESC)
    return false
  }
  await until('the boot menu', look, {
    timeoutMs: seconds(20),
    intervalMs: 300,
    signal: host.machine.died,
    seen: () => host.machine.console.text.slice(-300),
  })
}

async function start(entry: keyof typeof ENTRIES): Promise<void> {
  host.screen.type(`${DOWN.repeat(ENTRIES[entry])}\r`)
  await host.ready(seconds(60))
  // What is asked for here may have the network set up once more.
  const login = () =>
    host.api.login(host.password).then(
      () => true,
      () => false,
    )
  await until('a log-in', login, { timeoutMs: seconds(30), intervalMs: 1_000, signal: host.machine.died })
}

/** Until the menu is open again; the API of before does not count. */
async function restart(): Promise<void> {
  await host.api.call('POST', '/v1/host/restart')
  await openMenu()
}

const running = async () => (await host.api.call<{ running: string }>('GET', '/v1/host/slots')).running

describe('the boot menu', () => {
  it.each([
    ['e', 'editing an entry'],
    ['c', 'the command line'],
  ])('asks for a superuser, whom there is not, when %s is pressed: %s', async (key) => {
    await openMenu()
    host.screen.type(key)
    await shown(/Enter username/)
    host.screen.type('nobody\r')
    await shown(/Enter password/)
    host.screen.type('nobody\r')
    await shown(/Corbel, slot B/)
    expect(await host.screen.text()).not.toMatch(/grub>|setparams/)
  })

  it('starts the other slot', async () => {
    await start('slotB')
    expect(await running()).toBe('b')
  })

  it('starts with the configuration before the last change', async () => {
    const layout = async () => (await host.api.call<{ layout: string }>('GET', '/v1/host/keyboard')).layout
    const before = await layout()
    await host.api.call('PUT', '/v1/host/keyboard', { body: { layout: 'de' } })
    await restart()
    await start('previous')
    expect([await layout(), await running()]).toEqual([before, 'a'])
  })

  it('starts with the management network at its defaults', async () => {
    const network = () => host.api.call<{ revision: number; wanted: { firewall: { https: string[] } } }>('GET', '/v1/host/network')
    const headers = { 'if-match': `"${(await network()).revision}"` }
    const body = { firewall: { https: ['192.0.2.0/24'] } }
    expect((await host.api.request('PATCH', '/v1/host/network?confirmWithinSeconds=600', { body, headers })).status).toBe(202)
    // Kept at the console, by somebody who has made a mistake.
    await shown(/F9/)
    host.screen.type(`${ESC}9`)
    await until('its being kept', async () => !/F9/.test(await host.screen.text()), { timeoutMs: seconds(15) })
    await host.machine.qmp.run('system_reset')
    await openMenu()
    await start('network')
    expect((await network()).wanted.firewall.https).toEqual([])
  })
})
