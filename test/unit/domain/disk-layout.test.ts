// The partitions of an installed disk.
import { describe, expect, it } from 'vitest'
import { hasLayout, LAYOUT_NAMES, layoutOf, MIN_INSTALL_BYTES } from '../../../control/src/domain/disk-layout.ts'

const MIB = 1_048_576

describe('the layout', () => {
  it.each([MIN_INSTALL_BYTES, 500_107_862_016])(
    'of a disk of %i bytes has no gap and no overlap, and leaves a MiB at each end',
    (sizeBytes) => {
      const layout = layoutOf(sizeBytes)
      expect(layout.map(({ name }) => name)).toEqual(LAYOUT_NAMES)
      let at = 1
      for (const { startMiB, sizeMiB } of layout) {
        expect(startMiB).toBe(at)
        at += sizeMiB
      }
      expect(at * MIB).toBeLessThanOrEqual(sizeBytes - MIB)
      expect(at * MIB).toBeGreaterThan(sizeBytes - 2 * MIB)
    },
  )

  it('of the smallest disk has a datastore of a GiB at least', () => {
    expect(layoutOf(MIN_INSTALL_BYTES).at(-1)?.sizeMiB).toBeGreaterThanOrEqual(1024)
  })

  it('is known again by its names in their order, and by nothing less', () => {
    expect(hasLayout(LAYOUT_NAMES)).toBe(true)
    expect(hasLayout([...LAYOUT_NAMES].reverse())).toBe(false)
    expect(hasLayout(['corbel-state', 'corbel-data'])).toBe(false)
    expect(hasLayout([...LAYOUT_NAMES, 'home'])).toBe(false)
  })
})
