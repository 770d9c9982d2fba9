// A list to choose from: which item is selected, by its id, so that it stays selected whatever comes and goes. It scrolls by whole pages: a step costs two rows, not all.
import { fillSpan, putText, type Screen } from './cells.ts'
import type { Key } from './keys.ts'
import { type Line, padTo, putLine, type Rect } from './layout.ts'
import { theme } from './theme.ts'

export interface ListState {
  readonly selected: string | null
  /** Where it was last, for when it has gone. */
  readonly index: number
  /** Typed so far to find an item. */
  readonly find: string
}

export const emptyList: ListState = { selected: null, index: 0, find: '' }

/** Of the selected item; -1 in an empty list. */
export function selectedIndex(list: ListState, ids: readonly string[]): number {
  const found = list.selected === null ? -1 : ids.indexOf(list.selected)
  return found >= 0 ? found : Math.min(list.index, ids.length - 1)
}

export function selectAt(ids: readonly string[], index: number): ListState {
  const at = Math.max(0, Math.min(index, ids.length - 1))
  return { selected: ids[at] ?? null, index: at, find: '' }
}

function found(list: ListState, ids: readonly string[], labels: readonly string[], char: string): ListState {
  for (const find of [list.find + char.toLowerCase(), char.toLowerCase()]) {
    const index = labels.findIndex((label) => label.toLowerCase().startsWith(find))
    if (index >= 0) return { ...selectAt(ids, index), find }
  }
  return list
}

/** What a key does, null when it is none of a list's. With `labels`, typing finds the item that starts so. */
export function moveList(list: ListState, key: Key, ids: readonly string[], rows: number, labels?: readonly string[]): ListState | null {
  const at = selectedIndex(list, ids)
  if (key.kind === 'char') return labels === undefined ? null : found(list, ids, labels, key.char)
  if (key.kind !== 'named') return null
  switch (key.name) {
    case 'up':
      return selectAt(ids, at - 1)
    case 'down':
      return selectAt(ids, at + 1)
    case 'page-up':
      return selectAt(ids, at - rows)
    case 'page-down':
      return selectAt(ids, at + rows)
    case 'home':
      return selectAt(ids, 0)
    case 'end':
      return selectAt(ids, ids.length - 1)
    default:
      return null
  }
}

/** The first shown, of a list with this selection in so many rows. */
export function listTop(index: number, rows: number): number {
  return rows <= 0 ? 0 : Math.floor(Math.max(0, index) / rows) * rows
}

/** Draws the page of the list that holds the selection. `line` is given whether its item is selected. */
export function drawList(screen: Screen, rect: Rect, count: number, index: number, line: (at: number, selected: boolean) => Line): void {
  const top = listTop(index, rect.rows)
  for (let row = 0; row < rect.rows && top + row < count; row++) {
    const selected = top + row === index
    if (selected) fillSpan(screen, rect.column, rect.row + row, rect.columns, theme.selected)
    // A mark as well, for terminals without colours.
    putText(screen, rect.column, rect.row + row, selected ? '>' : ' ', selected ? theme.selected : theme.body)
    const spans = line(top + row, selected)
    const shown = selected ? spans.map(({ text }) => ({ text, style: theme.selected })) : spans
    putLine(screen, rect.column + 2, rect.row + row, shown, rect.columns - 2)
  }
}

/** `12–24 of 60` when not all are shown. */
export function listPosition(count: number, index: number, rows: number): string {
  if (count <= rows || rows <= 0) return ''
  const top = listTop(index, rows)
  return `${top + 1}-${Math.min(count, top + rows)} of ${count}`
}

export interface Column<Item> {
  readonly title: string
  /** Columns of the screen; 0 shares what is left. */
  readonly width: number
  readonly align?: 'right'
  text(item: Item): string
  style?(item: Item): number
}

function widthsOf<Item>(columns: readonly Column<Item>[], width: number): readonly number[] {
  const gaps = 2 * (columns.length - 1)
  const fixed = columns.reduce((sum, column) => sum + column.width, 0)
  const flexible = columns.filter((column) => column.width === 0).length
  const share = flexible === 0 ? 0 : Math.max(4, Math.floor((width - fixed - gaps) / flexible))
  return columns.map((column) => (column.width === 0 ? share : column.width))
}

function cellsOf<Item>(
  columns: readonly Column<Item>[],
  width: number,
  text: (column: Column<Item>) => string,
  style: (column: Column<Item>) => number,
): Line {
  const widths = widthsOf(columns, width)
  return columns.map((column, index) => {
    const room = widths[index] ?? 0
    return { text: padTo(text(column), room, column.align) + (index < columns.length - 1 ? '  ' : ''), style: style(column) }
  })
}

/** A list of rows under a heading; one row of `rect` goes to the heading. */
export function drawTable<Item>(screen: Screen, rect: Rect, columns: readonly Column<Item>[], items: readonly Item[], index: number): void {
  const width = rect.columns - 2
  const heading = cellsOf(
    columns,
    width,
    (column) => column.title,
    () => theme.label,
  )
  putLine(screen, rect.column + 2, rect.row, heading, width)
  const area = { ...rect, row: rect.row + 1, rows: rect.rows - 1 }
  drawList(screen, area, items.length, index, (at) => {
    const item = items[at]
    if (item === undefined) return []
    return cellsOf(
      columns,
      width,
      (column) => column.text(item),
      (column) => column.style?.(item) ?? theme.body,
    )
  })
}
