// Copies of specs in memory, on a datastore that may be away or refuse.
import type { SpecCopies } from '../../control/src/ports/spec-copies.ts'
import { FakeFailure } from './failure.ts'

export class FakeSpecCopies implements SpecCopies {
  files = new Map<string, string>()
  isThere = true
  /** Writes that fail before one works. */
  failures = 0

  list(): readonly { readonly id: string; readonly text: string }[] | null {
    return this.isThere ? [...this.files].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, text]) => ({ id, text })) : null
  }

  write(id: string, text: string): void {
    if (this.failures-- > 0) throw new FakeFailure('ENOSPC', 'write-spec-copy')
    if (this.isThere) this.files.set(id, text)
  }

  remove(id: string): void {
    if (this.isThere) this.files.delete(id)
  }
}
