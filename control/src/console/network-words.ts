// The management network in words: settings line by line, what differs between two, adapters, steps of a change. Reads answers of the API; decides nothing.
import { listAt, numberAt, textAt, textsAt, valueAt } from './json.ts'

type Pair = readonly [label: string, value: string]

/** Link, speed, slot and driver of an adapter. */
export function adapterFacts(adapter: unknown): string {
  const speed = numberAt(adapter, 'speedMbps')
  const link = valueAt(adapter, 'hasLink') === true ? `link${speed === null ? '' : ` at ${speed} Mb/s`}` : 'no link'
  const slot = textAt(adapter, 'slot')
  return [link, slot === '' ? '' : `slot ${slot}`, textAt(adapter, 'driver')].filter((part) => part !== '').join(', ')
}

const modes6: Readonly<Record<string, string>> = {
  off: 'off',
  'link-local': 'link-local only',
  slaac: 'by router advertisements (SLAAC)',
}

function addressing(settings: unknown, family: 'ipv4' | 'ipv6'): string {
  const mode = textAt(settings, `${family}.mode`)
  if (mode !== 'static') return mode === 'dhcp' ? 'by DHCP' : (modes6[mode] ?? mode)
  const gateway = textAt(settings, `${family}.gateway`)
  return `${textAt(settings, `${family}.address`)}, ${gateway === '' ? 'no gateway' : `gateway ${gateway}`}`
}

function bonding(settings: unknown): string {
  const mode = textAt(settings, 'bond.mode')
  const primary = textAt(settings, 'bond.primary')
  return mode === '' ? 'none' : `${mode}${primary === '' ? '' : `, ${primary} preferred`}`
}

function listed(values: readonly string[], none: string): string {
  return values.length === 0 ? none : values.join(', ')
}

/** Settings, each a label and what it is. */
export function settingsInWords(settings: unknown): readonly Pair[] {
  return [
    ['Hostname', textAt(settings, 'hostname')],
    ['Adapters', listed(textsAt(settings, 'adapters'), 'the first one with a link')],
    ['Bond', bonding(settings)],
    ['VLAN', textAt(settings, 'vlan', 'none')],
    ['MTU', textAt(settings, 'mtu')],
    ['IPv4', addressing(settings, 'ipv4')],
    ['IPv6', addressing(settings, 'ipv6')],
    ['Name servers', listed(textsAt(settings, 'dns'), 'those of DHCP, if any')],
    ['Search domains', listed(textsAt(settings, 'searchDomains'), 'none')],
    ['HTTPS from', listed(textsAt(settings, 'firewall.https'), 'everywhere')],
  ]
}

/** What another setting would change: `from → to` by label, without what stays. */
export function changesInWords(before: unknown, after: unknown): readonly string[] {
  const was = new Map(settingsInWords(before))
  return settingsInWords(after).flatMap(([label, value]) => {
    const old = was.get(label) ?? ''
    return old === value ? [] : [`${label}: ${value} (until now: ${old})`]
  })
}

/** One step of a change. */
export function stepInWords(step: unknown): readonly string[] {
  const on = textAt(step, 'interface')
  switch (textAt(step, 'kind')) {
    case 'ip':
      return textsAt(step, 'lines').map((line) => `ip ${line}`)
    case 'sysctl':
      return [`${textAt(step, 'path')} = ${textAt(step, 'value')}`]
    case 'filter':
      return [`filter: HTTPS from ${listed(textsAt(step, 'firewall.https'), 'everywhere')}`]
    case 'await-link':
      return [`wait for the link of ${on}`]
    case 'detect-conflict':
      return [`see that nobody else on ${on} has ${textAt(step, 'address')}`]
    case 'resolver':
      return [`name servers: ${listed(textsAt(step, 'servers'), 'none')}`]
    case 'hostname':
      return [`hostname: ${textAt(step, 'name')}`]
    case 'dhcp-client':
      return [on === '' ? 'no DHCP client' : `DHCP client on ${on}`]
    default:
      return [textAt(step, 'kind')]
  }
}

const because: Readonly<Record<string, string>> = {
  'same-slot': 'it is in the same slot',
  'only-new-card': 'it is the only new one',
  'first-with-link': 'it is the first one with a link',
}

/** Adapters that stand in for others. */
export function replacementsInWords(body: unknown): readonly string[] {
  return listAt(body, 'replacements').map(
    (one) => `${textAt(one, 'used')} stands in for ${textAt(one, 'wanted')}, which is not there: ${because[textAt(one, 'because')] ?? ''}`,
  )
}
