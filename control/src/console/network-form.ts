// Changing the management network: a draft of all settings, then what it would change and do, and F11 puts it in force under commit–confirm.
import { type Choice, checkboxField, choiceField, type Field, numberField, textField } from './form.ts'
import { formPage, type Sending, type Values } from './form-page.ts'
import { listAt, numberAt, textAt, textsAt, valueAt } from './json.ts'
import { networkPath, networkPreviewPage } from './network-preview-page.ts'
import { adapterFacts } from './network-words.ts'
import type { Page } from './page.ts'

const plain = (...values: readonly string[]): readonly Choice[] => values.map((value) => ({ value, label: value }))

const bondModes: readonly Choice[] = [
  { value: '', label: 'None: one adapter' },
  ...plain('active-backup', '802.3ad', 'balance-alb', 'balance-tlb', 'balance-xor'),
]
const modes4: readonly Choice[] = [
  { value: 'dhcp', label: 'By DHCP' },
  { value: 'static', label: 'Static' },
]
const modes6: readonly Choice[] = [
  { value: 'off', label: 'Off' },
  { value: 'link-local', label: 'Link-local only' },
  { value: 'slaac', label: 'By router advertisements (SLAAC)' },
  { value: 'static', label: 'Static' },
]

const member = 'adapter '
const long = { maxLength: 1500 }

/** First those that are wanted, in their order, whether they are there or not. */
function adapterFields(loaded: unknown): readonly Field[] {
  const seen = listAt(loaded, 'seen.adapters')
  const wanted = textsAt(loaded, 'wanted.adapters')
  const others = seen.map((adapter) => textAt(adapter, 'mac')).filter((mac) => !wanted.includes(mac))
  return [...wanted, ...others].map((mac) => {
    const adapter = seen.find((one) => textAt(one, 'mac') === mac)
    const facts = adapter === undefined ? 'It is not there.' : `${adapterFacts(adapter)}.`
    const help = `${facts} Several need a bond; without any the first one with a link is used.`
    return checkboxField(`${member}${mac}`, `${textAt(adapter, 'name', 'missing')} ${mac}`, wanted.includes(mac), { help })
  })
}

function addressFields(wanted: unknown, family: 'ipv4' | 'ipv6', label: string, choices: readonly Choice[]): readonly Field[] {
  const value = textAt(wanted, `${family}.mode`)
  const sample = family === 'ipv4' ? '192.0.2.10/24' : '2001:db8::10/64'
  return [
    choiceField(`${family}.mode`, label, choices, value === '' ? {} : { value }),
    textField(`${family}.address`, `${label} address`, {
      value: textAt(wanted, `${family}.address`),
      help: `Where ${label} is static: with its prefix length, such as ${sample}.`,
    }),
    textField(`${family}.gateway`, `${label} gateway`, {
      value: textAt(wanted, `${family}.gateway`),
      help: `Where ${label} is static. Empty: only its own subnet is reached.`,
    }),
  ]
}

function fields(loaded: unknown): readonly Field[] {
  const wanted = valueAt(loaded, 'wanted')
  const macs = [...textsAt(wanted, 'adapters'), ...listAt(loaded, 'seen.adapters').map((adapter) => textAt(adapter, 'mac'))]
  const primaries = [{ value: '', label: 'None' }, ...plain(...new Set(macs))]
  const list = (path: string) => textsAt(wanted, path).join(' ')
  return [
    textField('hostname', 'Hostname', { value: textAt(wanted, 'hostname') }),
    ...adapterFields(loaded),
    choiceField('bond.mode', 'Bond', bondModes, {
      value: textAt(wanted, 'bond.mode'),
      help: '802.3ad (LACP) and balance-xor need the switch to be set up for them; the others need nothing.',
    }),
    choiceField('bond.primary', 'Preferred adapter', primaries, {
      value: textAt(wanted, 'bond.primary'),
      help: 'Of a bond, while it has a link. Not with 802.3ad and balance-xor.',
    }),
    numberField('vlan', 'VLAN', { value: textAt(wanted, 'vlan'), maxLength: 4, help: '1 to 4094. Empty: frames are not tagged.' }),
    numberField('mtu', 'MTU', {
      value: textAt(wanted, 'mtu'),
      maxLength: 4,
      help: 'In bytes, 1280 to 9216. The whole network has to have the same.',
    }),
    ...addressFields(wanted, 'ipv4', 'IPv4', modes4),
    ...addressFields(wanted, 'ipv6', 'IPv6', modes6),
    textField('dns', 'Name servers', {
      ...long,
      value: list('dns'),
      help: 'Addresses, with blanks between them; at most three. Empty: those of DHCP.',
    }),
    textField('searchDomains', 'Search domains', { ...long, value: list('searchDomains'), help: 'With blanks between them; at most six.' }),
    textField('firewall.https', 'HTTPS from', {
      ...{ maxLength: 4000, value: list('firewall.https') },
      help: 'Addresses and subnets that may use the API, with blanks between them. Empty: everybody.',
    }),
    secondsField(),
  ]
}

