// What a change of the management network would change and do; F11 puts it in force, to be undone unless it is kept.
import { noticeOf, succeeded } from './answers.ts'
import { type Line, putLines, wrap } from './layout.ts'
import { changesInWords, stepInWords } from './network-words.ts'
import { keyName, makePage, type Page, type PageCommand, type PageModule, pop, stay } from './page.ts'
import { topAfter } from './scrolling.ts'
import { theme } from './theme.ts'

export const networkPath = '/v1/host/network'

interface Draft {
  readonly wanted: unknown
  readonly settings: unknown
  readonly steps: readonly unknown[]
  readonly etag: string | null
  /** In which it has to be kept. */
  readonly seconds: number
}

interface State {
  readonly draft: Draft
  readonly changes: readonly string[]
  readonly top: number
  readonly waiting: boolean
}

function linesOf({ draft, changes }: State, columns: number): readonly Line[] {
  const put = (text: string, style: number): readonly Line[] => wrap(text, columns - 2).map((line) => [{ text: line, style }])
  if (changes.length === 0) return put('Nothing is changed.', theme.value)
  return [
    ...put(`F11 puts it in force. After ${draft.seconds} s it is undone unless it is kept: here with F9, or over the network.`, theme.body),
    [],
    ...put('What changes', theme.label),
    ...changes.flatMap((change) => put(change, theme.value)),
    [],
    ...put('What is done', theme.label),
    ...draft.steps.flatMap(stepInWords).flatMap((step) => put(step, theme.body)),
  ]
}

function apply({ settings, etag, seconds }: Draft): PageCommand {
  const path = `${networkPath}?confirmWithinSeconds=${seconds}`
  return { kind: 'request', id: 'apply', method: 'PUT', path, body: settings, ...(etag === null ? {} : { ifMatch: etag }) }
}

const module: PageModule<State> = {
  title: () => 'Change the network',
  reduce(state, event, { rect }) {
    if (event.kind === 'answer') {
      const notice = noticeOf(event.answer, 'The network is being changed. Keep it with F9 once it works.')
      // The form closes too; one that was refused can be mended in it.
      return stay({ ...state, waiting: false }, { kind: 'pop', commands: succeeded(event.answer) ? [notice, pop] : [notice] })
    }
    const name = keyName(event)
    if (name === null || state.waiting) return stay(state)
    if (name === 'escape') return stay(state, pop)
    if (name === 'f11' && state.changes.length > 0) return stay({ ...state, waiting: true }, apply(state.draft))
    return stay({ ...state, top: topAfter(name, { top: state.top, rows: rect.rows, lines: linesOf(state, rect.columns).length }) })
  },
  draw(state, screen, { rect }) {
    putLines(screen, rect, linesOf(state, rect.columns).slice(state.top))
  },
  hints: ({ waiting, changes }) =>
    waiting ? ['Waiting for the host ...'] : [changes.length > 0 ? 'F11 Apply' : '', 'Up/Down Scroll', 'Esc Back'],
}

export function networkPreviewPage(draft: Draft): Page {
  return makePage(module, { draft, changes: changesInWords(draft.wanted, draft.settings), top: 0, waiting: false })
}
