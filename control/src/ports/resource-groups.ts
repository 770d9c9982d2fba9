// The port through which the groups of the host, pools and VMs get their weights, limits and protections.

import type { ResourceGroup } from '../domain/resource-group.ts'

export interface ResourceGroups {
  /** Makes everything so that is not; each before those in it. What cannot be written is told, and the rest is done. */
  arrange(groups: readonly ResourceGroup[]): readonly string[]
  /** Of a pool that nothing is in any more; no-op when it is not there. */
  remove(path: string): void
}
