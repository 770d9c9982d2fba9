// What the boot found and did, as `setup` writes it to /run/corbel/boot.json and everything else reads it.
import type { InstallMode } from './install.ts'
import type { Problem } from './problem.ts'
import type { Seed } from './seed.ts'

export interface BootOutcome {
  readonly seed: { readonly state: 'absent' | 'applied' | 'refused'; readonly problems: readonly Problem[]; readonly document: Seed | null }
  /** Whether Corbel is to be installed, and what the seed that asks for it is known by. While it is, no disk is used. */
  readonly install: { readonly mode: InstallMode; readonly seedSha256: string | null }
  /** `volatile`: the state is in memory and gone at power-off. */
  readonly state: 'persistent' | 'volatile'
  /** Why the state is volatile though a disk was found, or null. */
  readonly stateProblem: string | null
  /** The device of a state partition that could not be mended; it was left as it is. */
  readonly brokenState: string | null
  /** What was done to the state in this boot and is to be told once: it was mended, or forgotten as asked for. */
  readonly stateNotes: readonly { readonly code: string; readonly message: string }[]
  readonly datastore: { readonly present: boolean; readonly problem: string | null }
  readonly management: { readonly adapter: string | null; readonly mode: 'dhcp' | 'static'; readonly problem: string | null }
  /** The network of the VMs: its bridge, filters and address translation. */
  readonly nat: { readonly ready: boolean; readonly problem: string | null }
}

/** By who stands at the machine, in the boot menu. */
export interface BootRequest {
  /** The configuration as it was before its last change. */
  readonly previousGeneration: boolean
  /** The management network at its defaults. */
  readonly resetNetwork: boolean
}
