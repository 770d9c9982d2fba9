// The screen as a grid of cells, one character with its colours each; never knows of a terminal.
import { cutColumns, displayable, fillerChar } from './sanitize.ts'

export type Colour = 'black' | 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan' | 'white'

/** In the order of SGR 30 to 37 and 40 to 47. */
const colours: readonly Colour[] = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white']

/** Colours and weight of a cell in 7 bits: 0–2 foreground, 3–5 background, 6 bold. */
export type Style = number

export const boldBit = 0x40

export function style(foreground: Colour, background: Colour, bold = false): Style {
  return colours.indexOf(foreground) | (colours.indexOf(background) << 3) | (bold ? boldBit : 0)
}

/** 0 to 7. */
export function foregroundOf(cellStyle: Style): number {
  return cellStyle & 7
}

/** 0 to 7. */
export function backgroundOf(cellStyle: Style): number {
  return (cellStyle >> 3) & 7
}

export interface Position {
  readonly column: number
  readonly row: number
}

/** `chars` and `styles` go row by row; each char is one UTF-16 unit that takes one column; a wide one has {@link fillerChar} in the next. `cursor` is where the terminal's cursor shows, or null. */
export interface Screen {
  readonly columns: number
  readonly rows: number
  readonly chars: Uint16Array
  readonly styles: Uint8Array
  cursor: Position | null
}

export const blankChar = 0x20

export function makeScreen(columns: number, rows: number, fill: Style): Screen {
  const chars = new Uint16Array(columns * rows).fill(blankChar)
  const styles = new Uint8Array(columns * rows).fill(fill)
  return { columns, rows, chars, styles, cursor: null }
}

/** The drawing characters that have a glyph in the kernel's console fonts; text from elsewhere never holds them. */
export const glyphs = {
  horizontal: '─',
  vertical: '│',
  topLeft: '┌',
  topRight: '┐',
  bottomLeft: '└',
  bottomRight: '┘',
  full: '█',
  upperHalf: '▀',
  shade: '░',
} as const
export type Glyph = (typeof glyphs)[keyof typeof glyphs]

function put(screen: Screen, column: number, row: number, char: number, cellStyle: Style): void {
  if (column < 0 || row < 0 || column >= screen.columns || row >= screen.rows) return
  const index = row * screen.columns + column
  // Of a wide character that is written over in part, nothing is left.
  if (screen.chars[index] === fillerChar && char !== fillerChar) screen.chars[index - 1] = blankChar
  if (column + 1 < screen.columns && screen.chars[index + 1] === fillerChar) screen.chars[index + 1] = blankChar
  screen.chars[index] = char
  screen.styles[index] = cellStyle
}

/** Writes one line, cut at `maxWidth` and at the edges. Whatever the text holds, only displayable characters get into cells. Returns the columns taken. */
export function putText(screen: Screen, column: number, row: number, text: string, cellStyle: Style, maxWidth = screen.columns): number {
  const line = cutColumns(displayable(text), Math.min(maxWidth, screen.columns - column))
  for (let i = 0; i < line.length; i++) put(screen, column + i, row, line.charCodeAt(i), cellStyle)
  return line.length
}

/** Repeats one drawing character to the right. */
export function putGlyphs(screen: Screen, column: number, row: number, glyph: Glyph, count: number, cellStyle: Style): void {
  for (let i = 0; i < count; i++) put(screen, column + i, row, glyph.charCodeAt(0), cellStyle)
}

export function fillSpan(screen: Screen, column: number, row: number, columns: number, cellStyle: Style): void {
  for (let at = column; at < column + columns; at++) put(screen, at, row, blankChar, cellStyle)
}

export function fillRow(screen: Screen, row: number, cellStyle: Style): void {
  fillSpan(screen, 0, row, screen.columns, cellStyle)
}

/** The characters alone, without spaces at line ends; for tests and for dumps. */
export function screenText(screen: Screen): string[] {
  const lines: string[] = []
  for (let row = 0; row < screen.rows; row++) {
    const units = screen.chars.subarray(row * screen.columns, (row + 1) * screen.columns)
    lines.push(String.fromCharCode(...units.filter((unit) => unit !== fillerChar)).trimEnd())
  }
  return lines
}
