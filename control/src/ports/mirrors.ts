// Arrays of two copies that run on the host.
import type { Mirror } from '../domain/mirror.ts'

export interface Mirrors {
  /** Those of state and datastore, as they are now; none where they are on one disk. */
  observe(): readonly Mirror[]
}
