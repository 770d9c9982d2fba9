// The screen that asks for the first password: model → blocks; a password is never drawn, only how long it is.
import type { Model } from './app.ts'
import { drawField } from './form-draw.ts'
import { type Block, inside, putBox, putLine, type Ranked } from './layout.ts'
import { passwordRule, type SetupForm } from './setup-form.ts'
import { accessBlock, healthBlock, seedBlock } from './status-blocks.ts'
import { severityStyle, theme } from './theme.ts'

const look = { labelColumns: 12, valueColumns: 48 }

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
        const at = index === setup.form.focus && !setup.sent ? setup.form.at : null
        drawField(screen, { ...area, row: area.row + 2 + index }, field, at, look)
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
  const seed = status === null ? null : seedBlock(status, columns)
  return [
    { block: formBlock(setup), rank: 0 },
    ...(seed === null ? [] : [{ block: seed, rank: 2 }]),
    health,
    ...(status === null ? [] : [{ block: accessBlock(status, columns), rank: 3 }]),
  ]
}
