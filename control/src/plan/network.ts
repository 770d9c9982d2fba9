// Settings and adapters → one whole state of the management network → the steps from one state to another.
import type { Adapter } from '../domain/adapter.ts'
import type { NetworkSettings } from '../domain/network.ts'
import { BOND_NAME, type LinkState, type NetworkState, type NetworkStep, VLAN_PREFIX } from '../domain/network-state.ts'

/** How long links get when they have been brought up: real cards negotiate. */
const LINK_WAIT_MS = 8_000

/** `members` are the adapters chosen, of `adapters`. */
export function planNetworkState(settings: NetworkSettings, adapters: readonly Adapter[], members: readonly Adapter[]): NetworkState {
  const { hostname, bond, vlan, mtu, ipv4, ipv6, firewall, dns, searchDomains } = settings
  const names = members.map(({ name }) => name)
  const primary = members.find(({ mac }) => mac === bond?.primary)?.name ?? null
  const idle = [...adapters].sort((a, b) => a.index - b.index).flatMap(({ name }) => (names.includes(name) ? [] : [name]))
  const links: LinkState = { members: names, idle, bond: bond === null ? null : { mode: bond.mode, primary }, vlan, mtu }
  return { links, interface: topOf(links), ipv4, ipv6, firewall, resolver: { servers: dns, searchDomains }, hostname }
}

function topOf(links: LinkState): string | null {
  const base = baseOf(links)
  return base === null || links.vlan === null ? base : `${VLAN_PREFIX}${links.vlan}`
}

function baseOf({ members, bond }: LinkState): string | null {
  return bond !== null && members.length > 0 ? BOND_NAME : (members[0] ?? null)
}

export interface StepOptions {
  /** Interfaces of ours beside the adapters that the kernel has: bonds and VLANs. */
  readonly made: readonly string[]
  /** At boot nobody is there to hear of a conflict, and nothing is waited for. */
  readonly boot?: boolean
  /** The address is the host's already: somebody who has taken it meanwhile does not keep it from the host. */
  readonly back?: boolean
}

/**
 * Steps to `to`. What is the same in `from` is left as it is; null stands for a state that nobody knows, of which nothing is left. The packet filter comes first, so that there is no
 * moment at which the host can be reached without it; links are taken apart and put together whole, since what is half one and half the other has no use.
 */
