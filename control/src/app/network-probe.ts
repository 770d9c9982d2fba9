// Looks whether a network that has just been applied works: link, addresses, gateway. Changes nothing.

import { isSameCidr6 } from '../domain/ipv6.ts'
import type { PendingChange, Probe } from '../domain/network-change.ts'
import type { SeenNetwork } from '../domain/network-seen.ts'
import type { NetworkState } from '../domain/network-state.ts'
import type { Network } from '../ports/network.ts'
import type { AppPorts } from './ports.ts'

const LOOK_MS = 500
const LINK_MS = 10_000
const STATIC_MS = 5_000
/** A client asks three times, and again after ten seconds; its launcher may have waited one. */
const LEASE_MS = 25_000
const ROUTER_MS = 12_000
const GATEWAY_MS = 4_000

type Ports = Pick<AppPorts, 'network' | 'clock'>

/** Whether a gateway answers now; false where there is none. */
export async function gatewayAnswers(network: Network): Promise<boolean> {
  const name = network.applied()?.state.interface ?? null
  if (name === null) return false
  const { gateways } = await network.observe()
  const gateway = gateways.ipv4 ?? gateways.ipv6
  return gateway !== null && (await network.hasNeighbour(name, gateway, GATEWAY_MS))
}

/**
 * Tells each probe as it goes, and resolves with whether all that matters is well. The gateway matters where one answered before. Ends early, with true, once `isOver` says so.
 */
export async function probeNetwork(
  { network, clock }: Ports,
  state: NetworkState,
  { gatewayAnswered }: Pick<PendingChange, 'gatewayAnswered'>,
  tell: (probe: Probe) => void,
  isOver: () => boolean,
): Promise<boolean> {
  const name = state.interface
  if (name === null) {
    tell({ what: 'link', state: 'failed', message: 'There is no network adapter.' })
    return false
  }

  async function wait(timeoutMs: number, holds: (seen: SeenNetwork) => boolean): Promise<boolean> {
    const deadline = clock.monotonicMs() + timeoutMs
    for (;;) {
      if (isOver() || holds(await network.observe())) return true
      if (clock.monotonicMs() >= deadline) return false
      await new Promise<void>((resolve) => clock.after(LOOK_MS, resolve))
    }
  }

  async function probe(what: Probe['what'], running: string, ok: string, failed: string, look: () => Promise<boolean>): Promise<boolean> {
    tell({ what, state: 'running', message: running })
    const good = await look()
    if (!isOver()) tell(good ? { what, state: 'ok', message: ok } : { what, state: 'failed', message: failed })
    return good
  }

  const { ipv4, ipv6 } = state
  const has = (seen: SeenNetwork, family: 4 | 6, address: string | null) =>
    seen.addresses.some(
      (one) =>
        one.interface === name &&
        one.family === family &&
        one.scope === 'global' &&
        one.state === 'ready' &&
        (address === null || same(one.address, address)),
    )

  const link = await probe('link', `Waiting for a link of ${name}.`, `${name} has a link.`, `${name} has no link.`, () =>
    wait(LINK_MS, ({ linked }) => linked.includes(name)),
  )
  if (!link) return false
  const address4 =
    ipv4.mode === 'dhcp'
      ? await probe('ipv4', 'Waiting for an address by DHCP.', 'DHCP has given an address.', 'No DHCP server has given an address.', () =>
          wait(LEASE_MS, (seen) => has(seen, 4, null)),
        )
      : await probe('ipv4', `Waiting for ${ipv4.address}.`, `The address is ${ipv4.address}.`, `${ipv4.address} is not there.`, () =>
          wait(STATIC_MS, (seen) => has(seen, 4, ipv4.address)),
        )
  let address6 = true
  if (ipv6.mode === 'static') {
    const failed = `${ipv6.address} is not there, or another machine has it.`
    address6 = await probe('ipv6', `Waiting for ${ipv6.address}.`, `The address is ${ipv6.address}.`, failed, () =>
      wait(STATIC_MS, (seen) => has(seen, 6, ipv6.address)),
    )
  } else if (ipv6.mode === 'slaac') {
    // Routers may be silent for long: without their word the rest goes on.
    await probe('ipv6', 'Waiting for a router.', 'A router has given an address.', 'No router has given an address.', () =>
      wait(ROUTER_MS, (seen) => has(seen, 6, null)),
    )
  }
  if (!address4 || !address6) return false
  if (isOver()) return true
  const { gateways } = await network.observe()
  const gateway = gateways.ipv4 ?? gateways.ipv6
  if (gateway === null) {
    if (!gatewayAnswered) return true
    tell({ what: 'gateway', state: 'failed', message: 'There is no gateway, and there was one that answered.' })
    return false
  }
  const silent = gatewayAnswered
    ? `The gateway ${gateway} does not answer.`
    : `The gateway ${gateway} does not answer, nor did the one before.`
  const answers = await probe('gateway', `Asking the gateway ${gateway}.`, `The gateway ${gateway} answers.`, silent, async () => {
    const isThere = () => network.hasNeighbour(name, gateway, GATEWAY_MS)
    return isOver() || (await isThere()) || (await isThere())
  })
  return answers || !gatewayAnswered
}

/** As text, but for the form of an IPv6 address, which the kernel writes in its own way. */
function same(seen: string, wanted: string): boolean {
  return seen === wanted || isSameCidr6(seen, wanted)
}
