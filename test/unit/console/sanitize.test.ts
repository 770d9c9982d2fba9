// No text, whatever it holds, gets anything into a cell but harmless characters, in as many columns as they take.
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
    ['other scripts as they are', 'Привет Ω', 'Привет Ω'],
    ['wide characters with a filler each', '機械', '機\0械\0'],
    ['signs of print as a typewriter has them', '“it’s” – x', '"it\'s" - x'],
    ['a filler from elsewhere as ?', 'a\0b', 'a?b'],
    ['scripts that run from right to left as ?', 'שלום', '????'],
    ['astral characters as one ? each', '👾x', '?x'],
    ['lone surrogates as ?', '\ud800x', '?x'],
    ['combining marks composed, or not at all', 'e\u0301 q\u0301\u0302', 'é q'],
    ['bidirectional and zero-width marks as ?', '\u202e\u200b', '??'],
    ['frames as ?', '┌─', '??'],
  ])('shows %s', (_name, text, shown) => {
    expect(displayable(text)).toBe(shown)
  })

  it('changes nothing that is displayable already', () => {
    for (const text of ['機械 é', 'a\0b', 'e\u0301\u202e한']) expect(displayable(displayable(text))).toBe(displayable(text))
  })

  it('leaves at most one visible unit and a filler for each code point, and no control, for the whole of Unicode', () => {
    const wrong: number[] = []
    for (let codePoint = 0; codePoint <= 0x10ffff; codePoint += codePoint < 0x3000 ? 1 : 997) {
      const shown = displayable(String.fromCodePoint(codePoint))
      if (!/^(?:[^\0-\x1f\x7f-\xa0]\0?| )?$/.test(shown)) wrong.push(codePoint)
    }
    expect(wrong).toEqual([])
  })
})

describe('putText', () => {
  it('lets nothing else into a cell and nothing past the edges', () => {
    const screen = makeScreen(6, 2, 0)
    expect(putText(screen, 4, 0, '\x1bcdef', 7)).toBe(2)
    putText(screen, -1, 1, 'xyz', 7)
    putText(screen, 0, 2, 'below', 7)
    expect(screenText(screen)).toEqual(['    ?c', 'yz'])
  })

  it('leaves no half of a wide character', () => {
    const screen = makeScreen(6, 4, 0)
    putText(screen, 0, 0, '機械한', 7)
    putText(screen, 1, 0, 'ab', 7)
    putText(screen, 5, 1, '機', 7)
    putText(screen, 0, 2, '機械', 7, 3)
    putText(screen, 0, 3, '機械', 7)
    putText(screen, 1, 3, '한', 7)
    expect(screenText(screen)).toEqual([' ab 한', '', '機', ' 한'])
  })
})