export function planNetworkSteps(
  from: NetworkState | null,
  to: NetworkState,
  { made, boot = false, back = false }: StepOptions,
): readonly NetworkStep[] {
  const sameLinks = from !== null && isSame({ ...from.links, idle: [] }, { ...to.links, idle: [] })
  const same4 = sameLinks && isSame(from.ipv4, to.ipv4)
  const same6 = sameLinks && isSame(from.ipv6, to.ipv6)
  const name = to.interface
  const steps: NetworkStep[] = []
  if (!same4 && (from === null || from.ipv4.mode === 'dhcp')) steps.push({ kind: 'dhcp-client', interface: null })
  if (from === null || from.interface !== name || !isSame(from.firewall, to.firewall)) {
    steps.push({ kind: 'filter', uplink: name, firewall: to.firewall })
  }
  if (!sameLinks) steps.push(...takeApart(to.links, made, boot), ...putTogether(to.links))
  else steps.push(...lay(to.links.idle.filter((name) => !from.links.idle.includes(name))))
  if (name !== null) {
    if (!same6) steps.push(...startIpv6(name, to.ipv6))
    if (!sameLinks) {
      steps.push({ kind: 'ip', family: null, lines: [`link set dev ${name} up`] })
      if (!boot) steps.push({ kind: 'await-link', interface: name, timeoutMs: LINK_WAIT_MS })
    }
    if (!same4) steps.push(...setIpv4(name, to.ipv4, !boot && !back))
    if (!same6) steps.push(...setIpv6(name, to.ipv6))
  }
  if (from === null || !isSame(from.resolver, to.resolver)) steps.push({ kind: 'resolver', ...to.resolver })
  if (from === null || from.hostname !== to.hostname) steps.push({ kind: 'hostname', name: to.hostname })
  if (!same4 && name !== null && to.ipv4.mode === 'dhcp') steps.push({ kind: 'dhcp-client', interface: name })
  return steps
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/**
 * Every adapter is bare then. A bond lets its members go when it is deleted and takes none that is up; a VLAN goes before what it is on. At boot nothing has been built yet, and a link
 * that has come up stays up, as it may take long to come again.
 */
function takeApart({ members, idle, bond }: LinkState, made: readonly string[], boot: boolean): readonly NetworkStep[] {
  const vlans = made.filter((name) => name.startsWith(VLAN_PREFIX))
  const others = made.filter((name) => !name.startsWith(VLAN_PREFIX))
  const down = (name: string) => (boot && !(bond !== null && members.includes(name)) ? [] : [`link set dev ${name} down`])
  return lines([
    ...[...vlans, ...others].map((name) => `link delete dev ${name}`),
    ...[...members, ...idle].flatMap((name) => [...down(name), `address flush dev ${name}`]),
  ])
}

/** An idle adapter is up so that its link can be seen. Without ARP and IPv6 it answers nobody. */
function lay(idle: readonly string[]): readonly NetworkStep[] {
  return [
    ...idle.map((name) => sysctl6(name, 'disable_ipv6', '1')),
    ...lines(idle.flatMap((name) => [`link set dev ${name} arp off`, `link set dev ${name} mtu 1500`, `link set dev ${name} up`])),
  ]
}

function putTogether(links: LinkState): readonly NetworkStep[] {
  const { members, idle, bond, vlan, mtu } = links
  const base = baseOf(links)
  return [
    ...lay(idle),
    // Only what has the addresses speaks IPv6, and how is told later.
    ...members.map((name) => sysctl6(name, 'disable_ipv6', '1')),
    ...lines(members.flatMap((name) => [`link set dev ${name} arp on`, `link set dev ${name} mtu ${mtu}`])),
    ...(base === null || bond === null ? [] : makeBond(base, links, bond)),
    ...(base === null || vlan === null
      ? []
      : lines([`link set dev ${base} up`, `link add link ${base} name ${VLAN_PREFIX}${vlan} mtu ${mtu} type vlan id ${vlan}`])),
  ]
}

function makeBond(name: string, { members, mtu }: LinkState, { mode, primary }: NonNullable<LinkState['bond']>): readonly NetworkStep[] {
  const preferred = primary === null ? '' : ` primary ${primary}`
  // By addresses, not by ports, which fragments do not have.
  const hash = mode === '802.3ad' || mode === 'balance-xor' ? ' xmit_hash_policy layer2+3' : ''
  return [
    ...lines([
      `link add name ${name} type bond mode ${mode} miimon 100${hash}${preferred}`,
      ...members.map((member) => `link set dev ${member} master ${name}`),
      `link set dev ${name} mtu ${mtu}`,
    ]),
    sysctl6(name, 'disable_ipv6', '1'),
  ]
}

function lines(all: readonly string[]): readonly NetworkStep[] {
  return all.length === 0 ? [] : [{ kind: 'ip', family: null, lines: all }]
}

function sysctl6(name: string, key: string, value: string): NetworkStep {
  return { kind: 'sysctl', path: `net/ipv6/conf/${name}/${key}`, value }
}

/** Off first, which takes every address and route of IPv6 with it. Routers have a say only where the settings give them one. */
function startIpv6(name: string, { mode }: NetworkState['ipv6']): readonly NetworkStep[] {
  const routers = mode === 'slaac' ? '1' : '0'
  return [
    sysctl6(name, 'disable_ipv6', '1'),
    sysctl6(name, 'accept_ra', routers),
    sysctl6(name, 'autoconf', routers),
    ...(mode === 'off' ? [] : [sysctl6(name, 'disable_ipv6', '0')]),
  ]
}

function setIpv6(name: string, ipv6: NetworkState['ipv6']): readonly NetworkStep[] {
  if (ipv6.mode !== 'static') return []
  const { address, gateway } = ipv6
  const route = gateway === null ? [] : [`route replace default via ${gateway} dev ${name}`]
  return [{ kind: 'ip', family: 6, lines: [`address replace ${address} dev ${name}`, ...route] }]
}

function setIpv4(name: string, ipv4: NetworkState['ipv4'], asksFirst: boolean): readonly NetworkStep[] {
  const bare: NetworkStep = { kind: 'ip', family: 4, lines: [`address flush dev ${name}`] }
  if (ipv4.mode === 'dhcp') return [bare]
  const { address, gateway } = ipv4
  const route = gateway === null ? [] : [`route replace default via ${gateway} dev ${name}`]
  return [
    bare,
    ...(asksFirst ? [{ kind: 'detect-conflict', interface: name, address: address.split('/')[0] ?? address } as const] : []),
    { kind: 'ip', family: 4, lines: [`address add ${address} brd + dev ${name}`, ...route] },
  ]
}
