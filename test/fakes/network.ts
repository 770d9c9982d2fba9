// A kernel's management network in memory: links, addresses, routes, filter, as far as the steps of a plan touch them; and the world around it.
import type { Adapter } from '../../control/src/domain/adapter.ts'
import { contains, type Ipv4Cidr, parseCidr, parseIpv4 } from '../../control/src/domain/ipv4.ts'
import { contains6, type Ipv6Cidr, type Ipv6Groups, isLinkLocal6, parseCidr6, parseIpv6 } from '../../control/src/domain/ipv6.ts'
import type { NetworkSettings } from '../../control/src/domain/network.ts'
import type { KnownCard } from '../../control/src/domain/network-kept.ts'
import type { SeenAddress, SeenNetwork } from '../../control/src/domain/network-seen.ts'
import { type AppliedNetwork, BOND_NAME, type NetworkStep, VLAN_PREFIX } from '../../control/src/domain/network-state.ts'
import { planNetworkState, planNetworkSteps } from '../../control/src/plan/network.ts'
import { chooseAdapters } from '../../control/src/plan/network-adapters.ts'
import type { Network, Resolution } from '../../control/src/ports/network.ts'
import type { ControlProcess } from './control-process.ts'
import { FakeFailure } from './failure.ts'

interface Link {
  up: boolean
  arp: boolean
  mtu: number
  master: string | null
  /** Of a bond or a VLAN: what `ip link add` was told. */
  made: string | null
  parent: string | null
  addresses: string[]
}

export function adapter(index: number, change: Partial<Adapter> = {}): Adapter {
  return {
    ...{ name: `eth${index}`, mac: `52:54:00:00:00:0${index + 1}`, index: index + 2, hasLink: true },
    ...{ slot: `PCI0-0${index + 3}.0`, speedMbps: 1000, driver: 'virtio_net', ...change },
  }
}

export const LEASE = { address: '10.0.2.15/24', gateway: '10.0.2.2', servers: ['10.0.2.3'] }

export class FakeNetwork {
  cards: readonly Adapter[] = [adapter(0), adapter(1)]
  /** Who answers on an interface: `INTERFACE ADDRESS`. */
  neighbours: (name: string, address: string) => boolean = (_name, address) => address === LEASE.gateway || address === LEASE.servers[0]
  /** What a DHCP server gives on an interface. */
  lease: (name: string) => typeof LEASE | null = () => LEASE
  resolution: Resolution = { kind: 'addresses', addresses: ['192.0.2.1'] }
  /** Steps that still succeed; the one after fails, and then they succeed again. */
  stepsLeft = Number.POSITIVE_INFINITY
  readonly done: NetworkStep[] = []
  #links = new Map<string, Link>()
  #sysctls = new Map<string, string>()
  #routes = new Map<number, { via: string; dev: string }>()
  #filter: unknown = null
  #resolver: { servers: readonly string[]; searchDomains: readonly string[] } = { servers: [], searchDomains: [] }
  #hostname = 'unset'
  #dhcp: string | null = null
  #applied: string | null = null
  #isSetUp = false
  readonly #named: (hostname: string) => void

  /** `named` is told the host's name. */
  constructor(named: (hostname: string) => void = () => {}) {
    this.#named = named
    this.boot()
  }

  /** The machine comes up: cards are there, and nothing else. */
  boot(): void {
    this.#links = new Map(this.cards.map(({ name }) => [name, bare()]))
    this.#sysctls.clear()
    this.#routes.clear()
    this.#filter = null
    this.#resolver = { servers: [], searchDomains: [] }
    this.#hostname = 'unset'
    this.#dhcp = null
    this.#applied = null
    this.#isSetUp = false
  }

