// What is seen of the management network: adapters, addresses, routes, lease. Never what is wanted.
import type { Adapter } from './adapter.ts'

export interface SeenAddress {
  readonly interface: string
  /** With its prefix length. */
  readonly address: string
  readonly family: 4 | 6
  readonly scope: 'global' | 'link'
  /** Somebody else has it, or the kernel has not made sure yet that nobody has. IPv6 only. */
  readonly state: 'ready' | 'tentative' | 'duplicate'
}

export interface SeenNetwork {
  readonly adapters: readonly Adapter[]
  /** Names of bonds and VLANs that are ours. */
  readonly made: readonly string[]
  /** Names of interfaces that have a link, of adapters and of those made. */
  readonly linked: readonly string[]
  readonly addresses: readonly SeenAddress[]
  readonly gateways: { readonly ipv4: string | null; readonly ipv6: string | null }
  /** Name servers of the lease; null while there is none. */
  readonly leaseServers: readonly string[] | null
}
