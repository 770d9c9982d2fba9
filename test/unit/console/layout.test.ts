// Cutting, wrapping, sharing out rows, frames, and figures as people read them.
import { describe, expect, it } from 'vitest'
import { makeScreen, screenText } from '../../../control/src/console/cells.ts'
import { formatCount, formatFingerprint, formatTime, percentOf } from '../../../control/src/console/format.ts'
import { bounded, clip, putBlocks, putBox, putLines, shareRows, wrap } from '../../../control/src/console/layout.ts'

describe('clip', () => {
  it.each([
    ['what fits', 'abcd', 4, 'abcd'],
    ['what does not fit', 'abcdefg', 6, 'abc...'],
    ['what has no room for dots', 'abcdefg', 3, 'abc'],
    ['what has no room at all', 'abc', -1, ''],
  ])('gives %s', (_name, text, width, clipped) => {
    expect(clip(text, width)).toBe(clipped)
  })
})

describe('wrap', () => {
  it.each([
    ['at spaces', 'one two three', 8, ['one two', 'three']],
    ['inside a word that is too long', 'a bbbbbbbbbb c', 4, ['a', 'bbbb', 'bbbb', 'bb c']],
    ['nothing', '', 4, []],
  ])('breaks %s', (_name, text, width, lines) => {
    expect(wrap(text, width)).toEqual(lines)
  })
})

describe('bounded', () => {
  it('says how many lines are missing', () => {
    const lines = ['a', 'b', 'c', 'd'].map((text) => [{ text, style: 0 }])
    expect(bounded(lines, 2, (missing) => [{ text: `${missing} more`, style: 0 }]).map((line) => line[0]?.text)).toEqual(['a', '3 more'])
    expect(bounded(lines, 4, () => [])).toBe(lines)
  })
})

describe('shareRows', () => {
  it.each([
    [
      'minimums first, in order',
      5,
      [
        [3, 9],
        [3, 3],
        [2, 2],
      ],
      [3, 0, 2],
    ],
    [
      'what is left in turns',
      9,
      [
        [1, 2],
        [1, 9],
        [1, 9],
      ],
      [2, 4, 3],
    ],
    [
      'no more than is wanted',
      20,
      [
        [1, 2],
        [1, 3],
      ],
      [2, 3],
    ],
    [
      'nothing to one that has no room',
      3,
      [
        [2, 2],
        [2, 5],
      ],
      [2, 0],
    ],
  ])('gives %s', (_name, available, wants, shares) => {
    expect(
      shareRows(
        available,
        wants.map(([minRows = 0, wantedRows = 0]) => ({ minRows, wantedRows })),
      ),
    ).toEqual(shares)
  })
})

describe('putBlocks', () => {
  const block = (text: string, minRows: number, wantedRows: number) => ({
    minRows,
    wantedRows,
    draw: (screen: Parameters<typeof putLines>[0], rect: Parameters<typeof putLines>[1]) =>
      putLines(
        screen,
        rect,
        Array.from({ length: rect.rows }, () => [{ text, style: 0 }]),
      ),
  })
  it.each([
    ['gaps where there is room', 6, ['a', '', 'b', 'b', '', 'c']],
    ['gaps from the top as far as they go', 5, ['a', '', 'b', 'b', 'c']],
    ['what matters most when there is too little', 2, ['b', 'b']],
  ])('puts %s', (_name, rows, lines) => {
    const screen = makeScreen(4, rows, 0)
    putBlocks(screen, { column: 0, row: 0, columns: 4, rows }, [
      { block: block('a', 1, 1), rank: 2 },
      { block: block('b', 2, 2), rank: 0 },
      { block: block('c', 1, 1), rank: 1 },
    ])
    expect(screenText(screen)).toEqual(lines)
  })
})

describe('putBox', () => {
  it('frames a rectangle and cuts its title', () => {
    const screen = makeScreen(12, 3, 0)
    putBox(screen, { column: 0, row: 0, columns: 12, rows: 3 }, 'A long title', 0, 0)
    expect(screenText(screen)).toEqual(['┌─ A l... ─┐', '│          │', '└──────────┘'])
  })
})

describe('format', () => {
  it.each([
    [0, '0'],
    [999, '999'],
    [1000, '1,000'],
    [1234567, '1,234,567'],
  ])('writes the count %i', (count, text) => {
    expect(formatCount(count)).toBe(text)
  })

  it('keeps percentages within 0 and 100', () => {
    expect([percentOf(1, 3), percentOf(9, 3), percentOf(1, 0)]).toEqual([33, 100, 0])
  })

  it('writes the time without fractions, and leaves alone what is no time', () => {
    expect(formatTime('2026-11-21T01:22:05.120Z')).toBe('2026-11-21 01:22:05 UTC')
    expect(formatTime('soon')).toBe('soon')
  })

  it('groups a fingerprint by eight bytes', () => {
    const bytes = Array.from({ length: 32 }, () => 'AB').join(':')
    expect(formatFingerprint(bytes, 48)).toHaveLength(2)
    expect(formatFingerprint(bytes, 98)).toHaveLength(1)
    expect(formatFingerprint(bytes, 98).join('').replace(/ +/g, ':')).toBe(bytes)
  })
})
