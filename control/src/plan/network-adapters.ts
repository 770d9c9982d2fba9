// Decides which adapters carry the management network: those that the settings name, or what stands in for them.
import type { Adapter } from '../domain/adapter.ts'
import type { NetworkSettings } from '../domain/network.ts'
import type { KnownCard } from '../domain/network-kept.ts'
import type { Replacement } from '../domain/network-state.ts'

export interface AdapterChoice {
  /** In the order of the settings; empty when there is no adapter at all. */
  readonly members: readonly Adapter[]
  readonly replacements: readonly Replacement[]
  /** In words, or null when the choice is what the settings ask for. */
  readonly problem: string | null
}

/** True when waiting longer for a link cannot change the choice. */
export function isChoiceFinal(adapters: readonly Adapter[], wanted: readonly string[], known: readonly KnownCard[]): boolean {
  if (wanted.length > 0) return wanted.every((mac) => adapters.some((adapter) => adapter.mac === mac))
  const preferred = adapters.filter(({ mac }) => isPreferred(mac, known))
  return (preferred.length > 0 ? preferred : adapters).some(({ hasLink }) => hasLink)
}

/** Where the settings leave it open, the network stays on the card that it was on. */
function isPreferred(mac: string, known: readonly KnownCard[]): boolean {
  return known.some((card) => card.manages && card.mac === mac)
}

/**
 * A card is known by its permanent MAC address, wherever it is plugged in. One that is missing is replaced rather than waited for, since the host must still be reachable:
 * by the card that is new in its slot, else by the only card that is new, else by the first with a link. A card that was there before is not taken for a new one.
 * Where the settings leave the choice open, the card that it was on last comes first.
 */
export function chooseAdapters(
  adapters: readonly Adapter[],
  { adapters: wanted }: Pick<NetworkSettings, 'adapters'>,
  known: readonly KnownCard[],
): AdapterChoice {
  const inOrder = [...adapters].sort((a, b) => a.index - b.index)
  if (inOrder.length === 0) return { members: [], replacements: [], problem: 'No network adapter was found.' }
  const members: Adapter[] = []
  const replacements: Replacement[] = []
  const free = () => inOrder.filter(({ mac }) => !wanted.includes(mac) && !members.some((member) => member.mac === mac))
  const missing = wanted.filter((mac) => !inOrder.some((adapter) => adapter.mac === mac))
  for (const mac of wanted) {
    const present = inOrder.find((adapter) => adapter.mac === mac)
    const found = present === undefined ? standIn(mac, free(), known, missing) : { adapter: present, because: null }
    // A bond goes on with the members that it has; only a network without any adapter takes what it can get.
    if (found === null || (found.because === 'first-with-link' && wanted.length > 1)) continue
    members.push(found.adapter)
    if (found.because !== null) replacements.push({ wanted: mac, used: found.adapter.mac, because: found.because })
  }
  if (members.length === 0) {
    const preferred = inOrder.find(({ mac, hasLink }) => hasLink && isPreferred(mac, known))
    const adapter = preferred ?? inOrder.find(({ hasLink }) => hasLink) ?? (inOrder[0] as Adapter)
    members.push(adapter)
    const [first] = wanted
    if (first !== undefined) replacements.push({ wanted: first, used: adapter.mac, because: 'first-with-link' })
  }
  return { members, replacements, problem: describe(members, missing, replacements) }
}

function standIn(
  mac: string,
  free: readonly Adapter[],
  known: readonly KnownCard[],
  missing: readonly string[],
): { readonly adapter: Adapter; readonly because: Replacement['because'] } | null {
  const slot = known.find((card) => card.mac === mac)?.slot ?? null
  const fresh = free.filter((adapter) => !known.some((card) => card.mac === adapter.mac))
  const inSlot = slot === null ? undefined : fresh.find((adapter) => adapter.slot === slot)
  if (inSlot !== undefined) return { adapter: inSlot, because: 'same-slot' }
  const [only] = fresh
  if (only !== undefined && fresh.length === 1 && missing.length === 1) return { adapter: only, because: 'only-new-card' }
  const linked = free.find(({ hasLink }) => hasLink) ?? free[0]
  return linked === undefined ? null : { adapter: linked, because: 'first-with-link' }
}

function describe(members: readonly Adapter[], missing: readonly string[], replacements: readonly Replacement[]): string | null {
  const sentences = missing.map((mac) => {
    const used = replacements.find(({ wanted }) => wanted === mac)?.used
    const adapter = members.find((member) => member.mac === used)
    return adapter === undefined
      ? `There is no adapter ${mac}.`
      : `There is no adapter ${mac}; ${adapter.name} (${adapter.mac}) is used, and can be adopted.`
  })
  const down = members.filter(({ hasLink }) => !hasLink).map(({ name, mac }) => `${name} (${mac}) has no link.`)
  return [...sentences, ...down].join(' ') || null
}

/** The settings with the cards that are used in place of those that they name. */
export function adoptReplacements(settings: NetworkSettings, replacements: readonly Replacement[]): NetworkSettings {
  const now = (mac: string) => replacements.find(({ wanted }) => wanted === mac)?.used ?? mac
  const { bond } = settings
  return {
    ...settings,
    adapters: settings.adapters.map(now),
    bond: bond === null || bond.primary === null ? bond : { ...bond, primary: now(bond.primary) },
  }
}
