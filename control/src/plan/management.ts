// Decides which adapter carries the management network.
import type { Adapter } from '../domain/adapter.ts'

export interface AdapterChoice {
  readonly adapter: Adapter | null
  /** In words, or null when the choice is what the settings ask for. */
  readonly problem: string | null
}

/** True when waiting longer for a link cannot change the choice. */
export function isChoiceFinal(adapters: readonly Adapter[], wantedMac: string | null): boolean {
  if (wantedMac !== null && adapters.some(({ mac }) => mac === wantedMac)) return true
  return wantedMac === null && adapters.some(({ hasLink }) => hasLink)
}

/**
 * The adapter with the wanted MAC; else the first with a link; else the first. An adapter that is missing is replaced rather than
 * waited for: after a change of hardware the host must still be reachable somewhere.
 */
export function chooseAdapter(adapters: readonly Adapter[], wantedMac: string | null): AdapterChoice {
  const inOrder = [...adapters].sort((a, b) => a.index - b.index)
  const wanted = inOrder.find(({ mac }) => mac === wantedMac)
  const adapter = wanted ?? inOrder.find(({ hasLink }) => hasLink) ?? inOrder[0] ?? null
  if (adapter === null) return { adapter, problem: 'No network adapter was found.' }
  const missing =
    wantedMac !== null && wanted === undefined ? `There is no adapter ${wantedMac}; ${adapter.name} (${adapter.mac}) is used.` : null
  const down = adapter.hasLink ? null : `${adapter.name} (${adapter.mac}) has no link.`
  const problem = [missing, down].filter((part) => part !== null).join(' ')
  return { adapter, problem: problem === '' ? null : problem }
}
