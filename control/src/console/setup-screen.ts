// The screen that asks for the first password: model → blocks; a password is never drawn, only how long it is.
import type { Model } from './app.ts'
import { putText, type Screen } from './cells.ts'
import type { Field } from './form.ts'
import { type Block, inside, putBox, putLine, type Ranked, type Rect } from './layout.ts'
import { passwordRule, type SetupForm } from './setup-form.ts'
import { accessBlock, healthBlock, seedBlock } from './status-blocks.ts'
import { severityStyle, theme } from './theme.ts'

const labelColumns = 12

function drawField(screen: Screen, rect: Rect, field: Field, focused: boolean): void {
  putText(screen, rect.column, rect.row, field.label, theme.label)
  const width = Math.min(48, rect.columns - labelColumns - 2)
  const stars = '*'.repeat([...field.value].length)
  // The end of what is typed stays visible, with a column for the cursor.
  const shown = stars.slice(Math.max(0, stars.length - (width - 1)))
  // Brackets, for terminals without colours.
  putText(screen, rect.column + labelColumns, rect.row, `[${' '.repeat(width)}]`, theme.frame)
  const column = rect.column + labelColumns + 1
  putText(screen, column, rect.row, shown.padEnd(width), theme.field)
  if (focused) screen.cursor = { column: column + shown.length, row: rect.row }
}

function messageOf(setup: SetupForm): { text: string; style: number } {
  if (setup.sent) return { text: 'Setting the password ...', style: theme.value }
  return { text: setup.error ?? '', style: severityStyle('error') }
}

function formBlock(setup: SetupForm): Block {
  return {
    minRows: 8,
    wantedRows: 9,
    draw(screen, rect) {
      putBox(screen, rect, "Set the administrator's password", theme.frame, theme.frameTitle)
      const area = inside(rect, 3, 1)
      const text = (row: number, line: string, style: number) =>
        putLine(screen, area.column, area.row + row, [{ text: line, style }], area.columns)
      text(0, 'This host lets nobody in over the network before it has a password.', theme.body)
      for (const [index, field] of setup.form.fields.entries()) {
        drawField(screen, { ...area, row: area.row + 2 + index }, field, index === setup.form.focus && !setup.sent)
      }
      const spare = rect.rows >= 9 ? 1 : 0
      text(4 + spare, passwordRule, theme.body)
      const { text: message, style } = messageOf(setup)
      text(5 + spare, message, style)
    },
  }
}

/** From top to bottom: the form, then what is wrong, then where the host will be found. */
export function setupBlocks(model: Model, setup: SetupForm, columns: number): Ranked[] {
  const health: Ranked = { block: healthBlock(model, columns), rank: 1 }
  const status = model.status
  const seed = status === null ? null : seedBlock(status)
  return [
    { block: formBlock(setup), rank: 0 },
    ...(seed === null ? [] : [{ block: seed, rank: 2 }]),
    health,
    ...(status === null ? [] : [{ block: accessBlock(status, columns), rank: 3 }]),
  ]
}
