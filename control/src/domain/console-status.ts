// What the status screen shows, as `GET /v1/console/status` answers it.
import type { BootOutcome } from './boot-outcome.ts'
import type { SlotName } from './boot-slot.ts'
import type { Severity } from './event.ts'
import type { HostFacts, HostStatus } from './host.ts'
import type { InstallView } from './install.ts'
import type { LockdownMode } from './lockdown.ts'
import type { ChangePhase } from './network-change.ts'
import type { Problem } from './problem.ts'

export interface ConsoleUrl {
  readonly url: string
  readonly origin: 'static' | 'dhcp' | 'slaac'
}

/** One sentence about what is or is not in order. */
export interface HealthItem {
  readonly severity: Severity
  readonly message: string
}

export interface ConsoleStatus {
  readonly product: string
  readonly version: string
  readonly hostname: string
  readonly machine: HostFacts['machine']
  readonly cpu: { readonly model: string; readonly cores: number; readonly threads: number }
  readonly memory: HostStatus['memory']
  readonly urls: readonly ConsoleUrl[]
  /** `AA:BB:…`, 32 bytes; null until there is a certificate. */
  readonly certificateSha256: string | null
  /** No administrator has a password yet. */
  readonly setupRequired: boolean
  /** Whether anybody may log in here, and whether there is a recovery code. */
  readonly lockdown: { readonly mode: LockdownMode; readonly hasRecoveryCode: boolean }
  readonly seed: { readonly state: BootOutcome['seed']['state']; readonly problems: readonly Problem[] }
  readonly state: BootOutcome['state']
  readonly datastore: { readonly present: boolean; readonly problem: string | null }
  /** What no other field tells; empty when that is in order. */
  readonly health: readonly HealthItem[]
  readonly vms: { readonly running: number; readonly defined: number; readonly runningNames: readonly string[] }
  /** A change of the management network that waits, shown on every screen; how many cards wait to be adopted. */
  readonly network: {
    readonly pending: { readonly secondsLeft: number; readonly phase: ChangePhase } | null
    readonly replacements: number
  }
  /** Whether Corbel is to be installed, and how far that is. */
  readonly install: Pick<InstallView, 'mode' | 'state'>
  /** The slot that runs, null where it is none, and the generation of the configuration, null before there is one. */
  readonly system: {
    readonly slot: { readonly name: SlotName; readonly confirmed: boolean } | null
    readonly generation: number | null
  }
  /** RFC 3339, UTC. */
  readonly time: string
}
