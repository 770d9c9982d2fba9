// Two screens → the shortest text that turns a terminal showing the one into showing the other; keeps no state.
//
// Only sequences that the Linux console and the VT220 family (xterm, serial terminals, BMC viewers) share: CUP, CUF, EL, ED, SGR, CR, LF
// and cursor visibility. Auto-wrap must be off, so that the last column and the last cell can be written. Every text starts by
// setting colours and position, as anything may have been printed since the last one.
// @source ECMA-48 §8.3; console_codes(4)
import { backgroundOf, blankChar, boldBit, foregroundOf, makeScreen, type Screen, type Style } from './cells.ts'
import { fillerChar } from './sanitize.ts'

/** `ascii` draws lines with `-|+`: on a serial line nobody can know what the far terminal takes, and one byte a cell is right on all of them. */
export type Charset = 'utf-8' | 'ascii'

const asciiForms: Readonly<Record<string, string>> = {
  '─': '-',
  '│': '|',
  '┌': '+',
  '┐': '+',
  '└': '+',
  '┘': '+',
  '█': '#',
  '▀': '"',
  '░': '.',
  '·': '.',
  '×': 'x',
}

function renderChar(char: number, charset: Charset): string {
  const text = String.fromCharCode(char)
  return charset === 'utf-8' || char < 0x80 ? text : (asciiForms[text] ?? '?')
}

function isGlyph(char: number): boolean {
  return String.fromCharCode(char) in asciiForms
}

/** Two blanks first: a terminal that takes it for narrow must not show what was there. */
function renderWide(char: number, column: number, row: number, charset: Charset): string {
  return charset === 'ascii' ? '??' : `  ${cursorTo(column, row)}${String.fromCharCode(char)}`
}

/** Where the terminal's pen is while a text is made; null where it cannot be known. */
interface Pen {
  column: number | null
  row: number
  style: Style | null
}

/** A space shows nothing but its background. */
function sameCell(a: Screen, b: Screen, index: number): boolean {
  if (a.chars[index] !== b.chars[index]) return false
  const styleA = a.styles[index] ?? 0
  const styleB = b.styles[index] ?? 0
  return styleA === styleB || (a.chars[index] === blankChar && backgroundOf(styleA) === backgroundOf(styleB))
}

/** SGR for the next character, and the pen's style after it. A space only needs the background. */
function renderStyle(pen: Pen, wanted: Style, char: number): string {
  const current = pen.style
  if (current === null) {
    pen.style = wanted
    return `\x1b[0;${(wanted & boldBit) !== 0 ? '1;' : ''}${30 + foregroundOf(wanted)};${40 + backgroundOf(wanted)}m`
  }
  const parameters: number[] = []
  let reached = current
  if (char !== blankChar) {
    if ((current & boldBit) !== (wanted & boldBit)) parameters.push((wanted & boldBit) !== 0 ? 1 : 22)
    if (foregroundOf(current) !== foregroundOf(wanted)) parameters.push(30 + foregroundOf(wanted))
    reached = (wanted & ~0x38) | (current & 0x38)
  }
  if (backgroundOf(current) !== backgroundOf(wanted)) {
    parameters.push(40 + backgroundOf(wanted))
    reached = (reached & ~0x38) | (wanted & 0x38)
  }
  pen.style = reached
  return parameters.length === 0 ? '' : `\x1b[${parameters.join(';')}m`
}

function cursorTo(column: number, row: number): string {
  if (column === 0) return row === 0 ? '\x1b[H' : `\x1b[${row + 1}H`
  return `\x1b[${row + 1};${column + 1}H`
}

function forward(count: number): string {
  return count === 0 ? '' : count === 1 ? '\x1b[C' : `\x1b[${count}C`
}

/** The cells between the pen and `column` as text, when that shows the same without a change of colours; else null. */
function retrace(pen: Pen, screen: Screen, column: number, row: number): string | null {
  if (pen.column === null || pen.row !== row || pen.style === null || column - pen.column > 4) return null
  let text = ''
  for (let at = pen.column; at < column; at++) {
    const index = row * screen.columns + at
    const char = screen.chars[index] ?? blankChar
    const cellStyle = screen.styles[index] ?? 0
    const same = char === blankChar ? backgroundOf(cellStyle) === backgroundOf(pen.style) : cellStyle === pen.style
    if (!same || char < 0x20 || char > 0x7e) return null
    text += String.fromCharCode(char)
  }
  return text
}

