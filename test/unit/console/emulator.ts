// A terminal with just the sequences that the console may send; any other one throws. For tests of what reaches the screen.
import { makeScreen, type Screen } from '../../../control/src/console/cells.ts'
import { fillerChar, isWide } from '../../../control/src/console/sanitize.ts'

export interface Terminal {
  readonly screen: Screen
  column: number
  row: number
  style: number
  cursorShown: boolean
}

export function makeTerminal(columns: number, rows: number): Terminal {
  const screen = makeScreen(columns, rows, 0)
  // Nothing that the console draws, so that what it leaves out shows.
  screen.chars.fill(0x7e)
  return { screen, column: 0, row: 0, style: 0, cursorShown: true }
}

function select(terminal: Terminal, parameters: readonly number[]): void {
  for (const parameter of parameters) {
    const style = terminal.style
    if (parameter === 0) terminal.style = 7
    else if (parameter === 1) terminal.style = style | 0x40
    else if (parameter === 22) terminal.style = style & ~0x40
    else if (parameter >= 30 && parameter <= 37) terminal.style = (style & ~7) | (parameter - 30)
    else if (parameter >= 40 && parameter <= 47) terminal.style = (style & ~0x38) | ((parameter - 40) << 3)
    else throw new Error(`SGR ${parameter}`)
  }
}

function erase(terminal: Terminal, from: number, to: number): void {
  terminal.screen.chars.fill(0x20, from, to)
  terminal.screen.styles.fill(terminal.style, from, to)
}

function obey(terminal: Terminal, parameters: string, final: string): void {
  const { columns, rows } = terminal.screen
  const numbers = parameters === '' ? [] : parameters.split(';').map(Number)
  const start = terminal.row * columns
  if (final === 'm') select(terminal, numbers)
  else if (final === 'H') {
    terminal.row = Math.min(rows, numbers[0] ?? 1) - 1
    terminal.column = Math.min(columns, numbers[1] ?? 1) - 1
  } else if (final === 'C') terminal.column = Math.min(columns - 1, terminal.column + (numbers[0] ?? 1))
  else if (final === 'K' && parameters === '') erase(terminal, start + terminal.column, start + columns)
  else if (final === 'J' && parameters === '2') erase(terminal, 0, columns * rows)
  else if (final === 'h' && parameters === '?25') terminal.cursorShown = true
  else if (final === 'l' && parameters === '?25') terminal.cursorShown = false
  else throw new Error(`CSI ${parameters} ${final}`)
}

/** What the terminal shows after `text`, auto-wrap being off. */
export function feed(terminal: Terminal, text: string): void {
  const { screen } = terminal
  let rest = text
  while (rest !== '') {
    const sequence = /^\x1b\[([?0-9;]*)([A-Za-z])/.exec(rest)
    if (sequence !== null) {
      obey(terminal, sequence[1] ?? '', sequence[2] ?? '')
      rest = rest.slice(sequence[0].length)
      continue
    }
    const char = rest.charCodeAt(0)
    rest = rest.slice(1)
    if (char === 0x0d) terminal.column = 0
    else if (char === 0x0a) {
      if (terminal.row === screen.rows - 1) throw new Error('the screen scrolled')
      terminal.row++
    } else if (char < 0x20 || (char >= 0x7f && char <= 0x9f)) throw new Error(`control ${char}`)
    else {
      const index = terminal.row * screen.columns + terminal.column
      screen.chars[index] = char
      screen.styles[index] = terminal.style
      const wide = isWide(char)
      if (wide) {
        screen.chars[index + 1] = fillerChar
        screen.styles[index + 1] = terminal.style
      }
      terminal.column = Math.min(screen.columns - 1, terminal.column + (wide ? 2 : 1))
    }
  }
}

/** Cells as comparable text: a space shows only its background. */
export function cellsOf(screen: Screen): string[] {
  return Array.from(screen.chars, (char, index) => {
    const style = screen.styles[index] ?? 0
    return `${String.fromCharCode(char)}/${char === 0x20 ? style & 0x38 : style}`
  })
}
