// Slots of devices: kept across edits, the lowest free one for what is new.
import { describe, expect, it } from 'vitest'
import { assignSlots } from '../../../control/src/domain/vm-slots.ts'

interface Device {
  readonly file: string
  readonly slot?: number
}

const slots = (wanted: readonly Device[], earlier: readonly { file: string; slot: number }[]) =>
  assignSlots(wanted, earlier, 4, (a, b) => a.file === b.file).map(({ slot }) => slot)

describe('slots', () => {
  it.each<[string, readonly Device[], readonly { file: string; slot: number }[], readonly number[]]>([
    ['of new devices count up', [{ file: 'a' }, { file: 'b' }], [], [0, 1]],
    ['that are named are taken', [{ file: 'a', slot: 2 }, { file: 'b' }], [], [2, 0]],
    [
      'stay when an earlier device goes',
      [{ file: 'b' }],
      [
        { file: 'a', slot: 0 },
        { file: 'b', slot: 1 },
      ],
      [1],
    ],
    [
      'stay when the order changes',
      [{ file: 'b' }, { file: 'a' }],
      [
        { file: 'a', slot: 0 },
        { file: 'b', slot: 1 },
      ],
      [1, 0],
    ],
    [
      'that became free are used again',
      [{ file: 'b' }, { file: 'c' }],
      [
        { file: 'a', slot: 0 },
        { file: 'b', slot: 1 },
      ],
      [1, 0],
    ],
    ['that another names are lost to it', [{ file: 'a' }, { file: 'b', slot: 0 }], [{ file: 'a', slot: 0 }], [1, 0]],
  ])('%s', (_what, wanted, earlier, expected) => {
    expect(slots(wanted, earlier)).toEqual(expected)
  })

  it('are never too few for as many devices as there are slots', () => {
    expect(
      slots(
        ['a', 'b', 'c', 'd'].map((file) => ({ file })),
        [],
      ),
    ).toEqual([0, 1, 2, 3])
    expect(() =>
      slots(
        ['a', 'b', 'c', 'd', 'e'].map((file) => ({ file })),
        [],
      ),
    ).toThrow(RangeError)
  })
})
