// What every implementation of huge pages promises.
import { describe, expect, it } from 'vitest'
import type { HugePages } from '../../control/src/ports/huge-pages.ts'

export interface HugePagesBench {
  readonly pages: HugePages
  /** How many are set aside of a size on a node. */
  count(sizeKiB: number, node: number): number
}

/** `make` gives a machine with the nodes 0 and 1 and pages of 2 MiB, none set aside, at most 8 of them on either. */
export function hugePagesContract(make: () => HugePagesBench): void {
  describe('huge pages', () => {
    it('are set aside where they are needed', () => {
      const { pages, count } = make()
      expect(pages.arrange([{ sizeKiB: 2048, node: 1, pages: 3 }])).toEqual([{ sizeKiB: 2048, node: 1, pages: 3, found: 3 }])
      expect([count(2048, 0), count(2048, 1)]).toEqual([0, 3])
    })

    it('are given back when they are needed no more', () => {
      const { pages, count } = make()
      pages.arrange([{ sizeKiB: 2048, node: 1, pages: 3 }])
      pages.arrange([{ sizeKiB: 2048, node: 0, pages: 2 }])
      expect([count(2048, 0), count(2048, 1)]).toEqual([2, 0])
      pages.arrange([])
      expect([count(2048, 0), count(2048, 1)]).toEqual([0, 0])
    })

    it('are told to be fewer where there are not enough', () => {
      const { pages } = make()
      expect(pages.arrange([{ sizeKiB: 2048, node: 0, pages: 12 }])).toEqual([{ sizeKiB: 2048, node: 0, pages: 12, found: 8 }])
    })
  })
}
