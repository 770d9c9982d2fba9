// Network settings that are taken and those that are refused, with every problem at once; and settings from before.
import { describe, expect, it } from 'vitest'
import { check } from '../../../control/src/domain/check.ts'
import { defaultNetwork, networkSchema } from '../../../control/src/domain/network.ts'
import { readCards, resolveNetwork } from '../../../control/src/domain/network-kept.ts'

const A = '52:54:00:00:00:01'
const B = '52:54:00:00:00:02'

const problemsOf = (change: object): readonly string[] => {
  const checked = check(networkSchema, { hostname: 'rack3', ...change }, 'network')
  return checked.ok ? [] : checked.problems.map(({ code, field }) => `${code} ${field}`)
}

const FULL = {
  hostname: 'rack3',
  adapters: [A, B],
  bond: { mode: '802.3ad', primary: null },
  vlan: 120,
  mtu: 9000,
  ipv4: { mode: 'static', address: '192.0.2.10/24', gateway: '192.0.2.1' },
  ipv6: { mode: 'static', address: '2001:db8::10/64', gateway: 'fe80::1' },
  dns: ['192.0.2.53', '2001:db8::53'],
  searchDomains: ['lan.example', 'example'],
  firewall: { https: ['192.0.2.0/24', '2001:db8::/32', '198.51.100.7'] },
}

describe('network settings', () => {
  it('with every field come out as they are', () => {
    expect(check(networkSchema, FULL, 'network')).toEqual({ ok: true, value: FULL })
  })

  it('need nothing but a name', () => {
    expect(defaultNetwork('rack3')).toEqual({
      ...{ hostname: 'rack3', adapters: [], bond: null, vlan: null, mtu: 1500, ipv4: { mode: 'dhcp' }, ipv6: { mode: 'link-local' } },
      ...{ dns: [], searchDomains: [], firewall: { https: [] } },
    })
    expect(check(networkSchema, { hostname: 'rack3' }, 'network')).toEqual({ ok: true, value: defaultNetwork('rack3') })
  })

  it('have all their problems told at once', () => {
    const wrong = {
      ...{ hostname: '-', adapters: [A, A, B], vlan: 4095, mtu: 500, dns: ['fe80::1', 'dns'], searchDomains: ['.'], shell: true },
      ...{ ipv4: { mode: 'static', address: '192.0.2.10/24', gateway: '198.51.100.1' }, ipv6: { mode: 'static', address: 'fe80::5/64' } },
      firewall: { https: ['192.0.2.1/24', 'everybody'], ssh: [] },
    }
    expect([...problemsOf(wrong)].sort()).toEqual(
      [
        ...['request.unknown-field shell', 'request.unknown-field firewall.ssh', 'network.hostname.invalid hostname'],
        ...['network.adapters.duplicate adapters', 'network.vlan.above-maximum vlan', 'network.mtu.below-minimum mtu'],
        ...['network.dns.not-a-host dns[0]', 'network.dns.invalid dns[1]', 'network.searchDomains.invalid searchDomains[0]'],
        ...['network.ipv4.gateway.outside-subnet ipv4.gateway', 'network.ipv6.address.not-a-host ipv6.address'],
        ...['network.firewall.https.host-bits firewall.https[0]', 'network.firewall.https.invalid firewall.https[1]'],
      ].sort(),
    )
  })

  it.each<[string, object, string]>([
    ['two adapters without a bond', { adapters: [A, B] }, 'network.adapters.bond-required adapters'],
    ['a bond of whatever there is', { bond: { mode: 'active-backup' } }, 'network.bond.no-adapters bond'],
    [
      'a primary that is no member',
      { adapters: [A], bond: { mode: 'active-backup', primary: B } },
      'network.bond.primary-not-a-member bond',
    ],
    [
      'a primary where none is preferred',
      { adapters: [A], bond: { mode: '802.3ad', primary: A } },
      'network.bond.primary.no-preference bond.primary',
    ],
    ['another mode', { adapters: [A], bond: { mode: 'broadcast' } }, 'network.bond.mode.not-allowed bond.mode'],
    ['VLAN 0', { vlan: 0 }, 'network.vlan.below-minimum vlan'],
    ['an MTU that IPv6 could not use', { mtu: 1279 }, 'network.mtu.below-minimum mtu'],
    [
      'itself as gateway of IPv6',
      { ipv6: { mode: 'static', address: '2001:db8::1/64', gateway: '2001:0db8::1' } },
      'network.ipv6.gateway.outside-subnet ipv6.gateway',
    ],
    [
      'a gateway of IPv6 elsewhere',
      { ipv6: { mode: 'static', address: '2001:db8::1/64', gateway: '2001:db8:1::1' } },
      'network.ipv6.gateway.outside-subnet ipv6.gateway',
    ],
    ['no subnet as a source', { firewall: { https: ['2001:db8::1/32'] } }, 'network.firewall.https.host-bits firewall.https[0]'],
    ['four name servers', { dns: ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'] }, 'network.dns.too-many dns'],
  ])('with %s are refused', (_name, change, problem) => {
    expect(problemsOf(change)).toEqual([problem])
  })

  it('take MAC addresses in capitals', () => {
    expect(check(networkSchema, { hostname: 'a', adapters: ['52:54:00:AB:CD:EF'] }, 'network')).toMatchObject({
      value: { adapters: ['52:54:00:ab:cd:ef'] },
    })
    expect(problemsOf({ adapters: ['52:54:00:AB:CD:EF', '52:54:00:ab:cd:ef'] })[0]).toBe('network.adapters.duplicate adapters')
  })
})

describe('the settings that count', () => {
  const from = (kept: Readonly<Record<string, unknown>>, seed: object | null = null) =>
    resolveNetwork((key) => kept[key] ?? null, seed as Parameters<typeof resolveNetwork>[1])
  const old = { adapter: A, ipv4: { mode: 'dhcp' }, dns: ['192.0.2.53'] }
  const { hostname: _name, ...rest } = defaultNetwork('a')
  const network = { revision: 7, settings: { ...defaultNetwork('kept'), vlan: 5 } }

  it.each<[string, Parameters<typeof from>, object]>([
    ['those confirmed last', [{ network, hostname: 'old', management: old }, { hostname: 'seed' }], network],
    [
      'else those of before there was more than one adapter',
      [{ hostname: 'old', management: old }],
      { revision: 1, settings: { ...defaultNetwork('old'), adapters: [A], dns: ['192.0.2.53'] } },
    ],
    [
      'else those of the seed',
      [{}, { hostname: 'seed', management: { ...rest, dns: ['192.0.2.53'] } }],
      { revision: 1, settings: { ...defaultNetwork('seed'), dns: ['192.0.2.53'] } },
    ],
    ['else the defaults', [{}], { revision: 1, settings: defaultNetwork('corbel') }],
    [
      'not what nobody can read',
      [{ network: { revision: 2, settings: { vlan: 'x' } }, hostname: 'old' }],
      { revision: 1, settings: defaultNetwork('old') },
    ],
  ])('are %s', (_name, given, wanted) => {
    expect(from(...given)).toEqual(wanted)
  })
})

describe('cards', () => {
  it('that are none are left out', () => {
    expect(readCards([{ mac: A, slot: 'PCI0-03.0', manages: true }, null, { slot: 'x' }, { mac: B }])).toEqual([
      { mac: A, slot: 'PCI0-03.0', manages: true },
      { mac: B, slot: null, manages: false },
    ])
    expect(readCards('none')).toEqual([])
  })
})
