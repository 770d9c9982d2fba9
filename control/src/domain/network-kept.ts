// What the store has of the network: settings, cards remembered, and a change that nobody has confirmed yet. Finds the settings that count.
import { check } from './check.ts'
import { DEFAULT_HOSTNAME, defaultNetwork, managementSchema, type NetworkSettings, networkOf, networkSchema } from './network.ts'
import type { Seed } from './seed.ts'

/** Keys of settings in the store. The first two are what it had before there was `network`. */
export const NETWORK_KEYS = {
  hostname: 'hostname',
  management: 'management',
  network: 'network',
  pending: 'networkPending',
  cards: 'networkCards',
} as const

export interface KeptNetwork {
  /** Starts at 1, one more with each change that was confirmed. */
  readonly revision: number
  readonly settings: NetworkSettings
}

/** A card by its permanent MAC address, and where it was last. */
export interface KnownCard {
  readonly mac: string
  /** The way to its PCI function; null for one that is elsewhere. */
  readonly slot: string | null
  /** Whether it carried the network when it was seen last. */
  readonly manages: boolean
}

/** What was confirmed last counts; else what was set before there was `network`; else the seed; else the defaults. */
export function resolveNetwork(getSetting: (key: string) => unknown, seed: Pick<Seed, 'hostname' | 'management'> | null): KeptNetwork {
  return readNetwork(getSetting(NETWORK_KEYS.network)) ?? { revision: 1, settings: withoutNetwork(getSetting, seed) }
}

function withoutNetwork(getSetting: (key: string) => unknown, seed: Pick<Seed, 'hostname' | 'management'> | null): NetworkSettings {
  const kept = getSetting(NETWORK_KEYS.hostname)
  const hostname = typeof kept === 'string' ? kept : (seed?.hostname ?? DEFAULT_HOSTNAME)
  const old = check(managementSchema, getSetting(NETWORK_KEYS.management), 'management')
  const management = old.ok ? old.value : seed?.management
  return management === undefined ? defaultNetwork(hostname) : networkOf(hostname, management)
}

function readNetwork(value: unknown): KeptNetwork | null {
  const { revision, settings } = (value ?? {}) as Partial<Record<keyof KeptNetwork, unknown>>
  const checked = check(networkSchema, settings, 'network')
  return checked.ok && typeof revision === 'number' ? { revision, settings: checked.value } : null
}

/** Cards as they were remembered; whatever is no card is left out. */
export function readCards(value: unknown): readonly KnownCard[] {
  if (!Array.isArray(value)) return []
  return value.flatMap((one: Partial<KnownCard> | null): KnownCard[] =>
    typeof one?.mac === 'string'
      ? [{ mac: one.mac, slot: typeof one.slot === 'string' ? one.slot : null, manages: one.manages === true }]
      : [],
  )
}
