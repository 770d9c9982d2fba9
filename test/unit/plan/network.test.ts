// The steps from one state of the management network to another, against golden ones that a person has read.
import { describe, expect, it } from 'vitest'
import { defaultNetwork, type NetworkSettings } from '../../../control/src/domain/network.ts'
import type { NetworkStep } from '../../../control/src/domain/network-state.ts'
import { planNetworkState, planNetworkSteps, type StepOptions } from '../../../control/src/plan/network.ts'
import { adapter } from '../../fakes/network.ts'
import { steps as golden } from './golden/network.ts'

const CARDS = [adapter(0), adapter(1), adapter(2)]
const BASE = defaultNetwork('rack3')
const STATIC = { mode: 'static', address: '192.0.2.10/24', gateway: '192.0.2.1' } as const
const STATIC6 = { mode: 'static', address: '2001:db8::10/64', gateway: 'fe80::1' } as const
const BOND = { mode: 'active-backup', primary: CARDS[1]?.mac ?? '' } as const

const stateOf = (settings: NetworkSettings, members: readonly number[]) =>
  planNetworkState(
    settings,
    CARDS,
    members.flatMap((index) => CARDS[index] ?? []),
  )

function render(step: NetworkStep): readonly string[] {
  switch (step.kind) {
    case 'ip':
      return step.lines.map((line) => `ip${step.family === null ? '' : ` -${step.family}`} ${line}`)
    case 'sysctl':
      return [`sysctl ${step.path}=${step.value}`]
    default: {
      const { kind, ...rest } = step
      return [`${kind} ${JSON.stringify(rest)}`]
    }
  }
}

interface Row {
  readonly from: readonly [NetworkSettings, readonly number[]] | null
  readonly to: readonly [NetworkSettings, readonly number[]]
  readonly options?: StepOptions
}

const plain: Row['to'] = [BASE, [0]]
const ROWS: Readonly<Record<string, Row>> = {
  'boot, DHCP': { from: null, to: plain, options: { made: [], boot: true } },
  'boot, static': {
    from: null,
    to: [{ ...BASE, ipv4: STATIC, ipv6: STATIC6, dns: ['192.0.2.53'], searchDomains: ['example'] }, [0]],
    options: { made: [], boot: true },
  },
  'boot, bond with VLAN': { from: null, to: [{ ...BASE, bond: BOND, vlan: 120, mtu: 9000 }, [0, 1]], options: { made: [], boot: true } },
  'boot without adapters': { from: null, to: [BASE, []], options: { made: [], boot: true } },
  nothing: { from: plain, to: plain },
  hostname: { from: plain, to: [{ ...BASE, hostname: 'rack4' }, [0]] },
  firewall: { from: plain, to: [{ ...BASE, firewall: { https: ['192.0.2.0/24'] } }, [0]] },
  'name servers': { from: plain, to: [{ ...BASE, dns: ['192.0.2.53'] }, [0]] },
  'DHCP to static': { from: plain, to: [{ ...BASE, ipv4: STATIC }, [0]] },
  'static to DHCP': { from: [{ ...BASE, ipv4: STATIC }, [0]], to: plain },
  'IPv6 off': { from: plain, to: [{ ...BASE, ipv6: { mode: 'off' } }, [0]] },
  'IPv6 by routers': { from: plain, to: [{ ...BASE, ipv6: { mode: 'slaac' } }, [0]] },
  'another adapter': { from: plain, to: [BASE, [1]] },
  'to a VLAN': { from: plain, to: [{ ...BASE, vlan: 120, ipv4: STATIC }, [0]] },
  'from bond and VLAN': {
    from: [{ ...BASE, bond: BOND, vlan: 120 }, [0, 1]],
    to: plain,
    options: { made: ['corbel-bond0', 'corbel-vlan120'] },
  },
  LACP: { from: plain, to: [{ ...BASE, bond: { mode: '802.3ad', primary: null } }, [0, 1]] },
}

function stepsOf({ from, to, options = { made: [] } }: Row): readonly string[] {
  return planNetworkSteps(from === null ? null : stateOf(...from), stateOf(...to), options).flatMap(render)
}

describe('the steps', () => {
  it.each(Object.entries(ROWS))('of %s are the golden ones', (name, row) => {
    expect(stepsOf(row)).toEqual(golden[name])
  })

  it('lay an adapter that has come since, and leave the rest alone', () => {
    const from = planNetworkState(BASE, CARDS.slice(0, 2), CARDS.slice(0, 1))
    const steps = planNetworkSteps(from, stateOf(BASE, [0]), { made: [] })
    expect(steps.flatMap(render)).toEqual([
      'sysctl net/ipv6/conf/eth2/disable_ipv6=1',
      ...['ip link set dev eth2 arp off', 'ip link set dev eth2 mtu 1500', 'ip link set dev eth2 up'],
    ])
  })

  it('name no interface that the kernel would not take', () => {
    const { interface: name } = stateOf({ ...BASE, bond: BOND, vlan: 4094 }, [0, 1])
    expect(name?.length).toBeLessThanOrEqual(15)
  })
})
