// What the kernel is to have of the management network, by names of interfaces, and the steps that bring it there. Plain data.
import type { NetworkSettings } from './network.ts'

/** All that is ours beside the adapters, told by their names. At most 15 characters. */
export const BOND_NAME = 'corbel-bond0'
export const VLAN_PREFIX = 'corbel-vlan'

export interface LinkState {
  /** Names of the adapters that carry the network; several, or one, in a bond. */
  readonly members: readonly string[]
  /** All others: their links are seen, and they take part in nothing. */
  readonly idle: readonly string[]
  readonly bond: { readonly mode: string; readonly primary: string | null } | null
  readonly vlan: number | null
  readonly mtu: number
}

/** One whole state: it is in force, or another is, never parts of two. */
export interface NetworkState {
  readonly links: LinkState
  /** What has the addresses: the VLAN, else the bond, else the adapter; null when there is no adapter. */
  readonly interface: string | null
  readonly ipv4: NetworkSettings['ipv4']
  readonly ipv6: NetworkSettings['ipv6']
  readonly firewall: NetworkSettings['firewall']
  readonly resolver: { readonly servers: readonly string[]; readonly searchDomains: readonly string[] }
  readonly hostname: string
}

/** A card that stands in for one that is not there. */
export interface Replacement {
  /** What the settings name. */
  readonly wanted: string
  /** What is used, until somebody adopts it. */
  readonly used: string
  readonly because: 'same-slot' | 'only-new-card' | 'first-with-link'
}

/** What was carried out last since the machine came up. */
export interface AppliedNetwork {
  readonly settings: NetworkSettings
  readonly state: NetworkState
  readonly replacements: readonly Replacement[]
  /** What is not as the settings want it, in words, or null. */
  readonly problem: string | null
}

export type NetworkStep =
  /** Lines of ip(8), in order, up to the first that fails. */
  | { readonly kind: 'ip'; readonly family: 4 | 6 | null; readonly lines: readonly string[] }
  /** One of `/proc/sys/net`; a kernel without that protocol has nothing to set. */
  | { readonly kind: 'sysctl'; readonly path: string; readonly value: string }
  | { readonly kind: 'filter'; readonly uplink: string | null; readonly firewall: NetworkSettings['firewall'] }
  /** Ends as soon as there is a link, and without one after this time, too. */
  | { readonly kind: 'await-link'; readonly interface: string; readonly timeoutMs: number }
  /** Fails with `network.address.in-use` when somebody answers to the address. */
  | { readonly kind: 'detect-conflict'; readonly interface: string; readonly address: string }
  | { readonly kind: 'resolver'; readonly servers: readonly string[]; readonly searchDomains: readonly string[] }
  | { readonly kind: 'hostname'; readonly name: string }
  /** Null: no DHCP client. Ends when the one before does nothing any more. */
  | { readonly kind: 'dhcp-client'; readonly interface: string | null }
