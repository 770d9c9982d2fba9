// How far the installation is, and what became of it.
import { installPath } from './install-draft.ts'
import { numberAt, textAt, valueAt } from './json.ts'
import { keyName, makePage, type Page, type PageModule, pop, stay } from './page.ts'
import { putParagraph, putProgress } from './surface.ts'
import { severityStyle, theme } from './theme.ts'

interface State {
  /** The latest answer. */
  readonly view: unknown
}

function stateOf({ view }: State): string {
  return textAt(view, 'state')
}

/** In words. */
function disksOf(view: unknown): string {
  const mirror = textAt(view, 'mirror')
  return `${textAt(view, 'device', 'a disk')}${mirror === '' ? '' : ` and ${mirror}`}`
}

function leave(how: 'restart' | 'power-off') {
  return { kind: 'request', id: 'leave', method: 'POST', path: `${installPath}/leave`, body: { how } } as const
}

const afterwards: Readonly<Record<string, string>> = {
  restart: 'The machine restarts in a moment.',
  'power-off': 'The machine powers off in a moment.',
}

/** Where the seed has asked for it, nobody has to press a key. */
function doneText(view: unknown): string {
  const then =
    textAt(view, 'mode') === 'seed' ? (afterwards[textAt(view, 'afterwards')] ?? '') : 'Take the medium out, then press Enter to restart.'
  return `Corbel is installed on ${disksOf(view)}. ${then}`
}

function failureText(view: unknown): string {
  const problem = valueAt(view, 'problem')
  const text = `${textAt(problem, 'field')} ${textAt(problem, 'message')}`.trim()
  return `Corbel was not installed: ${text} (${textAt(problem, 'code')})`
}

const module: PageModule<State> = {
  title: () => 'Installation',
  polls: () => [{ id: 'install', path: installPath, everyMs: 1000 }],
  reduce(state, event) {
    if (event.kind === 'answer') {
      return event.id === 'install' && event.answer.kind === 'answered' ? stay({ view: event.answer.body }) : stay(state)
    }
    const name = keyName(event)
    if (stateOf(state) === 'done')
      return stay(state, ...(name === 'enter' ? [leave('restart')] : name === 'f12' ? [leave('power-off')] : []))
    // While it is written there is nowhere to go.
    return stay(state, ...(name === 'escape' && stateOf(state) !== 'running' ? [pop] : []))
  },
  draw(state, screen, { rect }) {
    const { view } = state
    const area = { column: rect.column + 2, row: rect.row + 1, columns: rect.columns - 4, rows: 4 }
    const at = (row: number) => ({ ...area, row: area.row + row })
    switch (stateOf(state)) {
      case 'done':
        putParagraph(screen, area, doneText(view), theme.important)
        return
      case 'failed':
        putParagraph(screen, area, failureText(view), severityStyle('error'))
        putParagraph(screen, at(5), 'The disk is as it was, or does not start and can be installed on again.', theme.body)
        return
      case 'running':
        putParagraph(screen, area, `Corbel is being installed on ${disksOf(view)}. Do not switch the machine off.`, theme.body)
        putProgress(screen, { ...at(3), columns: Math.min(60, area.columns) }, numberAt(view, 'progress.percent') ?? 0, 100)
        putParagraph(screen, at(5), textAt(view, 'progress.step', 'Looking at the disks'), theme.value)
        return
      default:
        putParagraph(screen, area, 'Looking at the disks ...', theme.body)
    }
  },
  hints: (state) => (stateOf(state) === 'done' ? ['Enter Restart', 'F12 Power off'] : stateOf(state) === 'running' ? [] : ['Esc Back']),
}

export function installProgressPage(): Page {
  return makePage(module, { view: undefined })
}
