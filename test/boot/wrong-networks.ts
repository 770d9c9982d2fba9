// Changes of the management network that leave nobody a way in or are wrong otherwise, and the three ways to ask for them: API, command line, console.

import { ApiClient } from '../harness/api-client.ts'
import type { Appliance } from '../harness/appliance.ts'
import { managementMac } from '../harness/qemu-argv.ts'
import { until } from '../harness/wait.ts'
import { corbel } from '../node/cli/program.ts'
import { ConsoleMenu, DOWN, ESC, F, UP } from './console-menu.ts'

const OTHER_MAC = '52:54:00:c0:be:02'

/** Another network, at which nothing is forwarded to the host. */
export const otherCard = {
  slot: 1,
  device: `virtio-net-pci,netdev=other,mac=${OTHER_MAC},romfile=`,
  backend: ['-netdev', 'user,id=other,net=10.9.0.0/24'],
}

/** In the console's form: by label, what is typed in place of what is there, or how often a choice is turned on; true turns a checkbox. */
type Filling = Readonly<Record<string, string | number | true>>

export interface WrongChange {
  readonly name: string
  readonly patch: object
  /** Of `corbel network set`. */
  readonly options: readonly string[]
  readonly form: Filling
}

const UNPLUGGED = 'a link that is unplugged meanwhile'

const staticAt = (address: string, gateway: string | null) => ({
  patch: { ipv4: { mode: 'static', address, gateway } },
  options: ['--ipv4', address, ...(gateway === null ? [] : ['--gateway', gateway])],
  form: { IPv4: 1, 'IPv4 address': address, ...(gateway === null ? {} : { 'IPv4 gateway': gateway }) },
})

export const wrongChanges: readonly WrongChange[] = [
  { name: 'another VLAN', patch: { vlan: 77 }, options: ['--vlan', '77'], form: { VLAN: '77' } },
  { name: 'an address of another network', ...staticAt('10.99.0.5/24', null) },
  { name: 'a gateway that is none', ...staticAt('10.0.2.15/24', '10.0.2.99') },
  { name: 'a mask that leaves the gateway outside', ...staticAt('10.0.2.17/28', null) },
  {
    name: 'an adapter of another network',
    patch: { adapters: [OTHER_MAC] },
    options: ['--adapters', OTHER_MAC],
    form: { [managementMac]: true, [OTHER_MAC]: true },
  },
  {
    name: 'a bond whose switch knows of none',
    patch: { adapters: [managementMac, OTHER_MAC], bond: { mode: '802.3ad' } },
    options: ['--adapters', `${managementMac},${OTHER_MAC}`, '--bond', '802.3ad'],
    form: { [OTHER_MAC]: true, Bond: 2 },
  },
  { name: 'packets that are too large', patch: { mtu: 9000 }, options: ['--mtu', '9000'], form: { MTU: '9000' } },
  {
    name: 'a name server that is none',
    patch: { dns: ['10.0.2.77'] },
    options: ['--dns', '10.0.2.77'],
    form: { 'Name servers': '10.0.2.77' },
  },
  {
    name: 'a firewall that leaves its author out',
    patch: { firewall: { https: ['192.0.2.0/24'] } },
    options: ['--allow-https', '192.0.2.0/24'],
    form: { 'HTTPS from': '192.0.2.0/24' },
  },
  {
    name: UNPLUGGED,
    patch: { searchDomains: ['unplugged.example'] },
    options: ['--search-domains', 'unplugged.example'],
    form: { 'Search domains': 'unplugged.example' },
  },
]

export const ways = ['API', 'command line', 'console'] as const
export type Way = (typeof ways)[number]

export interface NetworkSeen {
  readonly revision: number
  readonly wanted: { readonly hostname: string; readonly vlan: number | null; readonly firewall: { readonly https: readonly string[] } }
  readonly pending: { readonly phase: string } | null
  readonly replacements: readonly { readonly wanted: string; readonly used: string; readonly because: string }[]
}

/** One appliance's management network, as somebody sees it who has to reach it over that. */
export class ManagedNetwork {
  readonly #appliance: Appliance
  /** Where the command line keeps what it knows. */
  readonly #home: string

  constructor(appliance: Appliance, home: string) {
    this.#appliance = appliance
    this.#home = home
  }

