// Where things go: lines of coloured spans, boxes, sharing out rows, cutting and wrapping text. Pure; knows no screen in particular.
import { glyphs, putGlyphs, putText, type Screen, type Style } from './cells.ts'
import { cutColumns, displayable } from './sanitize.ts'

/** Wider lines are hard to read. */
export const columnsOfContent = 126

export interface Rect {
  readonly column: number
  readonly row: number
  readonly columns: number
  readonly rows: number
}

export interface Span {
  readonly text: string
  readonly style: Style
}

/** One row of text. */
export type Line = readonly Span[]

/** Something that can be shown in as few as `minRows` rows and gains by up to `wantedRows`; `draw` stays inside its rectangle. */
export interface Block {
  readonly minRows: number
  readonly wantedRows: number
  draw(screen: Screen, rect: Rect): void
}

/** A block, and how much it matters: 0 gets its rows first. */
export interface Ranked {
  readonly block: Block
  readonly rank: number
}

/** Cut to `width` columns, with `...` in place of what is missing where there is room for that. */
export function clip(text: string, width: number): string {
  const line = displayable(text)
  if (line.length <= width) return line
  return width > 3 ? `${cutColumns(line, width - 3)}...` : cutColumns(line, width)
}

/** Columns that a text takes. */
export function widthOf(text: string): number {
  return displayable(text).length
}

/** Cut or filled up with spaces to exactly `width` columns. */
export function padTo(text: string, width: number, align?: 'right'): string {
  const shown = clip(text, width)
  const spaces = ' '.repeat(Math.max(0, width - widthOf(shown)))
  return align === 'right' ? spaces + shown : shown + spaces
}

/** Lines of at most `width` columns, broken at spaces, or inside a word that is longer than a line. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of displayable(text).split(' ')) {
    let rest = word
    if (line !== '' && line.length + 1 + rest.length > width) {
      lines.push(line)
      line = ''
    }
    while (rest.length > width) {
      const part = cutColumns(rest, width)
      // A wide character that does not fit begins the next line.
      const taken = part.endsWith(' ') && width > 1 ? width - 1 : width
      lines.push(part)
      rest = rest.slice(taken)
    }
    line = line === '' ? rest : `${line} ${rest}`
  }
  return line === '' ? lines : [...lines, line]
}

/** Of many lines the first that fit; the last one then says how many are missing. */
export function bounded(lines: readonly Line[], rows: number, more: (missing: number) => Line): readonly Line[] {
  if (lines.length <= rows) return lines
  if (rows <= 0) return []
  return [...lines.slice(0, rows - 1), more(lines.length - rows + 1)]
}

/**
 * Rows for each block, in order of importance: first everyone's minimum as long as there is room, then row by row, everyone in turn,
 * up to what is wanted. A block whose minimum has no room gets none.
 */
export function shareRows(available: number, blocks: readonly Pick<Block, 'minRows' | 'wantedRows'>[]): number[] {
  let left = available
  const rows = blocks.map((block) => {
    if (block.minRows > left) return 0
    left -= block.minRows
    return block.minRows
  })
  let given = true
  while (left > 0 && given) {
    given = false
    for (const [index, block] of blocks.entries()) {
      const has = rows[index] ?? 0
      if (left === 0 || has >= block.wantedRows || has < block.minRows) continue
      rows[index] = has + 1
      left--
      given = true
    }
  }
  return rows
}

/** Draws blocks from top to bottom, with an empty row between them as far as there are rows for that; one without room is left out. */
export function putBlocks(screen: Screen, rect: Rect, ranked: readonly Ranked[]): void {
  const order = ranked.map((_, index) => index).sort((a, b) => (ranked[a]?.rank ?? 0) - (ranked[b]?.rank ?? 0))
  const minimum = ranked.reduce((sum, { block }) => sum + block.minRows, 0)
  let gaps = Math.max(0, Math.min(ranked.length - 1, rect.rows - minimum))
  const shares = shareRows(
    rect.rows - gaps,
    order.flatMap((index) => ranked[index]?.block ?? []),
  )
  let row = rect.row
  for (const [index, { block }] of ranked.entries()) {
    const rows = shares[order.indexOf(index)] ?? 0
    if (rows === 0) continue
    block.draw(screen, { ...rect, row, rows })
    row += rows
    if (gaps > 0) row++
    gaps--
  }
}

export function inside(rect: Rect, columns: number, rows: number): Rect {
  return {
    column: rect.column + columns,
    row: rect.row + rows,
    columns: Math.max(0, rect.columns - 2 * columns),
    rows: Math.max(0, rect.rows - 2 * rows),
  }
}

/** Writes spans one after the other, cut at `maxWidth`. */
export function putLine(screen: Screen, column: number, row: number, line: Line, maxWidth: number): void {
  let at = 0
  for (const span of line) at += putText(screen, column + at, row, clip(span.text, maxWidth - at), span.style, maxWidth - at)
}

export function putLines(screen: Screen, rect: Rect, lines: readonly Line[]): void {
  for (const [index, line] of lines.slice(0, rect.rows).entries()) putLine(screen, rect.column, rect.row + index, line, rect.columns)
}

/** A frame with a title in its upper edge. */
export function putBox(screen: Screen, rect: Rect, title: string, frame: Style, titleStyle: Style): void {
  const { column, row, columns, rows } = rect
  const right = column + columns - 1
  const bottom = row + rows - 1
  putGlyphs(screen, column, row, glyphs.horizontal, columns, frame)
  putGlyphs(screen, column, bottom, glyphs.horizontal, columns, frame)
  for (let at = row + 1; at < bottom; at++) {
    putGlyphs(screen, column, at, glyphs.vertical, 1, frame)
    putGlyphs(screen, right, at, glyphs.vertical, 1, frame)
  }
  putGlyphs(screen, column, row, glyphs.topLeft, 1, frame)
  putGlyphs(screen, right, row, glyphs.topRight, 1, frame)
  putGlyphs(screen, column, bottom, glyphs.bottomLeft, 1, frame)
  putGlyphs(screen, right, bottom, glyphs.bottomRight, 1, frame)
  if (title !== '') putText(screen, column + 2, row, ` ${clip(title, columns - 6)} `, titleStyle)
}
