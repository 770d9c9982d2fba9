// The console of a booted host: every page by keys, on the serial line and at the screen, at two sizes, and with what is typed there by mistake or malice.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { menuEntries } from '../../control/src/console/menu.ts'
import { sample } from '../harness/sample.ts'
import { guestSpecs } from '../harness/vm-client.ts'
import { until } from '../harness/wait.ts'
import { booted } from './booted.ts'
import { ConsoleMenu, ESC, F, UP } from './console-menu.ts'

const host = booted({ name: 'console', probe: true, memoryMiB: 1536 }, async (appliance) => {
  menu = new ConsoleMenu(appliance)
  await appliance.readyAndLoggedIn()
})
const seconds = (count: number) => host().patience(count * 1000)

let menu: ConsoleMenu
const shown = (pattern: RegExp) => menu.shown(pattern)
const page = (title: string) => menu.page(title)
const logIn = (password?: string) => menu.logIn(password)
const choose = (title: string) => menu.choose(title)

/** What each entry of the menu opens: the heading, and something that is so on this host. */
const PAGES: Readonly<Record<string, readonly [title: string, seen: RegExp]>> = {
  vms: ['VMs', /shown-here/],
  datastores: ['Datastores', /local/],
  tasks: ['Tasks', /vm\.power-on/],
  events: ['Events', /shown-here was started/],
  network: ['Management network', /10\.0\.2\.15\/24/],
  time: ['Time servers', /Servers/i],
  clock: ['Set the clock', /Time \(UTC\)/],
  keyboard: ['Keyboard layout', /English \(US\)/],
  slots: ['System slots', /install/i],
  configuration: ['Configuration', /\d/],
  services: ['Services', /controld/],
  logs: ['Log', /kernel/],
  mirrors: ['Mirrored disks', /on one disk/],
  audit: ['Audit log', /POST \/v1\/vms/],
  support: ['Support', /Corbel/],
  password: ['Password', /New password/],
  lockdown: ['Lockdown', /normal/i],
  'recovery-code': ['Recovery code', /code/],
  reset: ['Reset the configuration', /F11/],
}

const entries = menuEntries.filter(({ id }) => id !== 'log-out').map(({ id, title }) => [title, id] as const)

async function openAndLeave(title: string, id: string): Promise<void> {
  const expected = PAGES[id]
  if (expected === undefined) throw new Error(`what ${id} opens has to be listed in PAGES`)
  await choose(title)
  host().screen.type('\r')
  const [heading, seen] = expected
  // A dialog leaves the heading of what is under it.
  if (id !== 'reset') await page(heading)
  expect(await shown(seen)).toContain(heading)
  host().screen.type(ESC)
  await page('Menu')
}

let running = ''
beforeAll(async () => {
  const { vms } = host()
  running = (await vms.create(guestSpecs.hello('shown-here'))).id
  await vms.power(running, 'power-on', seconds(60))
  await vms.waitForPowerState(running, 'running', seconds(20))
})

describe('on the serial line, at 80 by 25', () => {
  beforeAll(() => logIn())
  afterAll(async () => {
    host().screen.type(ESC)
    await shown(/F2 Customize/)
  })

  // One that fails leaves its page to the next.
  afterEach(async () => {
    for (let n = 0; n < 4 && !/^ {2}Corbel \S+ +Menu/.test(await host().screen.text()); n++) {
      host().screen.type(ESC)
      await host()
        .screen.waitFor(/^ {2}Corbel \S+ +Menu/, seconds(2))
        .catch(() => undefined)
    }
  })

  it.each(entries)('%s is opened and left', openAndLeave)

  it('what a restart means for the VMs that run is said before it, and nothing happens without F11', async () => {
    const { screen } = host()
    screen.type(F(12))
    await page('Power')
    await shown(/1 VM is running \(shown-here\)/)
    screen.type('\r')
    await shown(/F11 Restart/)
    screen.type('\r')
    screen.type(ESC)
    await until('dialog’s end', async () => !/F11 Restart/.test(await screen.text()), { timeoutMs: seconds(10) })
    screen.type(ESC)
    await page('Menu')
    expect((await host().vms.get(running)).status.powerState).toBe('running')
  })

  it('garbage, escape sequences and half characters leave the page as it is', async () => {
    const { screen } = host()
    const headings = async () =>
      (await page('Menu')).split('\n').flatMap((line) => /^ {2}[A-Z][A-Za-z ]{0,30}/.exec(line)?.[0].trim() ?? [])
    const before = await headings()
    screen.type('\x1b[999;999H\x1b]0;title\x07\x1b[2J\x1bP+q\x1b\\\x1b[?1049h\u0000\u0007\xff\xfe\xc3\x1b[200~paste\x1b[201~')
    screen.type(UP.repeat(3))
    // The keys that come after it are keys again.
    await choose('VMs')
    expect(await headings()).toEqual(before)
  })
})

