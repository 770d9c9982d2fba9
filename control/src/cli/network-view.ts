// The management network as text for people.

import type { NetworkSettings } from '../domain/network.ts'
import type { NetworkStep } from '../domain/network-state.ts'
import type { NetworkTest, NetworkView } from '../domain/network-view.ts'
import { type Column, renderPairs, renderTable } from './table.ts'

const orNone = (values: readonly string[], otherwise = 'none') => (values.length === 0 ? otherwise : values.join(', '))

function ipText(ip: NetworkSettings['ipv4'] | NetworkSettings['ipv6']): string {
  return ip.mode === 'static' ? `${ip.address}${ip.gateway === null ? '' : ` by ${ip.gateway}`}` : ip.mode
}

function settingsPairs(settings: NetworkSettings): readonly (readonly [string, string])[] {
  const { hostname, adapters, bond, vlan, mtu, ipv4, ipv6, dns, searchDomains, firewall } = settings
  return [
    ['Hostname', hostname],
    ['Adapters', orNone(adapters, 'the first with a link')],
    ['Bond', bond === null ? 'none' : `${bond.mode}${bond.primary === null ? '' : `, ${bond.primary} preferred`}`],
    ['VLAN', vlan === null ? 'none' : String(vlan)],
    ['MTU', String(mtu)],
    ['IPv4', ipText(ipv4)],
    ['IPv6', ipText(ipv6)],
    ['Name servers', orNone(dns, 'those of the lease')],
    ['Search domains', orNone(searchDomains)],
    ['HTTPS from', orNone(firewall.https, 'everybody')],
  ]
}

const ADAPTERS: readonly Column<NetworkView['seen']['adapters'][number]>[] = [
  { title: 'ADAPTER', value: ({ mac }) => mac },
  { title: 'NAME', value: ({ name }) => name },
  { title: 'SLOT', value: ({ slot }) => slot },
  { title: 'LINK', value: ({ hasLink }) => (hasLink ? 'up' : 'down') },
  { title: 'MBIT/S', value: ({ speedMbps }) => speedMbps, align: 'right' },
  { title: 'DRIVER', value: ({ driver }) => driver },
  { title: 'USED', value: ({ inUse }) => inUse },
]

export function renderNetwork({ wanted, pending, replacements, problem, seen, revision }: NetworkView): string {
  const { gateways } = seen
  const notes = [
    ...(pending === null ? [] : [`A change by ${pending.by} waits: it is undone in ${pending.secondsLeft} s unless it is confirmed.`]),
    ...(pending?.probes ?? []).map(({ message, state }) => `  ${state}: ${message}`),
    ...replacements.map((one) => `${one.used} stands in for ${one.wanted}: corbel network adopt`),
    ...(problem === null ? [] : [problem]),
  ]
  return [
    renderPairs([...settingsPairs(wanted), ['Revision', String(revision)]]),
    '\n',
    renderPairs([
      ['Interface', seen.interface ?? 'none'],
      ['Addresses', orNone(seen.addresses.map(({ address, state }) => (state === 'ready' ? address : `${address} (${state})`)))],
      ['Gateway', orNone([gateways.ipv4, gateways.ipv6].filter((gateway) => gateway !== null))],
      ['Name servers', orNone(seen.nameServers)],
    ]),
    '\n',
    renderTable(ADAPTERS, seen.adapters),
    ...(notes.length === 0 ? [] : ['\n', ...notes.map((line) => `${line}\n`)]),
  ].join('')
}

export function renderSteps(steps: readonly NetworkStep[]): string {
  if (steps.length === 0) return 'Nothing would change.\n'
  return steps.map((step) => (step.kind === 'ip' ? step.lines.map((line) => `ip ${line}\n`).join('') : `${words(step)}\n`)).join('')
}

function words({ kind, ...rest }: NetworkStep): string {
  return `${kind} ${JSON.stringify(rest)}`
}

export function renderTestStep({ kind, target, state, message }: NetworkTest['steps'][number]): string {
  return `${state.padEnd(8)}${kind.padEnd(12)}${target}${message === '' ? '' : `: ${message}`}\n`
}
