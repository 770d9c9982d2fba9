// What the console sends, shown by a real terminal emulator; the figures of its size.
import xterm from '@xterm/headless'
import { describe, expect, it } from 'vitest'
import { screenText } from '../../control/src/console/cells.ts'
import { linuxConsole, Painter, serialTerminal } from '../../control/src/console/painter.ts'
import { theme } from '../../control/src/console/theme.ts'
import { drawScreen } from '../../control/src/console/view.ts'
import { answeredModel, awayModel, statuses } from '../unit/console/samples.ts'

function write(terminal: xterm.Terminal, text: string): Promise<void> {
  return new Promise((resolve) => terminal.write(text, resolve))
}

function linesOf(terminal: xterm.Terminal): string[] {
  const buffer = terminal.buffer.active
  return Array.from({ length: terminal.rows }, (_, row) => buffer.getLine(buffer.viewportY + row)?.translateToString(true) ?? '')
}

/** Foreground, background and bold of a cell as xterm has them. */
function styleOf(terminal: xterm.Terminal, column: number, row: number): number[] {
  const buffer = terminal.buffer.active
  const cell = buffer.getLine(buffer.viewportY + row)?.getCell(column)
  return [cell?.getFgColor() ?? -1, cell?.getBgColor() ?? -1, cell?.isBold() ?? -1]
}

const frames = [
  answeredModel(statuses.normal, 100, 30),
  awayModel(statuses.normal, 100, 30),
  answeredModel(statuses['seed-refused'], 100, 30),
  answeredModel(statuses.hostile, 100, 30),
  answeredModel(statuses['many-vms'], 100, 30),
].map(drawScreen)

describe('a terminal of the xterm family', () => {
  it('shows each screen, by differences and by repaints, and never scrolls', async () => {
    const terminal = new xterm.Terminal({ cols: 100, rows: 30, allowProposedApi: true })
    const painter = new Painter(linuxConsole, theme.body)
    await write(terminal, 'left over from the boot\r\n'.repeat(40))
    const scrolled = terminal.buffer.active.baseY
    for (const [index, screen] of [...frames, ...frames].entries()) {
      painter.want(screen)
      if (index === 3) painter.doubt(false)
      if (index === 6) painter.doubt(true)
      await write(terminal, painter.next())
      expect(linesOf(terminal).map((line) => line.trimEnd())).toEqual(screenText(screen))
      for (let row = 0; row < screen.rows; row++) {
        for (let column = 0; column < screen.columns; column++) {
          const style = screen.styles[row * screen.columns + column] ?? 0
          const [foreground, background, bold] = styleOf(terminal, column, row)
          const blank = screen.chars[row * screen.columns + column] === 0x20
          expect([background, ...(blank ? [] : [foreground, (bold ?? 0) > 0])]).toEqual([
            (style >> 3) & 7,
            ...(blank ? [] : [style & 7, (style & 0x40) !== 0]),
          ])
        }
      }
    }
    expect(terminal.buffer.active.baseY).toBe(scrolled)
  })

  it('answers a serial console’s question with its size', async () => {
    const terminal = new xterm.Terminal({ cols: 132, rows: 43, allowProposedApi: true })
    const answers: string[] = []
    terminal.onData((data) => answers.push(data))
    const painter = new Painter(serialTerminal, theme.body)
    painter.want(drawScreen(answeredModel(statuses.normal, 80, 24)))
    await write(terminal, painter.next())
    expect(answers).toEqual(['\x1b[43;132R'])
  })
})
