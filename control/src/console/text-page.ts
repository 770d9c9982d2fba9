// Makes a page of lines to read: scrolled by keys, searched with `/`, polled where it changes. A page that follows stays at its end until it is scrolled away.
import { noticeOf, refusalOf, succeeded } from './answers.ts'
import { putText, type Screen } from './cells.ts'
import type { KeyName } from './keys.ts'
import { type Line, putLine } from './layout.ts'
import {
  type Context,
  keyName,
  makePage,
  type Page,
  type PageCommand,
  type PageEvent,
  type PageModule,
  type PageStep,
  pop,
  stay,
} from './page.ts'
import { topAfter } from './scrolling.ts'
import { may } from './session.ts'
import { severityStyle, theme } from './theme.ts'

export interface TextKey {
  readonly key: KeyName
  readonly hint: string
  readonly permission?: string
  when?(body: unknown): boolean
  run(body: unknown, context: Context): readonly PageCommand[]
}

export interface TextSpec {
  readonly title: string
  /** Asked for when the page opens, and again every `everyMs` unless that is 0. */
  readonly path?: string
  readonly everyMs?: number
  /** No wider than `columns`; `body` is undefined without a path. */
  lines(body: unknown, columns: number, context: Context): readonly Line[]
  readonly follow?: true
  readonly keys?: readonly TextKey[]
  readonly done?: Readonly<Record<string, string>>
  /** Opened once that request has been granted. */
  readonly opens?: Readonly<Record<string, () => Page>>
}

interface State {
  readonly spec: TextSpec
  /** Null before the first answer. */
  readonly body: { readonly value: unknown } | null
  readonly error: string | null
  /** The first line shown; null: the last ones are. */
  readonly top: number | null
  /** What is searched for, and whether it is being typed. */
  readonly search: string
  readonly typing: boolean
}

const never = 86_400_000

function linesOf({ spec, body }: State, context: Context): readonly Line[] {
  return body === null ? [] : spec.lines(body.value, context.rect.columns, context)
}

function textOf(line: Line): string {
  return line.map(({ text }) => text).join('')
}

function topOf(state: State, count: number, rows: number): number {
  const last = Math.max(0, count - rows)
  return state.top === null ? last : Math.max(0, Math.min(state.top, last))
}

function scrolled(state: State, to: number, count: number, rows: number): State {
  const last = Math.max(0, count - rows)
  return { ...state, top: to >= last && state.spec.follow === true ? null : Math.max(0, Math.min(to, last)) }
}

/** From the line after the first one shown on, then from the start. */
function find(state: State, lines: readonly Line[], rows: number, from: number): PageStep<State> {
  const wanted = state.search.toLowerCase()
  const matches = lines.flatMap((line, index) => (textOf(line).toLowerCase().includes(wanted) ? [index] : []))
  const next = matches.find((index) => index >= from) ?? matches[0]
  if (next === undefined) return stay(state, { kind: 'notice', severity: 'warning', text: `Not found: ${state.search}` })
  return stay(scrolled(state, next, lines.length, rows))
}

function typed(state: State, event: Extract<PageEvent, { kind: 'key' }>, context: Context): PageStep<State> {
  const { key } = event
  const rows = context.rect.rows
  if (key.kind === 'char') return stay({ ...state, search: (state.search + key.char).slice(0, 60) })
  if (key.kind !== 'named') return stay(state)
  if (key.name === 'escape') return stay({ ...state, typing: false, search: '' })
  if (key.name === 'backspace') return stay({ ...state, search: [...state.search].slice(0, -1).join('') })
  if (key.name !== 'enter') return stay(state)
  const done = { ...state, typing: false }
  const lines = linesOf(state, context)
  return done.search === '' ? stay(done) : find(done, lines, rows, topOf(state, lines.length, rows))
}

