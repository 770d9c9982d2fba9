// One terminal gets only the newest screen, and everything anew when it is in doubt.
import { describe, expect, it } from 'vitest'
import { makeScreen, putText, type Screen } from '../../../control/src/console/cells.ts'
import { linuxConsole, Painter, serialTerminal } from '../../../control/src/console/painter.ts'

function screenOf(text: string): Screen {
  const screen = makeScreen(20, 2, 7)
  putText(screen, 0, 0, text, 7)
  return screen
}

describe('Painter', () => {
  it('has nothing to send before a screen is wanted', () => {
    expect(new Painter(linuxConsole, 7).next()).toBe('')
  })

  it('sets the terminal up and erases it first, then sends differences', () => {
    const painter = new Painter(linuxConsole, 7)
    painter.want(screenOf('one'))
    const first = painter.next()
    expect(first.startsWith(linuxConsole.setup)).toBe(true)
    expect(first).toContain('\x1b[2J')
    painter.want(screenOf('onX'))
    expect(painter.next()).toBe('\x1b[1;3H\x1b[0;37;40mX')
    expect(painter.next()).toBe('')
  })

  it('skips screens that were replaced before they could be sent', () => {
    const painter = new Painter(linuxConsole, 7)
    painter.want(screenOf('one'))
    painter.next()
    painter.want(screenOf('two'))
    painter.want(screenOf('one'))
    expect(painter.next()).toBe('')
  })

  it('writes everything again when the terminal is in doubt, erasing only when asked', () => {
    const painter = new Painter(serialTerminal, 7)
    painter.want(screenOf('one'))
    painter.next()
    painter.doubt(false)
    const repaint = painter.next()
    expect(repaint).toContain('one')
    expect(repaint).not.toContain('\x1b[2J')
    painter.doubt(true)
    painter.doubt(false)
    expect(painter.next()).toContain('\x1b[2J')
  })

  it('asks a serial terminal for its size each time', () => {
    const painter = new Painter(serialTerminal, 7)
    painter.want(screenOf('one'))
    expect(painter.next()).toContain('\x1b[999;999H\x1b[6n')
  })
})
