// The management network as users see it: what is wanted, what waits, what is seen, and what a test has found. Data only.
import type { NetworkSettings } from './network.ts'
import type { PendingChange, Probe } from './network-change.ts'
import type { SeenAddress, SeenNetwork } from './network-seen.ts'
import type { Replacement } from './network-state.ts'

export interface PendingView extends Pick<PendingChange, 'settings' | 'by' | 'phase' | 'confirmWithinSeconds'> {
  readonly secondsLeft: number
  readonly probes: readonly Probe[]
  /** Nothing more is looked at. */
  readonly probed: boolean
}

/** What became of a change. */
export interface ChangeOutcome {
  readonly outcome: 'confirmed' | 'undone' | 'dropped'
  /** In words. */
  readonly reason: string
  readonly at: string
}

export interface NetworkView {
  readonly revision: number
  readonly wanted: NetworkSettings
  readonly pending: PendingView | null
  /** Cards that stand in for others, until somebody adopts them. */
  readonly replacements: readonly Replacement[]
  readonly problem: string | null
  readonly last: ChangeOutcome | null
  readonly seen: {
    readonly interface: string | null
    readonly adapters: readonly (SeenNetwork['adapters'][number] & { readonly inUse: boolean })[]
    readonly addresses: readonly SeenAddress[]
    readonly gateways: SeenNetwork['gateways']
    readonly nameServers: readonly string[]
  }
}

export const TEST_STEPS = ['link', 'address', 'gateway', 'name-server', 'name'] as const

export interface TestStep {
  readonly kind: (typeof TEST_STEPS)[number]
  /** An interface, an address, a name. */
  readonly target: string
  readonly state: 'waiting' | 'running' | 'ok' | 'failed' | 'skipped'
  readonly message: string
}

export interface NetworkTest {
  readonly id: string
  readonly startedAt: string
  readonly endedAt: string | null
  readonly steps: readonly TestStep[]
}
