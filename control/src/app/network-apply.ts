// Brings the management network into one whole state: the same way at boot, for a change, and back.
import type { NetworkSettings } from '../domain/network.ts'
import type { KnownCard } from '../domain/network-kept.ts'
import type { AppliedNetwork } from '../domain/network-state.ts'
import { planNetworkState, planNetworkSteps } from '../plan/network.ts'
import { chooseAdapters } from '../plan/network-adapters.ts'
import type { Network } from '../ports/network.ts'

export interface ApplyOptions {
  readonly cards: readonly KnownCard[]
  readonly boot?: boolean
  /** To what was before, or is kept. */
  readonly back?: boolean
  /** Takes everything apart first, whatever is the same. */
  readonly anew?: boolean
}

/** What would be applied now, and by which steps. */
export async function planApply(
  network: Network,
  settings: NetworkSettings,
  { cards, boot = false, back = false, anew = false }: ApplyOptions,
) {
  const { adapters, made } = await network.observe()
  const before = network.applied()
  const { members, replacements, problem } = chooseAdapters(adapters, settings, cards)
  const state = planNetworkState(settings, adapters, members)
  const steps = planNetworkSteps(anew ? null : (before?.state ?? null), state, { made, boot, back })
  const applied: AppliedNetwork = { settings, state, replacements, problem }
  return { applied, steps }
}

/**
 * Rejects with the failure of the first step that fails; then nothing is known of the state, and whoever asked has to bring another one about. The same is seen by a program that
 * comes after one that was ended in between.
 */
export async function applyNetwork(network: Network, settings: NetworkSettings, options: ApplyOptions): Promise<AppliedNetwork> {
  const { applied, steps } = await planApply(network, settings, options)
  network.record(null)
  for (const step of steps) await network.perform(step)
  network.record(applied)
  return applied
}
