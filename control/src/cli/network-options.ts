// The options of `corbel network set` and the merge patch that they make. Forms only: rules are the host's.
import type { Problem } from '../domain/problem.ts'
import type { Given, Option } from './command.ts'

const NONE = 'none'

export const NETWORK_OPTIONS: readonly Option[] = [
  { name: 'hostname', value: 'NAME', help: 'The host’s name' },
  { name: 'adapters', value: 'MAC,…', help: 'By their permanent MAC addresses; auto is the first one with a link' },
  {
    name: 'bond',
    value: 'MODE',
    values: ['active-backup', '802.3ad', 'balance-alb', 'balance-tlb', 'balance-xor', NONE],
    help: 'How several adapters work as one',
  },
  { name: 'primary', value: 'MAC', help: 'The member of the bond that is preferred, or none' },
  { name: 'vlan', value: 'NUMBER', help: '1 to 4094, or none' },
  { name: 'mtu', value: 'BYTES', help: '1280 to 9216' },
  { name: 'ipv4', value: 'ADDRESS/PREFIX', help: 'A static address, or dhcp' },
  { name: 'gateway', value: 'ADDRESS', help: 'Of a static IPv4 address, or none' },
  { name: 'ipv6', value: 'ADDRESS/PREFIX', help: 'A static address, or off, link-local, slaac' },
  { name: 'gateway6', value: 'ADDRESS', help: 'Of a static IPv6 address, or none' },
  { name: 'dns', value: 'ADDRESS,…', help: 'Name servers; dhcp is those of the lease' },
  { name: 'search-domains', value: 'DOMAIN,…', help: 'Tried for names without a dot, or none' },
  { name: 'allow-https', value: 'SUBNET,…', help: 'Who may use the API; everybody for no limit' },
]

const listOf = (text: string, empty: string): readonly string[] => (text === empty || text === '' ? [] : text.split(','))

/** What the options say, as a merge patch; or what is wrong with their form. */
export function readNetworkPatch(given: Given): {
  readonly patch: Readonly<Record<string, unknown>>
  readonly problems: readonly Problem[]
} {
  const patch: Record<string, unknown> = {}
  const problems: Problem[] = []
  const on = (name: string, use: (text: string) => void) => {
    const text = given.value(name)
    if (text !== undefined) use(text)
  }
  const count = (name: string, text: string): number | null => {
    if (/^\d{1,6}$/.test(text)) return Number(text)
    problems.push({ code: 'usage.invalid-value', field: `--${name}`, message: `must be a whole number, not ${text}` })
    return null
  }
  const orNone = (text: string) => (text === NONE ? null : text)
  on('hostname', (text) => Object.assign(patch, { hostname: text }))
  on('adapters', (text) => Object.assign(patch, { adapters: listOf(text, 'auto') }))
  on('bond', (text) => Object.assign(patch, { bond: text === NONE ? null : { mode: text } }))
  on('primary', (text) => Object.assign(patch, { bond: patch.bond === null ? null : { ...(patch.bond as object), primary: orNone(text) } }))
  on('vlan', (text) => Object.assign(patch, { vlan: text === NONE ? null : count('vlan', text) }))
  on('mtu', (text) => Object.assign(patch, { mtu: count('mtu', text) }))
  on('ipv4', (text) =>
    Object.assign(patch, { ipv4: text === 'dhcp' ? { mode: 'dhcp', address: null, gateway: null } : { mode: 'static', address: text } }),
  )
  on('gateway', (text) => Object.assign(patch, { ipv4: { ...(patch.ipv4 as object), gateway: orNone(text) } }))
  on('ipv6', (text) => {
    const isMode = ['off', 'link-local', 'slaac'].includes(text)
    Object.assign(patch, { ipv6: isMode ? { mode: text, address: null, gateway: null } : { mode: 'static', address: text } })
  })
  on('gateway6', (text) => Object.assign(patch, { ipv6: { ...(patch.ipv6 as object), gateway: orNone(text) } }))
  on('dns', (text) => Object.assign(patch, { dns: listOf(text, 'dhcp') }))
  on('search-domains', (text) => Object.assign(patch, { searchDomains: listOf(text, NONE) }))
  on('allow-https', (text) => Object.assign(patch, { firewall: { https: listOf(text, 'everybody') } }))
  return { patch, problems }
}