export function secondsField(): Field {
  return numberField('seconds', 'Undone after', {
    value: '60',
    maxLength: 3,
    help: 'Seconds, 15 to 600, in which somebody has to keep it, here with F9 or over the network.',
  })
}

export function problemsOfSeconds({ seconds = '' }: Values): readonly { readonly field: string; readonly message: string }[] {
  return Number(seconds) >= 15 && Number(seconds) <= 600 ? [] : [{ field: 'seconds', message: 'must be 15 to 600' }]
}

const words = (text = '') => text.split(/[\s,]+/).filter((word) => word !== '')

function addressingOf(values: Values, family: 'ipv4' | 'ipv6'): unknown {
  const mode = values[`${family}.mode`]
  const gateway = (values[`${family}.gateway`] ?? '').trim()
  return mode === 'static'
    ? { mode, address: (values[`${family}.address`] ?? '').trim(), gateway: gateway === '' ? null : gateway }
    : { mode }
}

/** The whole settings; what this form does not know stays as it is. */
function settingsOf(values: Values, loaded: unknown): Readonly<Record<string, unknown>> {
  const { vlan = '', mtu = '', dns, searchDomains, hostname = '' } = values
  const mode = values['bond.mode'] ?? ''
  const primary = values['bond.primary'] ?? ''
  return {
    ...(valueAt(loaded, 'wanted') as Readonly<Record<string, unknown>> | undefined),
    hostname: hostname.trim(),
    adapters: Object.keys(values).flatMap((name) =>
      name.startsWith(member) && values[name] === 'true' ? [name.slice(member.length)] : [],
    ),
    bond: mode === '' ? null : { mode, primary: primary === '' ? null : primary },
    vlan: vlan === '' ? null : Number(vlan),
    mtu: Number(mtu),
    ipv4: addressingOf(values, 'ipv4'),
    ipv6: addressingOf(values, 'ipv6'),
    dns: words(dns),
    searchDomains: words(searchDomains),
    firewall: { https: words(values['firewall.https']) },
  }
}

/** Of a problem's place, the field that it is shown at. */
function fieldOf(problem: string): string {
  const name = problem.replace(/\[.*$/, '')
  return ['bond', 'ipv4', 'ipv6'].includes(name) ? `${name}.mode` : name
}

export function networkFormPage(): Page {
  return formPage({
    title: 'Change the network',
    intro: 'Shown first, then put in force, and undone by itself unless it is kept in time.',
    load: networkPath,
    fields,
    check: problemsOfSeconds,
    send: (values, loaded, etag): Sending => ({
      ...{ method: 'PUT', path: `${networkPath}?dryRun=true`, body: settingsOf(values, loaded) },
      ...(etag === null ? {} : { ifMatch: etag }),
    }),
    after: (answer, values) => {
      if (answer.kind === 'unanswered') return []
      const wanted = valueAt(answer.body, 'network.wanted')
      const settings = settingsOf(values, { wanted })
      const seconds = numberAt({ seconds: Number(values.seconds) }, 'seconds') ?? 60
      return [
        { kind: 'push', page: networkPreviewPage({ wanted, settings, steps: listAt(answer.body, 'steps'), etag: answer.etag, seconds }) },
      ]
    },
    fieldOf,
    done: '',
    action: 'Preview',
  })
}