  #seconds(count: number): number {
    return this.#appliance.patience(count * 1000)
  }

  /** Over a connection of its own: those of before may be dead, and count for nothing. */
  async anew<T>(use: (client: ApiClient) => Promise<T>): Promise<T> {
    const client = new ApiClient(this.#appliance.api.port, this.#appliance.api.fingerprint)
    client.token = this.#appliance.api.token
    try {
      return await use(client)
    } finally {
      client.close()
    }
  }

  /** The view; null while the host cannot be reached. */
  async reach(): Promise<NetworkSeen | null> {
    try {
      const answer = await this.anew((client) => client.request('GET', '/v1/host/network', { timeoutMs: this.#seconds(2) }))
      return answer.status === 200 ? (answer.json as NetworkSeen) : null
    } catch {
      return null
    }
  }

  reached(): Promise<NetworkSeen> {
    return until('the network', () => this.reach(), { timeoutMs: this.#seconds(20), signal: this.#appliance.machine.died })
  }

  /** Reached again with these settings and nothing pending; returns after how many milliseconds. */
  async settled(wanted: unknown, withinSeconds: number): Promise<number> {
    const begun = performance.now()
    const look = async () => {
      const view = await this.reach()
      return view !== null && view.pending === null && JSON.stringify(view.wanted) === JSON.stringify(wanted)
    }
    const timeoutMs = withinSeconds * 1000 + this.#seconds(20)
    await until('the network as it was', look, { timeoutMs, signal: this.#appliance.machine.died })
    return performance.now() - begun
  }

  async patch(body: unknown, query: string) {
    const { revision } = await this.reached()
    const headers = { 'if-match': `"${revision}"` }
    return this.anew((client) => client.request('PATCH', `/v1/host/network${query}`, { body, headers }))
  }

  /** Asks for a change that is undone after `confirmSeconds`; returns when the host has taken it. */
  async ask(change: WrongChange, way: Way, confirmSeconds: number): Promise<void> {
    switch (way) {
      case 'API': {
        const answer = await this.patch(change.patch, `?confirmWithinSeconds=${confirmSeconds}`)
        if (answer.status !== 202) throw new Error(`${answer.status} ${answer.text}`)
        return
      }
      case 'command line':
        return this.#askByCommandLine(change.options, confirmSeconds)
      case 'console':
        return this.#askAtConsole(change.form, confirmSeconds)
    }
  }

  async #askByCommandLine(options: readonly string[], confirmSeconds: number): Promise<void> {
    const { api, password } = this.#appliance
    const env = { HOME: this.#home }
    const login = ['login', `127.0.0.1:${api.port}`, '--fingerprint', api.fingerprint ?? '', '--name', 'host']
    const set = ['network', 'set', ...options, '--no-confirm', '--confirm-within', String(confirmSeconds)]
    for (const [argv, input] of [
      [login, `${password}\n`],
      [set, ''],
    ] as const) {
      const { exit, output, errors } = await corbel(argv, { env, input })
      if (exit !== 0) throw new Error(`corbel ${argv.slice(0, 2).join(' ')}: ${exit} ${output}${errors}`)
    }
  }

  async #askAtConsole(form: Filling, confirmSeconds: number): Promise<void> {
    const { screen } = this.#appliance
    const menu = new ConsoleMenu(this.#appliance)
    await menu.logIn()
    await menu.choose('Management network')
    screen.type('\r')
    await menu.page('Management network')
    // Offered once it is known how the network is.
    await menu.shown(/Enter Change/)
    screen.type('\r')
    await menu.page('Change the network')
    await this.#fill({ ...form, 'Undone after': String(confirmSeconds) })
    screen.type(F(10))
    await menu.shown(/F11 puts it in force/)
    screen.type(F(11))
    // Back where it was begun, and out.
    await menu.page('Management network')
    screen.type(ESC)
    await menu.page('Menu')
    screen.type(ESC)
    await menu.shown(/F2 Customize/)
  }

  /** Each field is a row of its own, and so many keys away from the first. */
  async #fill(form: Filling): Promise<void> {
    const { screen, machine } = this.#appliance
    const first = /^ +Hostname +\[/
    const text = await screen.waitFor(/^ +Hostname +\[[\s\S]*Undone after +\[/m, this.#seconds(15), machine.died)
    const lines = text.split('\n')
    const top = lines.findIndex((line) => first.test(line))
    let at = 0
    for (const [label, filling] of Object.entries(form)) {
      const row = lines.findIndex((line) => new RegExp(`^ +(\\S+ )?${label} +[\\[<]`).test(line)) - top
      if (row < 0) throw new Error(`the form has no ${label}:\n${text}`)
      screen.type((row > at ? DOWN : UP).repeat(Math.abs(row - at)))
      at = row
      if (filling === true) screen.type(' ')
      else screen.type(typeof filling === 'number' ? '\x1b[C'.repeat(filling) : `\x15${filling}`)
    }
  }
}

/** The link goes and comes again, as when somebody exchanges the cable; only where the change is about that. */
export async function pullCable(change: WrongChange, appliance: Appliance): Promise<void> {
  if (change.name !== UNPLUGGED) return
  await appliance.machine.qmp.run('set_link', { name: 'management', up: false })
  const carriers = () => appliance.probe.output('cat /sys/class/net/*/carrier 2>/dev/null | sort | head -1')
  await until('the link’s being gone', async () => (await carriers()) === '0', { timeoutMs: appliance.patience(10_000) })
  await appliance.machine.qmp.run('set_link', { name: 'management', up: true })
}
