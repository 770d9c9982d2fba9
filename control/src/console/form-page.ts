// Makes a page of a form from what is particular to it: its fields, what is loaded into them, what is sent. Problems that the API finds appear at their fields.
import { noticeOf, problemsOf, refusalOf, succeeded, unanswered } from './answers.ts'
import type { Screen } from './cells.ts'
import { confirmed, dialogPage } from './dialog-page.ts'
import { type Choice, clearErrors, editForm, type Field, type Form, fillForm, makeForm, valuesOf, withProblems } from './form.ts'
import { drawForm, formRows, helpOf } from './form-draw.ts'
import type { Rect } from './layout.ts'
import {
  type Answer,
  type Context,
  keyName,
  type Method,
  makePage,
  type Page,
  type PageCommand,
  type PageEvent,
  type PageModule,
  type PageStep,
  pop,
  stay,
} from './page.ts'
import { pickPage } from './pick-page.ts'
import { putParagraph } from './surface.ts'
import { severityStyle, theme } from './theme.ts'

export type Values = Readonly<Record<string, string>>

export interface Sending {
  readonly method: Method
  readonly path: string
  readonly body?: unknown
  readonly ifMatch?: string
  readonly timeoutMs?: number
}

export interface FormSpec {
  readonly title: string
  /** Above the fields. */
  readonly intro: string
  /** From what was loaded: undefined before, and where nothing is. Called again at each load, so that fields may depend on it. */
  fields(loaded: unknown): readonly Field[]
  /** Asked for when the page opens. */
  readonly load?: string
  /** What is wrong with these values, by field, before anything is sent. */
  check?(values: Values): readonly { readonly field: string; readonly message: string }[]
  /** `etag` is of what was loaded. */
  send(values: Values, loaded: unknown, etag: string | null): Sending
  /** Asked before it is sent; null: it is sent at once. */
  confirm?(
    values: Values,
    loaded: unknown,
  ): { readonly effect: readonly string[]; readonly action: string; readonly dangerous: boolean } | null
  /** The field that a problem of the API is about, where it is called otherwise. */
  fieldOf?(problem: string, code: string): string
  /** Shown when it has been done. */
  readonly done: string
  /** In place of closing the page with `done` as notice. */
  after?(answer: Answer, values: Values): readonly PageCommand[]
  readonly action?: string
}

interface State {
  readonly spec: FormSpec
  readonly form: Form
  readonly phase: 'loading' | 'editing' | 'sending'
  readonly loaded: unknown
  readonly etag: string | null
  readonly error: string | null
}

/** Choices beyond this are picked from a list. */
const manyChoices = 6

function sent(state: State): PageStep<State> {
  const { spec, form, loaded, etag } = state
  const request = { kind: 'request', id: 'send', ...spec.send(valuesOf(form), loaded, etag) } as const
  return stay({ ...state, phase: 'sending', error: null }, request)
}

function submitted(before: State): PageStep<State> {
  const { spec } = before
  const values = valuesOf(before.form)
  const found = spec.check?.(values) ?? []
  if (found.length > 0) {
    const { form, others } = withProblems(before.form, found)
    return stay({ ...before, form, error: others.length > 0 ? others.join('; ') : null })
  }
  const state = { ...before, form: clearErrors(before.form), error: null }
  const question = spec.confirm?.(values, state.loaded) ?? null
  return question === null ? sent(state) : stay(state, { kind: 'push', page: dialogPage({ title: spec.title, ...question }) })
}

function loadedWith(state: State, answer: Answer): PageStep<State> {
  if (answer.kind === 'unanswered') return stay({ ...state, error: 'No answer came from the host.' })
  const refusal = refusalOf(answer)
  if (refusal !== null) return stay({ ...state, error: refusal })
  const form = makeForm(state.spec.fields(answer.body))
  return stay({ ...state, phase: 'editing', form, loaded: answer.body, etag: answer.etag, error: null })
}