describe('a change of the network', () => {
  async function change(hostname: string): Promise<void> {
    const { api } = host()
    const { revision } = await api.call<{ revision: number }>('GET', '/v1/host/network')
    const headers = { 'if-match': `"${revision}"` }
    await api.call('PATCH', '/v1/host/network?confirmWithinSeconds=120', { body: { hostname }, headers })
  }
  const wanted = async () => await host().api.call<{ wanted: { hostname: string }; pending: unknown }>('GET', '/v1/host/network')

  it('that waits is on every screen, and F9 keeps it without a log-in', async () => {
    await change('kept-here')
    await shown(/F9/)
    host().screen.type(F(9))
    await until('its being kept', async () => (await wanted()).pending === null, { timeoutMs: seconds(15) })
    expect((await wanted()).wanted.hostname).toBe('kept-here')
  })

  it('is undone by F6', async () => {
    await change('undone-here')
    await shown(/F6/)
    host().screen.type(F(6))
    await until('its being undone', async () => (await wanted()).pending === null, { timeoutMs: seconds(20) })
    expect((await wanted()).wanted.hostname).toBe('kept-here')
  })
})

describe('a terminal that becomes larger', () => {
  it('has the whole of it used, by every page too, and of the smaller one again afterwards', async () => {
    const { screen } = host()
    const bottom = async () => {
      const lines = await screen.lines()
      return lines.findIndex((line) => line.includes('F2 Customize'))
    }
    screen.resize(160, 50)
    // It is asked for its size twice a minute.
    await until('a status screen of 50 rows', async () => (await bottom()) >= 48, { timeoutMs: 40_000 + seconds(5) })
    await logIn()
    for (const [title, id] of sample(entries, 0, 4, 13)) await openAndLeave(title, id)
    screen.type(ESC)
    await shown(/F2 Customize/)
    screen.resize(80, 25)
    await until('a status screen of 25 rows', async () => (await bottom()) === 24, { timeoutMs: 40_000 + seconds(5) })
  })
})

describe('at the screen', () => {
  /** The characters of the first virtual terminal, a row a line. */
  async function cells(): Promise<string> {
    const { probe } = host()
    const size = await probe.output('dd if=/proc/1/root/dev/vcsa1 bs=1 count=2 2>/dev/null | od -An -tu1')
    const columns = Number(size.trim().split(/\s+/)[1])
    return probe.output(`fold -w ${columns} /proc/1/root/dev/vcs1`)
  }
  const seen = (pattern: RegExp) => until(`${pattern} at the screen`, async () => pattern.test(await cells()), { timeoutMs: seconds(20) })
  const typed = (text: string) =>
    [...text].map((key) => (key === '-' ? 'minus' : key === '_' ? 'shift-minus' : /[A-Z]/.test(key) ? `shift-${key.toLowerCase()}` : key))

  it('the status is there without a log-in, and a password that is typed there opens the menu', async () => {
    const { machine } = host()
    await seen(/kept-here/)
    await seen(/https:\/\/10\.0\.2\.15\//)
    await machine.screenshot('status')
    await machine.qmp.sendKeys(['f2'])
    await seen(/Password/)
    await machine.qmp.sendKeys([...typed(host().password), 'ret'])
    await seen(/> VMs/)
    await machine.screenshot('menu')
  })

  it('a page is opened there with its current values', async () => {
    const { machine } = host()
    await machine.qmp.sendKeys(['ret'])
    await seen(/shown-here/)
    await machine.qmp.sendKeys(['esc'])
    await seen(/> VMs/)
    await machine.qmp.sendKeys(['esc'])
    await seen(/F2 Customize/)
  })
})

describe('a password that is changed at the console', () => {
  it('is the one that counts from then on, over the network too', async () => {
    const { api, password, screen } = host()
    const next = 'changed at the console'
    await logIn()
    await choose('Password')
    screen.type('\r')
    await page('Password')
    screen.type(`${password}\t${next}\t${next}${F(10)}`)
    await until('its being changed', async () => (await api.request('GET', '/v1/vms')).status === 401, { timeoutMs: seconds(20) })
    await api.login(next)
    expect((await api.request('POST', '/v1/login', { body: { username: 'administrator', password } })).status).toBe(401)
  })
})
