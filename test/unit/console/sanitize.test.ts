// No text, whatever it holds, gets anything into a cell but one harmless character a column.
import { describe, expect, it } from 'vitest'
import { makeScreen, putText, screenText } from '../../../control/src/console/cells.ts'
import { displayable } from '../../../control/src/console/sanitize.ts'

describe('displayable', () => {
  it.each([
    ['printable ASCII as it is', 'web-1 (a)', 'web-1 (a)'],
    ['Latin-1 as it is', 'Intel® é', 'Intel® é'],
    ['escapes as ?', '\x1b[2J', '?[2J'],
    ['C1 controls as ?', '\x9b31m', '?31m'],
    ['line breaks and tabs as spaces', 'a\r\nb\tc', 'a  b c'],
    ['wide characters as one ? each', '機械', '??'],
    ['astral characters as one ? each', '👾x', '?x'],
    ['lone surrogates as ?', '\ud800x', '?x'],
    ['combining, bidirectional and zero-width marks as ?', 'e\u0301\u202e\u200b', 'e???'],
    ['frames as ?', '┌─', '??'],
  ])('shows %s', (_name, text, shown) => {
    expect(displayable(text)).toBe(shown)
  })

  it('leaves one UTF-16 unit for each code point, and no control, for the whole of Unicode', () => {
    const wrong: number[] = []
    for (let codePoint = 0; codePoint <= 0x10ffff; codePoint += codePoint < 0x3000 ? 1 : 997) {
      const shown = displayable(String.fromCodePoint(codePoint))
      const unit = shown.charCodeAt(0)
      if (shown.length !== 1 || unit < 0x20 || (unit >= 0x7f && unit <= 0xa0)) wrong.push(codePoint)
    }
    expect(wrong).toEqual([])
  })
})

describe('putText', () => {
  it('lets nothing else into a cell and nothing past the edges', () => {
    const screen = makeScreen(6, 2, 0)
    expect(putText(screen, 4, 0, '\x1bcdef', 7)).toBe(5)
    putText(screen, -1, 1, 'xyz', 7)
    putText(screen, 0, 2, 'below', 7)
    expect(screenText(screen)).toEqual(['    ?c', 'yz'])
  })
})
