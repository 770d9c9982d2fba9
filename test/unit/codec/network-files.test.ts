// Leases read; packet filter, DHCP configuration and fingerprints rendered.
import { describe, expect, it } from 'vitest'
import { parseLease } from '../../../control/src/codec/lease.ts'
import { renderRuleset } from '../../../control/src/codec/nft-ruleset.ts'
import { certificateBase64, renderFingerprint } from '../../../control/src/codec/pem.ts'
import { renderUdhcpdConf } from '../../../control/src/codec/udhcpd-conf.ts'

describe('a lease', () => {
  it.each([
    [
      'of a server with everything',
      'ADDRESS=10.0.2.15/24\nGATEWAY=10.0.2.2\nDNS=10.0.2.3 10.0.2.4\nSERVER=10.0.2.2\nLEASE_SECONDS=86400\n',
      { address: '10.0.2.15/24', gateway: '10.0.2.2', dns: ['10.0.2.3', '10.0.2.4'], ntp: [] },
    ],
    [
      'without router and name server',
      'ADDRESS=10.0.2.15/24\nGATEWAY=\nDNS=\n',
      { address: '10.0.2.15/24', gateway: null, dns: [], ntp: [] },
    ],
    ['with a dotted mask', 'ADDRESS=10.0.2.15/255.255.240.0\n', { address: '10.0.2.15/20', gateway: null, dns: [], ntp: [] }],
    ['with a mask that is none', 'ADDRESS=10.0.2.15/255.0.255.0\n', null],
    [
      'with lies in it',
      'ADDRESS=10.0.2.15/24\nGATEWAY=$(reboot)\nDNS=a.example 10.0.2.3\n',
      { address: '10.0.2.15/24', gateway: null, dns: ['10.0.2.3'], ntp: [] },
    ],
    ['not yet written', '', null],
  ])('%s', (_name, text, lease) => {
    expect(parseLease(text)).toEqual(lease)
  })
})

describe('the packet filter', () => {
  const chain = (name: string, uplink: string | null) =>
    new RegExp(`chain ${name} \\{([^]*?)\\n {2}\\}`).exec(renderRuleset(uplink))?.[1] ?? ''

  it('drops by default what comes in and what is forwarded', () => {
    expect(chain('input', 'eth0')).toContain('policy drop;')
    expect(chain('forward', 'eth0')).toContain('policy drop;')
  })

  it('lets the network in to HTTPS and to no other port', () => {
    const ports = [...chain('input', 'eth0').matchAll(/iifname "eth0" (tcp|udp)[^\n]* dport (\S+)/g)].map(
      (match) => `${match[1]} ${match[2]}`,
    )
    expect(ports).toEqual(['tcp 443', 'udp 68'])
  })

  it('lets VMs reach nothing of the host but DHCP', () => {
    const rules = chain('input', 'eth0')
      .split('\n')
      .filter((line) => line.includes('corbel-nat0'))
    expect(rules.map((rule) => rule.trim())).toEqual(['iifname "corbel-nat0" udp sport 68 udp dport 67 accept'])
  })

  it('forwards for VMs only by the management adapter, under the host’s address', () => {
    expect(chain('forward', 'eth0')).toContain('iifname "corbel-nat0" oifname "eth0" ip saddr 10.213.0.0/24 accept')
    expect(chain('translate', 'eth0')).toContain('oifname "eth0" ip saddr 10.213.0.0/24 masquerade')
  })

  it('without an adapter lets nothing in and forwards nothing', () => {
    expect(renderRuleset(null)).not.toMatch(/dport 443|masquerade|oifname/)
  })

  it('replaces the whole table in one step', () => {
    expect(renderRuleset('eth0').startsWith('table inet corbel\ndelete table inet corbel\ntable inet corbel {\n')).toBe(true)
  })

  it('refuses a name that is none', () => {
    expect(() => renderRuleset('eth0" accept; #')).toThrow('is no interface name')
  })
})

describe('the DHCP server of the VMs', () => {
  it('hands out name servers only where there are any', () => {
    const files = { leases: '/l', pid: '/p' }
    expect(renderUdhcpdConf(['10.0.2.3', '1.1.1.1'], files)).toContain('\noption dns 10.0.2.3 1.1.1.1\n')
    expect(renderUdhcpdConf([], files)).not.toContain('dns')
  })
})

describe('a certificate', () => {
  it('is the first in its file', () => {
    expect(certificateBase64('-----BEGIN CERTIFICATE-----\nMIIB\nAA==\n-----END CERTIFICATE-----\n')).toBe('MIIBAA==')
    expect(certificateBase64('-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n')).toBeNull()
  })

  it('has a fingerprint in pairs', () => {
    expect(renderFingerprint('0aff')).toBe('0A:FF')
  })
})