function key(state: State, event: Extract<PageEvent, { kind: 'key' }>, context: Context): PageStep<State> {
  const name = keyName(event)
  if (name === 'escape') return stay(state, pop)
  const action = keysOf(state, context).find((candidate) => candidate.key === name)
  if (action !== undefined) return stay(state, ...action.run(state.body?.value, context))
  const lines = linesOf(state, context)
  const { rows } = context.rect
  const top = topOf(state, lines.length, rows)
  if (event.key.kind === 'char') {
    if (event.key.char === '/') return stay({ ...state, typing: true, search: '' })
    return event.key.char === 'n' && state.search !== '' ? find(state, lines, rows, top + 1) : stay(state)
  }
  return stay(scrolled(state, topAfter(name, { top, rows, lines: lines.length }), lines.length, rows))
}

function keysOf({ spec, body }: State, { session }: Context): readonly TextKey[] {
  if (body === null) return []
  return (spec.keys ?? []).filter((candidate) => may(session, candidate.permission ?? null) && (candidate.when?.(body.value) ?? true))
}

function reduce(state: State, event: PageEvent, context: Context): PageStep<State> {
  if (event.kind === 'key') return state.typing ? typed(state, event, context) : key(state, event, context)
  if (event.kind === 'returned') return stay(state, { kind: 'poll' })
  if (event.kind !== 'answer') return stay(state)
  if (event.id !== 'text') {
    const page = succeeded(event.answer) ? state.spec.opens?.[event.id]?.() : undefined
    const next: PageCommand = page === undefined ? { kind: 'poll' } : { kind: 'push', page }
    return stay(state, noticeOf(event.answer, state.spec.done?.[event.id] ?? 'Done.'), next)
  }
  if (event.answer.kind === 'unanswered') return stay({ ...state, error: 'The host does not answer.' })
  const refusal = refusalOf(event.answer)
  return stay(refusal === null ? { ...state, body: { value: event.answer.body }, error: null } : { ...state, error: refusal })
}

function draw(state: State, screen: Screen, context: Context): void {
  const { rect } = context
  const lines = linesOf(state, context)
  const top = topOf(state, lines.length, rect.rows)
  const wanted = state.search.toLowerCase()
  for (const [row, line] of lines.slice(top, top + rect.rows).entries()) {
    const hit = wanted !== '' && !state.typing && textOf(line).toLowerCase().includes(wanted)
    const shown = hit ? line.map(({ text }) => ({ text, style: theme.important })) : line
    putLine(screen, rect.column, rect.row + row, shown, rect.columns)
  }
  if (state.body === null || state.error !== null) {
    const style = state.error === null ? theme.body : severityStyle('error')
    putLine(screen, rect.column, rect.row, [{ text: state.error ?? 'Loading ...', style }], rect.columns)
  }
  if (!state.typing) return
  const row = rect.row + rect.rows
  const width = putText(screen, rect.column, row, `Find: ${state.search}`, theme.important, rect.columns - 1)
  screen.cursor = { column: rect.column + width, row }
}

function hints(state: State, context: Context): readonly string[] {
  if (state.typing) return ['Enter Find', 'Esc Cancel']
  const { rows } = context.rect
  const count = linesOf(state, context).length
  const actions = keysOf(state, context).map(({ key: name, hint }) => `${name === 'enter' ? 'Enter' : name.toUpperCase()} ${hint}`)
  const moving = count > rows ? ['Up/Down Scroll'] : []
  const again = state.search === '' ? '/ Find' : 'n Next'
  const top = topOf(state, count, rows)
  const position = count > rows ? `${top + 1}-${Math.min(count, top + rows)} of ${count}` : ''
  return [...actions, ...moving, ...(count > 0 ? [again] : []), 'Esc Back', position]
}

export function textPage(spec: TextSpec): Page {
  const module: PageModule<State> = {
    title: () => spec.title,
    polls: () => (spec.path === undefined ? [] : [{ id: 'text', path: spec.path, everyMs: spec.everyMs || never }]),
    reduce,
    draw,
    hints,
  }
  const body = spec.path === undefined ? { value: undefined } : null
  return makePage(module, { spec, body, error: null, top: spec.follow === true ? null : 0, search: '', typing: false })
}
