// The management network of the new host: its name, an adapter, addresses. What is wrong is told by the host, at its field.
import { choiceField, numberField, textField } from './form.ts'
import { formPage, type Values } from './form-page.ts'
import { type Draft, installPath, requestOf } from './install-draft.ts'
import { installPasswordPage } from './install-password-page.ts'
import { listAt, textAt } from './json.ts'
import { adapterFacts } from './network-words.ts'
import type { Page } from './page.ts'

const modes = [
  { value: 'dhcp', label: 'By DHCP' },
  { value: 'static', label: 'Static' },
]

const words = (text = '') => text.split(/[\s,]+/).filter((word) => word !== '')

function managementOf({ adapter = '', vlan = '', mode, address = '', gateway = '', dns }: Values): unknown {
  const ipv4 =
    mode === 'static' ? { mode, address: address.trim(), gateway: gateway.trim() === '' ? null : gateway.trim() } : { mode: 'dhcp' }
  return {
    ...(adapter === '' ? {} : { adapters: [adapter] }),
    ...(vlan === '' ? {} : { vlan: Number(vlan) }),
    ipv4,
    ...(words(dns).length === 0 ? {} : { dns: words(dns) }),
  }
}

function inWords({ adapter = '', vlan = '', mode, address = '', gateway = '' }: Values): string {
  const on = `on ${adapter === '' ? 'the first adapter with a link' : adapter}${vlan === '' ? '' : `, VLAN ${vlan}`}`
  return mode === 'static' ? `${address.trim()} ${on}, ${gateway.trim() === '' ? 'no gateway' : `gateway ${gateway.trim()}`}` : `DHCP ${on}`
}

function withNetwork(draft: Draft, values: Values): Draft {
  return { ...draft, hostname: (values.hostname ?? '').trim(), management: managementOf(values), network: inWords(values) }
}

const fieldOf = (problem: string) => /^management\.(?:ipv4\.)?(\w+)/.exec(problem)?.[1]?.replace(/^adapters$/, 'adapter') ?? problem

export function installNetworkPage(draft: Draft): Page {
  return formPage({
    title: 'Installation: network',
    intro: 'By this the new host is reached. Bonds, IPv6 and more can be set up later.',
    load: `${installPath}/adapters`,
    fields: (loaded) => [
      textField('hostname', 'Hostname', { value: 'corbel', maxLength: 63, help: '1 to 63 of a-z 0-9 -.' }),
      choiceField('adapter', 'Adapter', [
        { value: '', label: 'The first one with a link' },
        ...listAt(loaded, 'items').map((adapter) => ({
          value: textAt(adapter, 'mac'),
          label: `${textAt(adapter, 'name')} ${textAt(adapter, 'mac')}, ${adapterFacts(adapter)}`,
        })),
      ]),
      numberField('vlan', 'VLAN', { maxLength: 4, help: '1 to 4094. Empty: frames are not tagged.' }),
      choiceField('mode', 'IPv4', modes),
      textField('address', 'Address', { help: 'Where it is static: with its prefix length, such as 192.0.2.10/24.' }),
      textField('gateway', 'Gateway', { help: 'Where it is static. Empty: only its own subnet is reached.' }),
      textField('dns', 'Name servers', { help: 'With blanks between them; at most three. Empty: those of DHCP.' }),
    ],
    send: (values) => ({
      method: 'POST',
      path: `${installPath}?dryRun=true`,
      body: requestOf(withNetwork(draft, values)),
      timeoutMs: 60_000,
    }),
    after: (_answer, values) => [{ kind: 'push', page: installPasswordPage(withNetwork(draft, values)) }],
    fieldOf,
    done: '',
    action: 'Next',
  })
}
