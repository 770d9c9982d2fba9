// What a guest's serial port has painted, as a grid of its own: the operations that change it. A guest can reach nothing beyond this grid.
import { blankChar, boldBit, type Style, style } from './cells.ts'

/** Mutable, and owned by one terminal alone. */
export interface Grid {
  readonly columns: number
  readonly rows: number
  readonly chars: Uint16Array
  readonly styles: Uint8Array
  column: number
  row: number
  /** The last column was written: the next character begins a line. */
  wrapNext: boolean
  pen: Style
  reverse: boolean
  /** First and last row that scroll. */
  top: number
  bottom: number
}

export const plainPen = style('white', 'black')

export function makeGrid(columns: number, rows: number): Grid {
  return {
    columns,
    rows,
    chars: new Uint16Array(columns * rows).fill(blankChar),
    styles: new Uint8Array(columns * rows).fill(plainPen),
    ...{ column: 0, row: 0, wrapNext: false, pen: plainPen, reverse: false, top: 0, bottom: rows - 1 },
  }
}

export function copyGrid(grid: Grid): Grid {
  return { ...grid, chars: grid.chars.slice(), styles: grid.styles.slice() }
}

/** Colours swapped where they are to be. */
function penStyle({ pen, reverse }: Grid): Style {
  return reverse ? (pen & boldBit) | ((pen & 7) << 3) | ((pen >> 3) & 7) : pen
}

/** Blank cells have the pen's background and no weight. */
function blankStyle({ pen }: Grid): Style {
  return (pen & 0x38) | 7
}

export function moveTo(grid: Grid, column: number, row: number): void {
  grid.column = Math.max(0, Math.min(column, grid.columns - 1))
  grid.row = Math.max(0, Math.min(row, grid.rows - 1))
  grid.wrapNext = false
}

export function blank(grid: Grid, from: number, to: number): void {
  grid.chars.fill(blankChar, from, to)
  grid.styles.fill(blankStyle(grid), from, to)
}

/** Rows from `first` to `last` go up by `count` (down when it is negative); what comes in is blank. */
export function scroll(grid: Grid, first: number, last: number, count: number): void {
  const { columns } = grid
  const lines = Math.min(Math.abs(count), last - first + 1)
  if (lines <= 0) return
  const [start, end] = [first * columns, (last + 1) * columns]
  const by = lines * columns
  const [to, from, until] = count > 0 ? [start, start + by, end] : [start + by, start, end - by]
  grid.chars.copyWithin(to, from, until)
  grid.styles.copyWithin(to, from, until)
  if (count > 0) blank(grid, end - by, end)
  else blank(grid, start, start + by)
}

export function lineFeed(grid: Grid): void {
  if (grid.row === grid.bottom) scroll(grid, grid.top, grid.bottom, 1)
  else if (grid.row < grid.rows - 1) grid.row++
  grid.wrapNext = false
}

export function reverseLineFeed(grid: Grid): void {
  if (grid.row === grid.top) scroll(grid, grid.top, grid.bottom, -1)
  else if (grid.row > 0) grid.row--
  grid.wrapNext = false
}

export function put(grid: Grid, char: number): void {
  if (grid.wrapNext) {
    grid.column = 0
    lineFeed(grid)
  }
  const index = grid.row * grid.columns + grid.column
  grid.chars[index] = char
  grid.styles[index] = penStyle(grid)
  if (grid.column === grid.columns - 1) grid.wrapNext = true
  else grid.column++
}

/** Cells of the cursor's row from it on go right by `count`, or left when it is negative. */
export function shift(grid: Grid, count: number): void {
  const start = grid.row * grid.columns + grid.column
  const end = (grid.row + 1) * grid.columns
  const by = Math.min(Math.abs(count), end - start)
  const [to, from, until] = count > 0 ? [start + by, start, end - by] : [start, start + by, end]
  grid.chars.copyWithin(to, from, until)
  grid.styles.copyWithin(to, from, until)
  if (count > 0) blank(grid, start, start + by)
  else blank(grid, end - by, end)
  grid.wrapNext = false
}

/** `ESC[nJ`. */
export function eraseScreen(grid: Grid, what: number): void {
  const at = grid.row * grid.columns + grid.column
  if (what === 0) blank(grid, at, grid.chars.length)
  else if (what === 1) blank(grid, 0, at + 1)
  else if (what === 2) blank(grid, 0, grid.chars.length)
}

/** `ESC[nK`. */
export function eraseLine(grid: Grid, what: number): void {
  const start = grid.row * grid.columns
  const at = start + grid.column
  if (what === 0) blank(grid, at, start + grid.columns)
  else if (what === 1) blank(grid, start, at + 1)
  else if (what === 2) blank(grid, start, start + grid.columns)
}

/** `ESC[…m`: eight colours and bold, of more colours the nearest of these, reverse. */
export function select(grid: Grid, parameters: readonly number[]): void {
  for (let at = 0; at < parameters.length; at++) {
    const parameter = parameters[at] ?? 0
    if (parameter === 38 || parameter === 48) at += parameters[at + 1] === 5 ? 2 : parameters[at + 1] === 2 ? 4 : 0
    else selectOne(grid, parameter)
  }
}

function selectOne(grid: Grid, parameter: number): void {
  const foreground = (colour: number) => {
    grid.pen = (grid.pen & ~7) | colour
  }
  const background = (colour: number) => {
    grid.pen = (grid.pen & ~0x38) | (colour << 3)
  }
  if (parameter === 0) {
    grid.pen = plainPen
    grid.reverse = false
  } else if (parameter === 1) grid.pen |= boldBit
  else if (parameter === 22) grid.pen &= ~boldBit
  else if (parameter === 7) grid.reverse = true
  else if (parameter === 27) grid.reverse = false
  else if (parameter >= 30 && parameter <= 37) foreground(parameter - 30)
  else if (parameter === 39) foreground(7)
  else if (parameter >= 40 && parameter <= 47) background(parameter - 40)
  else if (parameter === 49) background(0)
  else if (parameter >= 90 && parameter <= 97) foreground(parameter - 90)
  else if (parameter >= 100 && parameter <= 107) background(parameter - 100)
}
