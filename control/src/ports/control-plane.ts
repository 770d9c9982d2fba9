// The programs of the control plane, which an update can replace while the host runs.
import type { SlotName } from '../domain/boot-slot.ts'
import type { LiveUpdate } from '../domain/live-update.ts'

export interface ControlPlane {
  /** Of everything in the image that runs but these programs: an update with the same brings nothing else. Empty where the image does not say. */
  readonly host: string
  /** What took over in this boot; null where the slot's own programs run. */
  live(): LiveUpdate | null
  /** Copies the programs of the system in a slot, and compares them with what was signed. Rejects with HostFailure, `update.programs` among them; nothing is left then. */
  stage(slot: SlotName, sha256: string): Promise<{ readonly directory: string }>
  /** Each program is one of these from its next start on. Throws HostFailure. */
  replace(update: Pick<LiveUpdate, 'slot' | 'version' | 'directory' | 'vms'>): void
  /** What is not in order with what took over, in words. Nothing: it stays, and what ran before it is forgotten. Throws HostFailure. */
  report(missing: readonly string[]): void
}
