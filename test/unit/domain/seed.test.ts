// Seeds that are taken and seeds that are refused, with the exact problem.
import { describe, expect, it } from 'vitest'
import { validateSeed } from '../../../control/src/domain/seed.ts'

const HASH = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$2b8Oi9DGlv+Y+NlMPgDYNhJUkbHEGHXW5jj/xsdSoQE'

/** `code field` of each problem; empty for a good seed. */
function problemsOf(input: unknown): string[] {
  const checked = validateSeed(input)
  return checked.ok ? [] : checked.problems.map(({ code, field }) => `${code} ${field}`)
}

/** The defaults, with what a seed says. */
const managementOf = (said: object) => ({
  ...{ adapters: [], bond: null, vlan: null, mtu: 1500, ipv4: { mode: 'dhcp' }, ipv6: { mode: 'link-local' } },
  ...{ dns: [], searchDomains: [], firewall: { https: [] }, ...said },
})
const withStatic = (ipv4: Record<string, unknown>) => ({ version: 1, management: { ipv4: { mode: 'static', ...ipv4 } } })
const withHash = (passwordHash: string) => ({ version: 1, administrator: { passwordHash } })
const withDisk = (disk: unknown) => ({ version: 1, datastore: { disk } })

describe('a seed', () => {
  it('with every field comes out as it is', () => {
    const seed = {
      version: 1,
      hostname: 'rack3',
      administrator: { passwordHash: HASH },
      recoveryCode: { hash: HASH },
      management: {
        adapter: '52:54:00:12:34:56',
        ipv4: { mode: 'static', address: '10.0.2.15/24', gateway: '10.0.2.2' },
        dns: ['10.0.2.3'],
      },
      datastore: { disk: { serial: 'DATA1' }, initialize: 'if-blank' },
    }
    expect(validateSeed(seed)).toEqual({ ok: true, value: { ...seed, management: managementOf(seed.management) } })
  })

  it('needs nothing but its version', () => {
    expect(validateSeed({ version: 1 })).toEqual({ ok: true, value: { version: 1 } })
  })

  it('gets DHCP on any adapter and never initialises when it does not say', () => {
    expect(validateSeed({ version: 1, management: {}, datastore: { disk: { path: '/dev/vda' } } })).toEqual({
      ok: true,
      value: {
        version: 1,
        management: managementOf({}),
        datastore: { disk: { path: '/dev/vda' }, initialize: 'never' },
      },
    })
  })

  it('takes a MAC address in capitals', () => {
    expect(validateSeed({ version: 1, management: { adapter: '52:54:00:AB:CD:EF' } })).toMatchObject({
      value: { management: { adapter: '52:54:00:ab:cd:ef' } },
    })
  })

  it('has all its problems told at once', () => {
    const seed = {
      version: 1,
      hostname: '-x',
      shell: true,
      management: { adapter: 'eth0', ipv4: { mode: 'dhcp' }, dns: ['10.0.2.3', 'dns.example'] },
    }
    expect(problemsOf(seed).sort()).toEqual(
      [
        'request.unknown-field shell',
        'seed.hostname.invalid hostname',
        'seed.management.adapter.invalid management.adapter',
        'seed.management.dns.invalid management.dns[1]',
      ].sort(),
    )
  })

  it.each([
    ['no document', null, 'request.wrong-type '],
    ['a list', [], 'request.wrong-type '],
    ['no version', {}, 'request.missing-field version'],
    ['another version', { version: 2 }, 'request.wrong-type version'],
    ['a hostname with a dot', { version: 1, hostname: 'a.b' }, 'seed.hostname.invalid hostname'],
    ['a hostname of 64 letters', { version: 1, hostname: 'a'.repeat(64) }, 'seed.hostname.invalid hostname'],
    ['an administrator with neither', { version: 1, administrator: {} }, 'seed.administrator.exactly-one administrator'],
    [
      'an administrator with both',
      { version: 1, administrator: { passwordHash: HASH, password: 'x'.repeat(12) } },
      'seed.administrator.exactly-one administrator',
    ],
    [
      'a short password',
      { version: 1, administrator: { password: 'short' } },
      'seed.administrator.password.too-short administrator.password',
    ],
    [
      'a hash of another kind',
      withHash(HASH.replace('argon2id', 'argon2i')),
      'seed.administrator.passwordHash.invalid administrator.passwordHash',
    ],
    ['a hash too cheap', withHash(HASH.replace('19456', '1024')), 'seed.administrator.passwordHash.cost administrator.passwordHash'],
    ['a hash too dear', withHash(HASH.replace('19456', '999999')), 'seed.administrator.passwordHash.cost administrator.passwordHash'],
    ['a crypt hash', withHash('$6$salt$abcdef'), 'seed.administrator.passwordHash.invalid administrator.passwordHash'],
    [
      'a static address without prefix',
      withStatic({ address: '10.0.2.15' }),
      'seed.management.ipv4.address.invalid management.ipv4.address',
    ],
    ['an octal address', withStatic({ address: '10.0.02.15/24' }), 'seed.management.ipv4.address.invalid management.ipv4.address'],
    ['a subnet as address', withStatic({ address: '10.0.2.0/24' }), 'seed.management.ipv4.address.not-a-host management.ipv4.address'],
    ['a broadcast address', withStatic({ address: '10.0.2.255/24' }), 'seed.management.ipv4.address.not-a-host management.ipv4.address'],
    ['a loopback address', withStatic({ address: '127.0.0.1/8' }), 'seed.management.ipv4.address.not-a-host management.ipv4.address'],
    [
      'an address of the VMs',
      withStatic({ address: '10.213.0.9/16' }),
      'seed.management.ipv4.address.overlaps-nat management.ipv4.address',
    ],
    [
      'a gateway elsewhere',
      withStatic({ address: '10.0.2.15/24', gateway: '10.0.3.2' }),
      'seed.management.ipv4.gateway.outside-subnet management.ipv4.gateway',
    ],
    [
      'itself as gateway',
      withStatic({ address: '10.0.2.15/24', gateway: '10.0.2.15' }),
      'seed.management.ipv4.gateway.outside-subnet management.ipv4.gateway',
    ],
    [
      'an adapter beside a list',
      { version: 1, management: { adapter: '52:54:00:00:00:01', adapters: ['52:54:00:00:00:02'] } },
      'seed.management.adapter.either management.adapter',
    ],
    [
      'two adapters without a bond',
      { version: 1, management: { adapters: ['52:54:00:00:00:01', '52:54:00:00:00:02'] } },
      'seed.management.adapters.bond-required management.adapters',
    ],
    ['another mode', { version: 1, management: { ipv4: { mode: 'auto' } } }, 'seed.management.ipv4.mode.not-allowed management.ipv4.mode'],
    ['a disk by both', withDisk({ serial: 'A', path: '/dev/sda' }), 'seed.datastore.disk.exactly-one datastore.disk'],
    ['a path out of /dev', withDisk({ path: '/dev/../etc/passwd' }), 'seed.datastore.disk.path.invalid datastore.disk.path'],
    ['an empty serial', withDisk({ serial: '' }), 'seed.datastore.disk.serial.invalid datastore.disk.serial'],
    [
      'forced initialisation',
      { version: 1, datastore: { disk: { serial: 'A' }, initialize: 'always' } },
      'seed.datastore.initialize.not-allowed datastore.initialize',
    ],
  ])('with %s is refused', (_name, seed, problem) => {
    expect(problemsOf(seed)).toContain(problem)
  })

  it('never has its secrets repeated in a problem', () => {
    const secrets = { version: 1, administrator: { password: 'hunter2', passwordHash: 'hunter3' } }
    expect(JSON.stringify(validateSeed(secrets))).not.toMatch(/hunter/)
  })
})