function renderMove(pen: Pen, screen: Screen, column: number, row: number): string {
  let best = cursorTo(column, row)
  const consider = (text: string | null) => {
    if (text !== null && text.length < best.length) best = text
  }
  if (pen.column !== null && pen.row === row) {
    if (pen.column === column) best = ''
    else if (pen.column < column) {
      consider(forward(column - pen.column))
      consider(retrace(pen, screen, column, row))
    }
  } else if (pen.column !== null && pen.row === row - 1) consider(`\r\n${forward(column)}`)
  pen.column = column
  pen.row = row
  return best
}

/** The column from which the row is blank in one background to its end; `columns` when its last cell is not blank. */
function blankTail(screen: Screen, row: number): number {
  const start = row * screen.columns
  const background = backgroundOf(screen.styles[start + screen.columns - 1] ?? 0)
  let column = screen.columns
  while (column > 0) {
    const index = start + column - 1
    if (screen.chars[index] !== blankChar || backgroundOf(screen.styles[index] ?? 0) !== background) break
    column--
  }
  return column
}

function renderRow(pen: Pen, before: Screen | null, after: Screen, row: number, charset: Charset): string {
  const start = row * after.columns
  const differs = (column: number) => before === null || !sameCell(before, after, start + column)
  let last = after.columns - 1
  while (last >= 0 && !differs(last)) last--
  const tail = blankTail(after, row)
  let text = ''
  for (let column = 0; column <= last; column++) {
    if (!differs(column)) continue
    const char = after.chars[start + column] ?? blankChar
    // Its wide character, beside it, differs as well.
    if (char === fillerChar) continue
    const wanted = after.styles[start + column] ?? 0
    text += renderMove(pen, after, column, row) + renderStyle(pen, wanted, char)
    if (column >= tail && last - column >= 3) return `${text}\x1b[K`
    const wide = after.chars[start + column + 1] === fillerChar && column + 1 < after.columns
    text += wide ? renderWide(char, column, row, charset) : renderChar(char, charset)
    if (wide || (char > 0xff && !isGlyph(char))) {
      // The terminal may be of another mind about its width.
      pen.column = null
      continue
    }
    // In the last column the terminal keeps the cursor where it is, or a wrap is pending.
    pen.column = column + 1 < after.columns ? column + 1 : null
  }
  return text
}

function renderCursor(before: Screen | null, after: Screen): string {
  if (after.cursor !== null) {
    const shown = before !== null && before.cursor !== null
    return `${cursorTo(after.cursor.column, after.cursor.row)}${shown ? '' : '\x1b[?25h'}`
  }
  return before === null || before.cursor !== null ? '\x1b[?25l' : ''
}

function sameCursor(a: Screen, b: Screen): boolean {
  if (a.cursor === null || b.cursor === null) return a.cursor === b.cursor
  return a.cursor.column === b.cursor.column && a.cursor.row === b.cursor.row
}

/**
 * What to send to a terminal that shows `before` so that it shows `after`; empty when nothing differs.
 * `before` null, or of another size, means that nothing is known of the terminal: every cell is written, without erasing first.
 */
export function renderDiff(before: Screen | null, after: Screen, charset: Charset): string {
  const known = before !== null && before.columns === after.columns && before.rows === after.rows ? before : null
  const pen: Pen = { column: null, row: 0, style: null }
  let cells = ''
  for (let row = 0; row < after.rows; row++) cells += renderRow(pen, known, after, row, charset)
  if (cells === '' && known !== null && sameCursor(known, after)) return ''
  return cells + renderCursor(known, after)
}

/** The same for a terminal of unknown content, erased first: fewest bytes, and nothing stays beyond the screen's edges. */
export function renderErased(after: Screen, fill: Style, charset: Charset): string {
  const pen: Pen = { column: null, row: 0, style: null }
  const blank = makeScreen(after.columns, after.rows, fill)
  return `${renderStyle(pen, fill, 0)}\x1b[2J${after.cursor === null ? '\x1b[?25l' : ''}${renderDiff(blank, after, charset)}`
}