  /** What setup does, once a boot. */
  setUp(settings: NetworkSettings, cards: readonly KnownCard[]): void {
    if (this.#isSetUp) return
    this.#isSetUp = true
    const { members, replacements, problem } = chooseAdapters(this.cards, settings, cards)
    const state = planNetworkState(settings, this.cards, members)
    for (const step of planNetworkSteps(null, state, { made: [], boot: true })) {
      const failure = this.#try(step)
      if (failure !== null) throw failure
    }
    this.record({ settings, state, replacements, problem })
  }

  /** All that the kernel has, in a form that can be compared. */
  state(): unknown {
    const links = [...this.#links]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, link]) => [name, { ...link, addresses: [...link.addresses].sort() }])
    // What an interface without IPv6 is told of routers has no effect.
    const isOff = (name: string) => this.#sysctls.get(`net/ipv6/conf/${name}/disable_ipv6`) === '1'
    const counts = ([path]: readonly [string, string]) => {
      const name = path.split('/')[3] ?? ''
      return this.#links.has(name) && (path.endsWith('/disable_ipv6') || !isOff(name))
    }
    const sysctls = [...this.#sysctls].filter(counts).sort()
    return JSON.parse(
      JSON.stringify({
        ...{ links, sysctls, routes: [...this.#routes].sort(), filter: this.#filter, resolver: this.#resolver },
        ...{ hostname: this.#hostname, dhcp: this.#dhcp },
      }),
    )
  }

  /** As one controld has it. */
  for(process: ControlProcess): Network {
    return {
      observe: async () => this.observe(),
      perform: async (step) => {
        // A rejection, unlike a value, would be made before the process is known to live.
        const failure = await process.perform(() => this.#try(step))
        if (failure !== null) throw failure
      },
      applied: () => this.applied(),
      record: (applied) => process.act(() => this.record(applied)),
      hasNeighbour: (name, address) => process.perform(() => this.#isLinked(name) && this.neighbours(name, address)),
      resolve: () => process.perform(() => this.resolution),
    }
  }

  /** As setup has it. */
  direct(): Network {
    return {
      observe: async () => this.observe(),
      perform: async (step) => {
        const failure = this.#try(step)
        if (failure !== null) throw failure
      },
      applied: () => this.applied(),
      record: (applied) => this.record(applied),
      hasNeighbour: async (name, address) => this.#isLinked(name) && this.neighbours(name, address),
      resolve: async () => this.resolution,
    }
  }

  applied(): AppliedNetwork | null {
    return this.#applied === null ? null : (JSON.parse(this.#applied) as AppliedNetwork | null)
  }

  record(applied: AppliedNetwork | null): void {
    this.#applied = JSON.stringify(applied)
  }

  observe(): SeenNetwork {
    const on = this.applied()?.state.interface ?? null
    const lease = this.#dhcp === null ? null : this.#leaseOf(this.#dhcp)
    const isOn = on === null || on === this.#dhcp
    return {
      adapters: this.cards,
      made: [...this.#links.keys()].filter((name) => name === BOND_NAME || name.startsWith(VLAN_PREFIX)),
      linked: [...this.#links.keys()].filter((name) => this.#isLinked(name)),
      addresses: this.#addresses(),
      gateways: { ipv4: this.#gateway(4, on) ?? (isOn ? (lease?.gateway ?? null) : null), ipv6: this.#gateway(6, on) },
      leaseServers: on !== null && isOn ? (lease?.servers ?? null) : null,
    }
  }

  #gateway(family: number, on: string | null): string | null {
    const route = this.#routes.get(family)
    return route !== undefined && (on === null || route.dev === on) ? route.via : null
  }

  #addresses(): readonly SeenAddress[] {
    const set = [...this.#links].flatMap(([name, { addresses }]) => addresses.map((address) => seen(name, address)))
    const lease = this.#dhcp === null ? null : this.#leaseOf(this.#dhcp)
    return lease === null || this.#dhcp === null ? set : [...set, seen(this.#dhcp, lease.address)]
  }

  #leaseOf(name: string): typeof LEASE | null {
    return this.#isLinked(name) ? this.lease(name) : null
  }

  #isLinked(name: string): boolean {
    const link = this.#links.get(name)
    if (link === undefined || !link.up) return false
    if (link.parent !== null) return this.#isLinked(link.parent)
    const card = this.cards.find((one) => one.name === name)
    if (card !== undefined) return card.hasLink
    return [...this.#links].some(([member, { master }]) => master === name && this.#isLinked(member))
  }

  #try(step: NetworkStep): FakeFailure | null {
    if (this.stepsLeft-- <= 0) {
      this.stepsLeft = Number.POSITIVE_INFINITY
      return new FakeFailure('network.failed', `${step.kind} failed`)
    }
    this.done.push(step)
    switch (step.kind) {
      case 'ip':
        for (const line of step.lines) {
          const failure = this.#ip(line.split(' '), step.family)
          if (failure !== null) return new FakeFailure('network.failed', `ip: ${failure}`)
        }
        return null
      case 'sysctl':
        this.#sysctls.set(step.path, step.value)
        // Every address of IPv6 goes with it.
        if (step.path.endsWith('/disable_ipv6') && step.value === '1') this.#drop(step.path.split('/')[3] ?? '', 6)
        return null
      case 'filter':
        this.#filter = { uplink: step.uplink, firewall: step.firewall }
        return null
      case 'await-link':
        return null
      case 'detect-conflict':
        if (!this.#isLinked(step.interface) || !this.neighbours(step.interface, step.address)) return null
        return new FakeFailure('network.address.in-use', `Another machine of the network has the address ${step.address}`)
      case 'resolver':
        this.#resolver = { servers: step.servers, searchDomains: step.searchDomains }
        return null
      case 'hostname':
        this.#hostname = step.name
        this.#named(step.name)
        return null
      case 'dhcp-client':
        this.#dhcp = step.interface
        return null
      default: {
        const unhandled: never = step
        throw new TypeError(`unhandled step ${JSON.stringify(unhandled)}`)
      }
    }
  }

  #drop(name: string, family: 4 | 6 | null): void {
    const link = this.#links.get(name)
    if (link !== undefined) link.addresses = link.addresses.filter((address) => family !== null && (family === 6) !== address.includes(':'))
    for (const [of, { dev }] of this.#routes) if (dev === name && (family === null || family === of)) this.#routes.delete(of)
  }

  /** One line; null when it worked, as the kernel would have it. */
  #ip(words: readonly string[], family: 4 | 6 | null): string | null {
    const [object, verb] = words
    const after = (word: string) => words[words.indexOf(word) + 1] ?? ''
    const name = after(words.includes('dev') ? 'dev' : 'name')
    const link = this.#links.get(name)
    if (object === 'link' && verb === 'add') {
      if (link !== undefined) return 'File exists'
      const parent = words.includes('link') && words[2] === 'link' ? (words[3] ?? null) : null
      if (parent !== null && !this.#links.has(parent)) return 'no such parent'
      this.#links.set(name, { ...bare(), made: words.slice(words.indexOf('type')).join(' '), parent })
      if (words.includes('mtu')) (this.#links.get(name) as Link).mtu = Number(after('mtu'))
      return null
    }
    if (object === 'route') {
      if (link?.up !== true) return 'Network is down'
      if (!link.addresses.some((own) => isReached(after('via'), own))) return 'Nexthop has invalid gateway'
      this.#routes.set(family ?? 4, { via: after('via'), dev: name })
      return null
    }
    if (link === undefined) return `Cannot find device "${name}"`
    if (object === 'link' && verb === 'delete') {
      for (const other of this.#links.values()) {
        if (other.master !== name) continue
        other.master = null
        other.up = false
      }
      this.#drop(name, null)
      this.#links.delete(name)
      return null
    }
    if (object === 'address') {
      const isIpv6 = words[2]?.includes(':') === true
      if (verb === 'flush') this.#drop(name, family)
      else if (isIpv6 && this.#sysctls.get(`net/ipv6/conf/${name}/disable_ipv6`) === '1') return 'Permission denied'
      else if (verb === 'add' && link.addresses.includes(words[2] ?? '')) return 'File exists'
      else link.addresses = [...new Set([...link.addresses, words[2] ?? ''])]
      return null
    }
    return this.#set(name, link, words)
  }

  #set(name: string, link: Link, words: readonly string[]): string | null {
    const [what, value = ''] = words.slice(4)
    if (what === 'up') link.up = true
    else if (what === 'down') {
      link.up = false
      // Addresses of IPv4 stay.
      this.#drop(name, 6)
      for (const [family, { dev }] of this.#routes) if (dev === name) this.#routes.delete(family)
    } else if (what === 'mtu') {
      if (Number(value) > 9000) return 'Invalid argument'
      link.mtu = Number(value)
      for (const other of this.#links.values()) if (other.master === name) other.mtu = link.mtu
    } else if (what === 'arp') link.arp = value === 'on'
    else if (what === 'master') {
      if (link.up) return 'Operation not permitted'
      link.master = value
      link.up = true
    } else return `unknown ${words.join(' ')}`
    return null
  }
}

function bare(): Link {
  return { up: false, arp: true, mtu: 1500, master: null, made: null, parent: null, addresses: [] }
}

function seen(name: string, address: string): SeenAddress {
  return { interface: name, address, family: address.includes(':') ? 6 : 4, scope: 'global', state: 'ready' }
}

/** Whether the gateway is in the address's own network. */
function isReached(gateway: string, own: string): boolean {
  if (gateway.includes(':') !== own.includes(':')) return false
  if (!gateway.includes(':')) return contains(parseCidr(own) as Ipv4Cidr, parseIpv4(gateway) as number)
  const address = parseIpv6(gateway) as Ipv6Groups
  return isLinkLocal6(address) || contains6(parseCidr6(own) as Ipv6Cidr, address)
}
