// The pages that the kernel sets aside for VMs that ask for large ones.
import type { HugePageCount, HugePageNeed } from '../domain/huge-page-need.ts'

export interface HugePages {
  /** Sets aside as many as are needed and gives the others back; those in use stay. Each need is answered, in order: memory may be too scattered for them. */
  arrange(needs: readonly HugePageNeed[]): readonly HugePageCount[]
}
