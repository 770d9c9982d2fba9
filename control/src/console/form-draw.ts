// How a form looks: label, value in brackets, what is wrong beside it. A password is never drawn, only how long it is.
import { putText, type Screen } from './cells.ts'
import type { Field, Form } from './form.ts'
import { clip, padTo, putLine, type Rect, widthOf } from './layout.ts'
import { severityStyle, theme } from './theme.ts'

export interface FieldLook {
  readonly labelColumns: number
  /** Of the value, without its brackets. */
  readonly valueColumns: number
}

function labelOfChoice(field: Field): string {
  return field.choices.find(({ value }) => value === field.value)?.label ?? field.value
}

/** What is shown of a text and where the cursor is in it: the part around the cursor when not all fits. */
function visible(value: string, at: number, width: number): { text: string; cursor: number } {
  const chars = [...value]
  const before = widthOf(chars.slice(0, at).join(''))
  if (before < width) return { text: clipped(value, width), cursor: before }
  let from = 0
  while (widthOf(chars.slice(from, at).join('')) > width - 1) from++
  const shown = chars.slice(from).join('')
  return { text: clipped(shown, width), cursor: widthOf(chars.slice(from, at).join('')) }
}

/** Without dots: they would look typed. */
function clipped(text: string, width: number): string {
  let shown = ''
  for (const char of text) {
    if (widthOf(shown + char) > width) break
    shown += char
  }
  return shown
}

/** One row. `at` is where the cursor is in it, or null while it is not in focus. */
export function drawField(screen: Screen, rect: Rect, field: Field, at: number | null, look: FieldLook): void {
  putText(screen, rect.column, rect.row, padTo(field.label, look.labelColumns), at === null ? theme.label : theme.important)
  const column = rect.column + look.labelColumns + 1
  const room = Math.max(4, Math.min(look.valueColumns, rect.columns - look.labelColumns - 2))
  const place = (cursor: number) => {
    if (at !== null) screen.cursor = { column: column + cursor, row: rect.row }
  }
  if (field.kind === 'checkbox') {
    putText(screen, column - 1, rect.row, '[ ]', theme.frame)
    putText(screen, column, rect.row, field.value === 'true' ? 'x' : ' ', theme.field)
    place(0)
    return
  }
  const open = field.kind === 'choice' ? '<' : '['
  const close = field.kind === 'choice' ? '>' : ']'
  // Brackets, for terminals without colours.
  putText(screen, column - 1, rect.row, `${open}${' '.repeat(room)}${close}`, theme.frame)
  const value =
    field.kind === 'password' ? '*'.repeat([...field.value].length) : field.kind === 'choice' ? labelOfChoice(field) : field.value
  const { text, cursor } = visible(value, field.kind === 'choice' ? 0 : (at ?? 0), room)
  putText(screen, column, rect.row, padTo(text, room), theme.field)
  place(cursor)
}

/** Rows that the form takes: one a field, and one more for each that is wrong. */
export function formRows(form: Form): number {
  return form.fields.length + form.fields.filter(({ error }) => error !== null).length
}

/** Draws the fields that fit, so that the one in focus is among them. */
export function drawForm(screen: Screen, rect: Rect, form: Form, active: boolean): void {
  const labelColumns = Math.max(8, ...form.fields.map(({ label }) => widthOf(label))) + 2
  const look = { labelColumns, valueColumns: Math.min(48, rect.columns - labelColumns - 2) }
  let from = 0
  const rowsTo = (first: number) => formRows({ ...form, fields: form.fields.slice(first, form.focus + 1) })
  while (from < form.focus && rowsTo(from) > rect.rows) from++
  let row = 0
  for (let index = from; index < form.fields.length && row < rect.rows; index++) {
    const field = form.fields[index]
    if (field === undefined) break
    drawField(screen, { ...rect, row: rect.row + row }, field, active && index === form.focus ? form.at : null, look)
    row++
    if (field.error === null || row >= rect.rows) continue
    const text = clip(field.error, rect.columns - labelColumns)
    putLine(screen, rect.column + labelColumns, rect.row + row, [{ text, style: severityStyle('error') }], rect.columns - labelColumns)
    row++
  }
}

/** The help of the field in focus. */
export function helpOf(form: Form): string {
  return form.fields[form.focus]?.help ?? ''
}
