// What is sent turns a terminal that shows one screen into one that shows the next, in few bytes.
import { describe, expect, it } from 'vitest'
import { makeScreen, putGlyphs, putText, type Screen, style } from '../../../control/src/console/cells.ts'
import { renderDiff, renderErased } from '../../../control/src/console/diff.ts'
import { theme } from '../../../control/src/console/theme.ts'
import { drawScreen } from '../../../control/src/console/view.ts'
import { cellsOf, feed, makeTerminal } from './emulator.ts'
import { answeredModel, awayModel, normalStatus, statuses } from './samples.ts'

/** Numbers from 0 to `below` − 1, the same for the same seed. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff
    return (state >> 8) % below
  }
}

const styles = [theme.body, theme.value, theme.bar, style('yellow', 'red', true), style('black', 'white')]

/** A screen that mostly is `base`, with runs of text, blanks and glyphs changed. */
function varied(base: Screen, random: (below: number) => number): Screen {
  const screen: Screen = { ...base, chars: base.chars.slice(), styles: base.styles.slice() }
  for (let run = random(12); run > 0; run--) {
    const cellStyle = styles[random(styles.length)] ?? 0
    const [column, row, length] = [random(screen.columns), random(screen.rows), 1 + random(screen.columns)]
    const kind = random(3)
    if (kind === 0) putGlyphs(screen, column, row, '─', length, cellStyle)
    else putText(screen, column, row, (kind === 1 ? ' ' : 'abc de').repeat(length), cellStyle, length)
  }
  screen.cursor = random(3) === 0 ? { column: random(screen.columns), row: random(screen.rows) } : null
  return screen
}

describe('renderDiff', () => {
  it('turns a terminal that shows one screen into one that shows the next, whatever they are', () => {
    for (let seed = 1; seed <= 80; seed++) {
      const random = randomNumbers(seed)
      const [columns, rows] = [1 + random(30), 1 + random(8)]
      const terminal = makeTerminal(columns, rows)
      let shown: Screen | null = null
      for (let frame = 0; frame < 6; frame++) {
        const next = varied(shown ?? makeScreen(columns, rows, theme.body), random)
        feed(terminal, renderDiff(shown, next, 'utf-8'))
        expect(cellsOf(terminal.screen).join()).toBe(cellsOf(next).join())
        expect(terminal.cursorShown).toBe(next.cursor !== null)
        if (next.cursor !== null) expect({ column: terminal.column, row: terminal.row }).toEqual(next.cursor)
        shown = next
      }
    }
  })

  it('sends nothing when nothing differs', () => {
    const screen = drawScreen(answeredModel(statuses.normal, 80, 25))
    const again = drawScreen(answeredModel(statuses.normal, 80, 25))
    expect(renderDiff(screen, again, 'utf-8')).toBe('')
  })

  it('sends under 30 bytes for a second that has passed', () => {
    const before = drawScreen(answeredModel(normalStatus, 80, 25))
    const after = drawScreen(answeredModel({ ...normalStatus, time: '2026-11-21T01:22:06.120Z' }, 80, 25))
    expect(renderDiff(before, after, 'ascii')).toBe('\x1b[25;74H\x1b[0;37;44m6')
  })

  it('draws lines by ASCII where that was asked for', () => {
    const text = renderDiff(null, drawScreen(answeredModel(statuses.hostile, 80, 25)), 'ascii')
    expect(text).not.toMatch(/[^\x1b\r\n -~]/)
    expect(text).toContain('+- ')
  })

  it('writes every cell when the sizes differ', () => {
    const terminal = makeTerminal(20, 4)
    const next = varied(makeScreen(20, 4, theme.body), randomNumbers(7))
    feed(terminal, renderDiff(makeScreen(30, 4, theme.body), next, 'utf-8'))
    expect(cellsOf(terminal.screen)).toEqual(cellsOf(next))
  })
})

describe('renderErased', () => {
  it.each(Object.entries(statuses))('shows %s from any earlier content, in under 2,600 bytes', (_name, status) => {
    const terminal = makeTerminal(80, 25)
    const screen = drawScreen(awayModel(status, 80, 25))
    const text = renderErased(screen, theme.body, 'utf-8')
    feed(terminal, text)
    expect(cellsOf(terminal.screen)).toEqual(cellsOf(screen))
    expect(renderErased(screen, theme.body, 'ascii').length).toBeLessThan(2_600)
  })
})