function answeredWith(state: State, answer: Answer): PageStep<State> {
  const { spec } = state
  if (succeeded(answer)) {
    if (spec.after !== undefined) return stay({ ...state, phase: 'editing' }, ...spec.after(answer, valuesOf(state.form)))
    return stay(state, noticeOf(answer, spec.done), pop)
  }
  const problems = problemsOf(answer).map((problem) => ({
    ...problem,
    field: spec.fieldOf?.(problem.field, problem.code) ?? problem.field,
  }))
  const { form, others } = withProblems(state.form, problems)
  const atFields = problems.length > others.length
  const error = others.length > 0 ? others.join('; ') : atFields ? null : (refusalOf(answer) ?? unanswered)
  return stay({ ...state, phase: 'editing', form, error })
}

function load(spec: FormSpec): readonly PageCommand[] {
  return spec.load === undefined ? [] : [{ kind: 'request', id: 'load', method: 'GET', path: spec.load }]
}

function rectOf(rect: Rect, row: number): Rect {
  return { ...rect, row: rect.row + row, rows: Math.max(0, rect.rows - row) }
}

function draw(state: State, screen: Screen, { rect }: Context): void {
  const { spec, form, phase, error } = state
  const area = { ...rect, column: rect.column + 2, columns: rect.columns - 4 }
  let row = putParagraph(screen, { ...area, rows: 6 }, spec.intro, theme.body) + 1
  const room = rect.rows - row - 4
  drawForm(screen, { ...rectOf(area, row), rows: Math.max(1, room) }, form, phase === 'editing')
  row += Math.min(formRows(form), Math.max(1, room)) + 1
  const text = phase === 'sending' ? 'Waiting for the host ...' : phase === 'loading' && error === null ? 'Loading ...' : (error ?? '')
  const style = error === null ? theme.value : severityStyle('error')
  row += putParagraph(screen, { ...rectOf(area, row), rows: Math.max(1, Math.min(3, rect.rows - row)) }, text, style)
  if (text === '')
    putParagraph(screen, { ...rectOf(area, row), rows: Math.max(0, Math.min(3, rect.rows - row)) }, helpOf(form), theme.label)
}

function choose(form: Form, choices: readonly Choice[]): PageCommand {
  const field = form.fields[form.focus]
  return { kind: 'push', page: pickPage(field?.label ?? '', choices, field?.value ?? '') }
}

function reduce(state: State, event: PageEvent): PageStep<State> {
  const { spec, form, phase } = state
  switch (event.kind) {
    case 'opened':
      return stay(state, ...load(spec))
    case 'answer':
      return event.id === 'load' ? loadedWith(state, event.answer) : answeredWith(state, event.answer)
    case 'returned': {
      const field = form.fields[form.focus]
      if (event.result === confirmed) return sent(state)
      if (typeof event.result !== 'string' || field?.kind !== 'choice') return stay(state)
      return stay({ ...state, form: fillForm(form, { [field.name]: event.result }) })
    }
    case 'key': {
      const name = keyName(event)
      if (name === 'escape') return stay(state, pop)
      if (phase === 'sending' || phase === 'loading') return stay(state)
      const field = form.fields[form.focus]
      const space = event.key.kind === 'char' && event.key.char === ' '
      if (space && field?.kind === 'choice' && field.choices.length > manyChoices) return stay(state, choose(form, field.choices))
      const edited = name === 'f10' ? { form, submitted: true } : editForm(form, event.key)
      return edited.submitted ? submitted(state) : stay({ ...state, form: edited.form })
    }
    default:
      return stay(state)
  }
}

function hints({ form, spec, phase }: State): readonly string[] {
  if (phase !== 'editing') return ['Esc Back']
  const field = form.fields[form.focus]
  const last = form.focus === form.fields.length - 1
  const own =
    field?.kind === 'checkbox'
      ? ['Space Change']
      : field?.kind !== 'choice'
        ? []
        : [field.choices.length > manyChoices ? 'Space Choose' : 'Left/Right Change']
  const action = spec.action ?? 'Apply'
  return [last ? `Enter ${action}` : 'Enter Next', ...own, ...(last ? [] : [`F10 ${action}`]), 'Up/Down Field', 'Esc Back']
}

const module: PageModule<State> = { title: ({ spec }) => spec.title, reduce, draw, hints }

export function formPage(spec: FormSpec): Page {
  const loading = spec.load !== undefined
  const form = makeForm(loading ? [] : spec.fields(undefined))
  return makePage(module, { spec, form, phase: loading ? 'loading' : 'editing', loaded: undefined, etag: null, error: null })
}
