// Model → the whole screen: title bar, the status screen or the page on top, a notice, bottom bar with the keys that work.
import { fillRow, makeScreen, putText, type Screen } from './cells.ts'
import { toHighContrast } from './contrast.ts'
import { formatTime } from './format.ts'
import { clip, padTo, putBlocks, putLine, widthOf } from './layout.ts'
import { contentRect, contextOf, type Model } from './model.ts'
import { drawNetworkBanner } from './network-banner.ts'
import { setupBlocks } from './setup-screen.ts'
import { statusBlocks } from './status-screen.ts'
import { severityStyle, severityWord, theme } from './theme.ts'

/** Terminals of 24 rows are as common as the 25 of the text mode, so 24 are enough. */
const smallest = { columns: 80, rows: 24 }

function drawBar(screen: Screen, row: number, left: string, right: string, leftStyle: number): void {
  fillRow(screen, row, theme.bar)
  const shown = clip(right, screen.columns - 4)
  putText(screen, screen.columns - widthOf(shown) - 2, row, shown, theme.bar)
  putText(screen, 2, row, clip(left, screen.columns - widthOf(shown) - 6), leftStyle)
}

function hintsOf(model: Model): readonly string[] {
  const top = model.stack.at(-1)
  if (top !== undefined) {
    const own = top.page.hints(contextOf(model))
    return top.page.grabsKeys ? own : [...own, 'F1 Keys']
  }
  if (model.setup !== null) return ['Enter Accept', 'Tab Next field', 'Esc Clear', 'F5 Redraw']
  const mode = model.status?.lockdown.mode ?? 'normal'
  return ['F2 Customize', 'F12 Power', ...(mode === 'normal' ? [] : ['F8 Recovery code']), 'F1 Keys', 'F3 Certificate']
}

/** Closer together where not all have room; what has none then is left out, the way back last. */
function hintLine(all: readonly string[], columns: number): string {
  const hints = all.filter((hint) => hint !== '')
  const wide = hints.join('   ')
  if (wide.length <= columns) return wide
  const wayBack = (hint: string) => hint.startsWith('Esc ')
  const shown = new Set<string>()
  const line = () => hints.filter((hint) => shown.has(hint)).join('  ')
  for (const hint of [...hints.filter(wayBack), ...hints.filter((one) => !wayBack(one))]) {
    shown.add(hint)
    if (line().length > columns) shown.delete(hint)
  }
  return line()
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

function drawTitle(screen: Screen, model: Model): void {
  const { status, session } = model
  const product = status === null ? 'Corbel' : `${status.product} ${status.version}`
  const base = model.stack.findLast(({ page }) => !page.overlay)
  const host = status?.hostname ?? ''
  const right = session === null ? host : `${session.user}@${host}`
  drawBar(screen, 0, base === undefined ? product : `${product}   ${base.page.title}`, right, theme.barStrong)
}

/** The page on top, over those that it leaves visible; the status screen where there is none. */
function drawContent(screen: Screen, model: Model): void {
  const from = model.stack.findLastIndex(({ page }) => !page.overlay)
  if (from < 0) {
    const rect = contentRect(model)
    putBlocks(screen, rect, model.setup === null ? statusBlocks(model, rect.columns) : setupBlocks(model, model.setup, rect.columns))
  }
  for (const { page } of model.stack.slice(Math.max(0, from))) {
    screen.cursor = null
    page.draw(screen, contextOf(model))
  }
}

function drawNotice(screen: Screen, model: Model): void {
  // With pages above it, the status screen's own sentence about this is not seen.
  const away = model.service === 'away' && model.stack.length > 0
  const notice = away ? { severity: 'error' as const, text: 'The management service does not answer.' } : model.notice
  if (notice === null) return
  const { column, columns } = contentRect(model)
  const word = notice.severity === 'info' ? '' : `${severityWord(notice.severity)}  `
  const text = padTo(notice.text, columns - word.length)
  putLine(screen, column, screen.rows - 2, [{ text: word + text, style: severityStyle(notice.severity) }], columns)
}

export function drawScreen(model: Model): Screen {
  const screen = makeScreen(model.columns, model.rows, theme.body)
  if (model.columns < smallest.columns || model.rows < smallest.rows) return drawTooSmall(screen)
  drawTitle(screen, model)
  drawContent(screen, model)
  drawNetworkBanner(screen, model)
  drawNotice(screen, model)
  const time = clock(model)
  drawBar(screen, screen.rows - 1, hintLine(hintsOf(model), screen.columns - time.length - 6), time, theme.bar)
  if (model.highContrast) toHighContrast(screen)
  return screen
}
