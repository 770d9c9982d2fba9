// What the boot found and did, as `setup` writes it to /run/corbel/boot.json and everything else reads it.
import type { Problem } from './problem.ts'
import type { Seed } from './seed.ts'

export interface BootOutcome {
  readonly seed: { readonly state: 'absent' | 'applied' | 'refused'; readonly problems: readonly Problem[]; readonly document: Seed | null }
  /** `volatile`: the state is in memory and gone at power-off. */
  readonly state: 'persistent' | 'volatile'
  /** Why the state is volatile though a disk was found, or null. */
  readonly stateProblem: string | null
  readonly datastore: { readonly present: boolean; readonly problem: string | null }
  readonly management: { readonly adapter: string | null; readonly mode: 'dhcp' | 'static'; readonly problem: string | null }
  /** The network of the VMs: its bridge, filters and address translation. */
  readonly nat: { readonly ready: boolean; readonly problem: string | null }
}
