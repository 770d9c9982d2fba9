// What every implementation of the management network promises.
import { describe, expect, it } from 'vitest'
import { defaultNetwork } from '../../control/src/domain/network.ts'
import type { AppliedNetwork, NetworkStep } from '../../control/src/domain/network-state.ts'
import { planNetworkState } from '../../control/src/plan/network.ts'
import type { Network } from '../../control/src/ports/network.ts'

export interface NetworkBench {
  readonly network: Network
  /** As another program has it, of the same boot. */
  again(): Network
  /** Line of ip(8) that puts an interface of this name on another. */
  stack(parent: string, name: string): string
  hostname(): string
}

/** As after boot, adapters that nothing was done with: on CARD `10.0.2.2` answers, and nobody else; on OTHER nobody. A DHCP client gets `10.0.2.15/24` and the name server `10.0.2.3`. */
export const CARD = 'eth0'
export const OTHER = 'eth1'
const VLAN = 'corbel-vlan7'

export function networkContract(make: () => Promise<NetworkBench>): void {
  const perform = async (network: Network, ...steps: readonly NetworkStep[]) => {
    for (const step of steps) await network.perform(step)
  }
  const ip = (...lines: string[]): NetworkStep => ({ kind: 'ip', family: null, lines })
  const ip4 = (...lines: string[]): NetworkStep => ({ kind: 'ip', family: 4, lines })
  const ip6 = (...lines: string[]): NetworkStep => ({ kind: 'ip', family: 6, lines })
  const noIpv6 = (name: string, value = '1'): NetworkStep => ({ kind: 'sysctl', path: `net/ipv6/conf/${name}/disable_ipv6`, value })
  const up = (name: string) => ip(`link set dev ${name} up`)
  const down = (name: string) => ip(`link set dev ${name} down`)
  const addressesOf = async (network: Network) =>
    (await network.observe()).addresses
      .flatMap(({ interface: name, address, scope }) => (scope === 'global' ? [`${name} ${address}`] : []))
      .sort()
  const failed = { code: 'network.failed' }

  describe('addresses', () => {
    it('are there when they were added, once only, and gone when they were flushed', async () => {
      const { network } = await make()
      const add = ip4(`address add 10.0.2.9/24 brd + dev ${CARD}`)
      await perform(network, noIpv6(CARD), up(CARD), add)
      expect(await addressesOf(network)).toEqual([`${CARD} 10.0.2.9/24`])
      await expect(network.perform(add)).rejects.toMatchObject(failed)
      expect(await addressesOf(network)).toEqual([`${CARD} 10.0.2.9/24`])
      await perform(network, ip4(`address flush dev ${CARD}`))
      expect(await addressesOf(network)).toEqual([])
    })

    it('of one family go without the other’s', async () => {
      const { network } = await make()
      await perform(network, up(CARD), ip6(`address replace fd00::9/64 dev ${CARD}`, `address replace fd00::9/64 dev ${CARD}`))
      await perform(network, ip4(`address add 10.0.2.9/24 brd + dev ${CARD}`))
      expect(await addressesOf(network)).toEqual([`${CARD} 10.0.2.9/24`, `${CARD} fd00::9/64`])
      await perform(network, ip4(`address flush dev ${CARD}`))
      expect(await addressesOf(network)).toEqual([`${CARD} fd00::9/64`])
      await perform(network, noIpv6(CARD))
      expect(await addressesOf(network)).toEqual([])
    })

    it('of IPv4 outlast an interface that goes down, those of IPv6 do not', async () => {
      const { network } = await make()
      await perform(network, up(CARD), ip6(`address replace fd00::9/64 dev ${CARD}`), ip4(`address add 10.0.2.9/24 brd + dev ${CARD}`))
      await perform(network, down(CARD))
      expect(await addressesOf(network)).toEqual([`${CARD} 10.0.2.9/24`])
    })

    it('of IPv6 are refused where it is off', async () => {
      const { network } = await make()
      await perform(network, noIpv6(CARD), up(CARD))
      await expect(network.perform(ip6(`address replace fd00::9/64 dev ${CARD}`))).rejects.toMatchObject(failed)
    })
  })

  describe('lines', () => {
    it('are carried out up to the first that fails, and none after it', async () => {
      const { network } = await make()
      const lines = [`address add 10.0.2.9/24 brd + dev ${CARD}`, 'link set dev nowhere up', `address add 10.0.3.9/24 brd + dev ${OTHER}`]
      await expect(network.perform(ip(...lines))).rejects.toMatchObject(failed)
      expect(await addressesOf(network)).toEqual([`${CARD} 10.0.2.9/24`])
    })

    it('about a setting that the kernel has not do nothing', async () => {
      const { network } = await make()
      await network.perform({ kind: 'sysctl', path: 'net/ipv6/conf/nowhere/accept_ra', value: '0' })
    })
  })

  describe('the default route', () => {
    it('is refused on an interface that is down, replaced where there is one, and goes with its interface', async () => {
      const { network } = await make()
      const route = (to: string) => ip4(`route replace default via ${to} dev ${CARD}`)
      await perform(network, noIpv6(CARD), ip4(`address add 10.0.2.9/24 brd + dev ${CARD}`))
      await expect(network.perform(route('10.0.2.2'))).rejects.toMatchObject(failed)
      await perform(network, up(CARD), route('10.0.2.2'))
      expect((await network.observe()).gateways).toEqual({ ipv4: '10.0.2.2', ipv6: null })
      await perform(network, route('10.0.2.3'))
      expect((await network.observe()).gateways.ipv4).toBe('10.0.2.3')
      await perform(network, down(CARD))
      expect((await network.observe()).gateways.ipv4).toBeNull()
      await perform(network, up(CARD))
      expect((await network.observe()).gateways.ipv4).toBeNull()
    })

    it('is refused to a gateway that no address reaches', async () => {
      const { network } = await make()
      await perform(network, up(CARD), ip4(`address add 10.0.2.9/24 brd + dev ${CARD}`))
      await expect(network.perform(ip4(`route replace default via 192.0.2.1 dev ${CARD}`))).rejects.toMatchObject(failed)
    })

    it('goes when the address goes that it needs', async () => {
      const { network } = await make()
      await perform(network, up(CARD), ip4(`address add 10.0.2.9/24 brd + dev ${CARD}`, `route replace default via 10.0.2.2 dev ${CARD}`))
      await perform(network, ip4(`address flush dev ${CARD}`))
      expect((await network.observe()).gateways.ipv4).toBeNull()
    })
  })

  describe('an interface of ours', () => {
    it('is there once it is made, once only, and goes with all that it has', async () => {
      const { network, stack } = await make()
      await perform(network, up(CARD), ip(stack(CARD, VLAN)), noIpv6(VLAN), up(VLAN), ip4(`address add 10.0.7.9/24 brd + dev ${VLAN}`))
      expect((await network.observe()).made).toEqual([VLAN])
      await expect(network.perform(ip(stack(CARD, VLAN)))).rejects.toMatchObject(failed)
      await perform(network, ip(`link delete dev ${VLAN}`))
      expect((await network.observe()).made).toEqual([])
      expect(await addressesOf(network)).toEqual([])
      await expect(network.perform(ip(`link delete dev ${VLAN}`))).rejects.toMatchObject(failed)
    })

    it('is not made on one that is not there', async () => {
      const { network, stack } = await make()
      await expect(network.perform(ip(stack('nowhere', VLAN)))).rejects.toMatchObject(failed)
      expect((await network.observe()).made).toEqual([])
    })

    it('has a link while it is up and what it is on has one', async () => {
      const { network, stack } = await make()
      const linked = async () => (await network.observe()).linked.includes(VLAN)
      await perform(network, up(CARD), ip(stack(CARD, VLAN)))
      expect(await linked()).toBe(false)
      await perform(network, up(VLAN), { kind: 'await-link', interface: VLAN, timeoutMs: 5_000 })
      expect(await linked()).toBe(true)
      await perform(network, down(CARD))
      expect(await linked()).toBe(false)
    })

    it('is waited for in vain for as long as was said', async () => {
      const { network } = await make()
      await network.perform({ kind: 'await-link', interface: OTHER, timeoutMs: 100 })
    })
  })

  describe('neighbours', () => {
    it('answer when they are there, and a conflict is told', async () => {
      const { network } = await make()
      await perform(network, up(CARD), { kind: 'await-link', interface: CARD, timeoutMs: 5_000 })
      expect(await network.hasNeighbour(CARD, '10.0.2.2', 3_000)).toBe(true)
      const detect = (address: string): NetworkStep => ({ kind: 'detect-conflict', interface: CARD, address })
      await expect(network.perform(detect('10.0.2.2'))).rejects.toMatchObject({ code: 'network.address.in-use' })
      await network.perform(detect('10.0.2.99'))
    })

    it('are nobody where nobody answers, or without a link', async () => {
      const { network } = await make()
      await perform(network, up(OTHER))
      expect(await network.hasNeighbour(OTHER, '10.0.2.2', 100)).toBe(false)
      expect(await network.hasNeighbour(CARD, '10.0.2.2', 100)).toBe(false)
      await network.perform({ kind: 'detect-conflict', interface: CARD, address: '10.0.2.2' })
    })
  })

  describe('what was applied', () => {
    const settings = defaultNetwork('recorded')
    const state = { ...planNetworkState(settings, [], []), interface: CARD }
    const applied: AppliedNetwork = { settings, state, replacements: [], problem: 'none' }

    it('is nothing at first, is there for every program, and is forgotten when a change begins', async () => {
      const { network, again } = await make()
      expect(network.applied()).toBeNull()
      network.record(applied)
      expect(again().applied()).toEqual(applied)
      again().record(null)
      expect(network.applied()).toBeNull()
    })

    it('says which lease counts, and a lease ends with its client', async () => {
      const { network } = await make()
      await perform(network, noIpv6(CARD), up(CARD), { kind: 'await-link', interface: CARD, timeoutMs: 5_000 })
      await perform(network, { kind: 'dhcp-client', interface: CARD })
      expect((await network.observe()).leaseServers).toBeNull()
      network.record({ ...applied, state: { ...state, interface: OTHER } })
      expect((await network.observe()).leaseServers).toBeNull()
      network.record(applied)
      expect((await network.observe()).leaseServers).toEqual(['10.0.2.3'])
      expect(await addressesOf(network)).toEqual([`${CARD} 10.0.2.15/24`])
      await perform(network, { kind: 'dhcp-client', interface: null })
      expect((await network.observe()).leaseServers).toBeNull()
      expect(await addressesOf(network)).toEqual([])
    })

    it('says which default route counts', async () => {
      const { network } = await make()
      await perform(network, up(CARD), ip4(`address add 10.0.2.9/24 brd + dev ${CARD}`, `route replace default via 10.0.2.2 dev ${CARD}`))
      network.record({ ...applied, state: { ...state, interface: OTHER } })
      expect((await network.observe()).gateways.ipv4).toBeNull()
      network.record(applied)
      expect((await network.observe()).gateways.ipv4).toBe('10.0.2.2')
    })
  })

  it('the hostname is the one set last', async () => {
    const { network, hostname } = await make()
    await perform(network, { kind: 'hostname', name: 'first' }, { kind: 'hostname', name: 'second' })
    expect(hostname()).toBe('second')
  })
}
