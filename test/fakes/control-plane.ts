// A control plane that a test replaces: which programs run, and what has taken over.
import type { SlotName } from '../../control/src/domain/boot-slot.ts'
import type { LiveUpdate } from '../../control/src/domain/live-update.ts'
import type { ControlPlane } from '../../control/src/ports/control-plane.ts'
import { FakeFailure } from './failure.ts'

export class FakeControlPlane implements ControlPlane {
  host = 'ab'.repeat(32)
  /** Behind the link. */
  programs = '/usr/lib/corbel/programs'
  current: LiveUpdate | null = null
  failure: FakeFailure | null = null
  /** Of the programs in the other slot. */
  hash = 'ef'.repeat(32)
  readonly staged: string[] = []

  live(): LiveUpdate | null {
    return this.current
  }

  stage(slot: SlotName, sha256: string): Promise<{ readonly directory: string }> {
    if (this.failure !== null) return Promise.reject(this.failure)
    if (sha256 !== this.hash) return Promise.reject(new FakeFailure('update.programs'))
    const directory = `/run/corbel/programs-of-${slot}-${this.staged.length}`
    this.staged.push(directory)
    return Promise.resolve({ directory })
  }

  replace(update: Pick<LiveUpdate, 'slot' | 'version' | 'directory' | 'vms'>): void {
    if (this.failure !== null) throw this.failure
    this.current = { ...update, before: this.programs, atMs: 0, missing: [], confirmed: false }
    this.programs = update.directory
  }

  report(missing: readonly string[]): void {
    if (this.current === null) return
    this.current = { ...this.current, missing, confirmed: missing.length === 0 }
    if (missing.length === 0) this.staged.splice(0, this.staged.length, this.programs)
  }

  /** As the guard does. */
  undo(): void {
    if (this.current !== null) this.programs = this.current.before
    this.current = null
  }
}
