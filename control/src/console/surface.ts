// Small things that pages draw: room for a box, a paragraph, a bar of progress.
import { fillSpan, glyphs, putGlyphs, type Screen, type Style } from './cells.ts'
import { percentOf } from './format.ts'
import { putLine, type Rect, wrap } from './layout.ts'
import { theme } from './theme.ts'

/** The area of a box, and a column more on each side, so that it stands clear of what is beneath. */
export function clearBehind(screen: Screen, box: Rect, style: Style): void {
  for (let row = box.row; row < box.row + box.rows; row++) fillSpan(screen, box.column - 1, row, box.columns + 2, style)
}

/** Wrapped; returns the rows taken. */
export function putParagraph(screen: Screen, rect: Rect, text: string, style: Style): number {
  const lines = wrap(text, rect.columns).slice(0, rect.rows)
  for (const [index, line] of lines.entries()) putLine(screen, rect.column, rect.row + index, [{ text: line, style }], rect.columns)
  return lines.length
}

/** A bar and its percent in one row; `rect.columns` for both. */
export function putProgress(screen: Screen, rect: Rect, done: number, whole: number): void {
  const percent = percentOf(done, whole)
  const columns = Math.max(1, rect.columns - 6)
  const full = Math.round((percent / 100) * columns)
  putGlyphs(screen, rect.column, rect.row, glyphs.full, full, theme.gauge)
  putGlyphs(screen, rect.column + full, rect.row, glyphs.shade, columns - full, theme.gauge)
  putLine(screen, rect.column + columns + 1, rect.row, [{ text: `${String(percent).padStart(3)} %`, style: theme.body }], 5)
}
