// Tables for people: columns as wide as what is in them.
import { printable } from './printable.ts'

export interface Column<Row> {
  readonly title: string
  /** Null and undefined are shown as `-`. */
  readonly value: (row: Row) => string | number | boolean | null | undefined
  readonly align?: 'right'
}

export function renderTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ value }) => cell(value(row))))]
  return alignColumns(
    cells,
    columns.map(({ align }) => align ?? 'left'),
  )
}

/** Names and values, one pair a line. */
export function renderPairs(pairs: readonly (readonly [string, string])[]): string {
  return alignColumns(
    pairs.map((pair) => pair.map(printable)),
    ['left', 'left'],
  )
}

function cell(value: string | number | boolean | null | undefined): string {
  if (value === null || value === undefined || value === '') return '-'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  return printable(String(value))
}

function alignColumns(cells: readonly (readonly string[])[], aligns: readonly ('left' | 'right')[]): string {
  const widths = aligns.map((_, column) => Math.max(0, ...cells.map((row) => width(row[column] ?? ''))))
  const line = (row: readonly string[]) =>
    row
      .map((text, column) => {
        const gap = ' '.repeat((widths[column] ?? 0) - width(text))
        return aligns[column] === 'right' ? gap + text : text + gap
      })
      .join('  ')
      .trimEnd()
  return cells.map((row) => `${line(row)}\n`).join('')
}

function width(text: string): number {
  return [...text].length
}
