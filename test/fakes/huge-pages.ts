// A kernel that sets aside as many huge pages as it has.
import type { HugePageCount, HugePageNeed } from '../../control/src/domain/huge-page-need.ts'
import type { HugePages } from '../../control/src/ports/huge-pages.ts'

export class FakeHugePages implements HugePages {
  /** That there can be, of each size on each node. */
  most = Number.POSITIVE_INFINITY
  aside: readonly HugePageCount[] = []

  arrange(needs: readonly HugePageNeed[]): readonly HugePageCount[] {
    this.aside = needs.map((need) => ({ ...need, found: Math.min(this.most, need.pages) }))
    return this.aside
  }
}
