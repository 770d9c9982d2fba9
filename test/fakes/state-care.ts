// Orders for the next start, and partitions made anew, in memory.
import type { ResetScope, StateCare } from '../../control/src/ports/state-care.ts'
import { FakeFailure } from './failure.ts'

export class FakeStateCare implements StateCare {
  ordered: ResetScope | null = null
  readonly renewed: string[] = []
  hasRoom = true

  order(scope: ResetScope | null): void {
    this.ordered = scope
  }

  async renew(device: string, keep: boolean): Promise<void> {
    if (keep && !this.hasRoom) throw new FakeFailure('state.no-room')
    this.renewed.push(`${device}${keep ? ' kept' : ''}`)
  }
}
