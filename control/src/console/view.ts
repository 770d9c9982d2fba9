// Model → the whole screen: title bar, the blocks of the screen that is on, bottom bar with the keys that work.
import type { Model } from './app.ts'
import { fillRow, makeScreen, putText, type Screen } from './cells.ts'
import { formatTime } from './format.ts'
import { centred, clip, putBlocks } from './layout.ts'
import { setupBlocks } from './setup-screen.ts'
import { statusBlocks } from './status-screen.ts'
import { theme } from './theme.ts'

/** Terminals of 24 rows are as common as the 25 of the text mode, so 24 are enough. */
const smallest = { columns: 80, rows: 24 }

/** Wider lines are hard to read. */
const contentColumns = 126

function drawBar(screen: Screen, row: number, left: string, right: string, leftStyle: number): void {
  fillRow(screen, row, theme.bar)
  const shown = clip(right, screen.columns - 4)
  putText(screen, screen.columns - shown.length - 2, row, shown, theme.bar)
  putText(screen, 2, row, clip(left, screen.columns - shown.length - 6), leftStyle)
}

/** The keys that do something on this screen, the most useful first; those without room are left out. */
function hints(model: Model, columns: number): string {
  const all = model.setup === null ? ['F5 Redraw'] : ['Enter Accept', 'Tab Next field', 'Esc Clear', 'F5 Redraw']
  let line = ''
  for (const hint of all) {
    const longer = line === '' ? hint : `${line}   ${hint}`
    if (longer.length <= columns) line = longer
  }
  return line
}

function clock(model: Model): string {
  if (model.status === null) return ''
  const time = formatTime(model.status.time)
  return model.service === 'answering' ? time : `last answer ${time}`
}

function drawTooSmall(screen: Screen): Screen {
  const message = `This screen needs ${smallest.columns} columns and ${smallest.rows} rows; this one has ${screen.columns} and ${screen.rows}.`
  putText(screen, 0, 0, clip(message, screen.columns), theme.body)
  return screen
}

export function drawScreen(model: Model): Screen {
  const screen = makeScreen(model.columns, model.rows, theme.body)
  if (model.columns < smallest.columns || model.rows < smallest.rows) return drawTooSmall(screen)
  const status = model.status
  drawBar(screen, 0, status === null ? 'Corbel' : `${status.product} ${status.version}`, status?.hostname ?? '', theme.barStrong)
  const rect = centred(screen, Math.min(contentColumns, screen.columns - 4), 2, screen.rows - 4)
  putBlocks(screen, rect, model.setup === null ? statusBlocks(model, rect.columns) : setupBlocks(model, model.setup, rect.columns))
  const time = clock(model)
  drawBar(screen, screen.rows - 1, hints(model, screen.columns - time.length - 6), time, theme.bar)
  return screen
}
