// What putting a generation back would do; F11 does it.
import { noticeOf, refusalOf, succeeded } from './answers.ts'
import { generationsPath, objectLines } from './configuration-page.ts'
import { listAt } from './json.ts'
import { type Line, putLines, wrap } from './layout.ts'
import { keyName, makePage, type Page, type PageCommand, type PageModule, pop, stay } from './page.ts'
import { topAfter } from './scrolling.ts'
import { theme } from './theme.ts'

interface State {
  readonly number: string
  /** Null before the answer. */
  readonly steps: readonly unknown[] | null
  readonly refusal: string | null
  readonly top: number
  readonly waiting: boolean
}

function ask(number: string, dryRun: boolean): PageCommand {
  const path = `${generationsPath}/${number}/restore${dryRun ? '?dryRun=true' : ''}`
  return { kind: 'request', id: dryRun ? 'plan' : 'restore', method: 'POST', path, body: {} }
}

function linesOf({ number, steps, refusal }: State, columns: number): readonly Line[] {
  const put = (text: string, style: number): readonly Line[] => wrap(text, columns).map((line) => [{ text: line, style }])
  if (refusal !== null) return put(refusal, theme.value)
  if (steps === null) return put('Waiting for the host ...', theme.body)
  const effect = `F11 puts the configuration back as it was in generation ${number}. VMs that run go on; no file is deleted. It is a change that can be undone in turn.`
  return [...put(effect, theme.body), [], ...steps.flatMap((step) => objectLines(step, columns))]
}

const module: PageModule<State> = {
  title: ({ number }) => `Restore generation ${number}`,
  reduce(state, event, { rect }) {
    if (event.kind === 'opened') return stay(state, ask(state.number, true))
    if (event.kind === 'answer' && event.id === 'plan') {
      if (!succeeded(event.answer)) return stay({ ...state, refusal: refusalOf(event.answer) })
      return stay({ ...state, steps: event.answer.kind === 'answered' ? listAt(event.answer.body, 'steps') : [] })
    }
    if (event.kind === 'answer') {
      const notice = noticeOf(event.answer, `The configuration is as it was in generation ${state.number}.`)
      return stay({ ...state, waiting: false }, notice, ...(succeeded(event.answer) ? [pop] : []))
    }
    const name = keyName(event)
    if (name === null || state.waiting) return stay(state)
    if (name === 'escape') return stay(state, pop)
    if (name === 'f11' && state.steps !== null) return stay({ ...state, waiting: true }, ask(state.number, false))
    return stay({ ...state, top: topAfter(name, { top: state.top, rows: rect.rows, lines: linesOf(state, rect.columns).length }) })
  },
  draw(state, screen, { rect }) {
    putLines(screen, rect, linesOf(state, rect.columns).slice(state.top))
  },
  hints: ({ waiting, steps }) =>
    waiting ? ['Waiting for the host ...'] : [steps === null ? '' : 'F11 Restore', 'Up/Down Scroll', 'Esc Back'],
}

export function restorePage(number: string): Page {
  return makePage(module, { number, steps: null, refusal: null, top: 0, waiting: false })
}
