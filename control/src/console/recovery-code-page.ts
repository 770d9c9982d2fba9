// A new recovery code: shown large and long enough to be noted, then hidden while some of it is typed back. Until that is right the one before stays in force.
import { isRecoveryGroup } from '../domain/recovery-code.ts'
import { noticeOf, problemsOf, refusalOf, succeeded } from './answers.ts'
import type { Screen } from './cells.ts'
import { editForm, type Form, makeForm, numberField, withProblems } from './form.ts'
import { drawForm } from './form-draw.ts'
import { listAt, textAt } from './json.ts'
import { putBox, putLine, type Rect } from './layout.ts'
import {
  type Answer,
  type Context,
  keyName,
  makePage,
  type Page,
  type PageEvent,
  type PageModule,
  type PageStep,
  pop,
  stay,
} from './page.ts'
import { putParagraph } from './surface.ts'
import { severityStyle, theme } from './theme.ts'

interface State {
  /** Where codes are made and confirmed. */
  readonly path: string
  /** What comes in this page's place, in an installation, where the code may be left out; null: nothing. */
  readonly next: Page | null

  readonly phase: 'asking' | 'making' | 'shown' | 'confirming' | 'sending'
  readonly groups: readonly string[]
  /** Numbers, from 1, of those that are asked for. */
  readonly asked: readonly number[]
  readonly form: Form
  readonly error: string | null
}

const nothing: State = {
  path: '/v1/host/recovery-code',
  next: null,
  phase: 'asking',
  groups: [],
  asked: [],
  form: makeForm([]),
  error: null,
}

/** As at the beginning: nothing of the code is kept. */
function begun({ path, next }: State): State {
  return { ...nothing, path, next }
}

function make(state: State): PageStep<State> {
  return stay({ ...state, phase: 'making', error: null }, { kind: 'request', id: 'make', method: 'POST', path: state.path, body: {} })
}

function emptyForm(asked: readonly number[]): Form {
  return makeForm(asked.map((number, index) => numberField(`groups[${index}]`, `Group ${number}`, { maxLength: 6 })))
}

function made(state: State, answer: Answer): PageStep<State> {
  if (answer.kind === 'unanswered' || !succeeded(answer)) return stay({ ...state, phase: 'asking', error: refusalOf(answer) })
  const asked = listAt(answer.body, 'confirm').map(Number)
  return stay({ ...state, error: null, phase: 'shown', groups: textAt(answer.body, 'code').split('-'), asked, form: emptyForm(asked) })
}

function confirmed(state: State, answer: Answer): PageStep<State> {
  if (succeeded(answer)) {
    if (state.next !== null) return stay(begun(state), { kind: 'push', page: state.next })
    return stay(begun(state), noticeOf(answer, 'The recovery code is in force.'), pop)
  }
  const problems = problemsOf(answer)
  const { form } = withProblems(state.form, problems)
  return stay({ ...state, phase: 'confirming', form, error: problems.length > 0 ? null : refusalOf(answer) })
}

function typed(state: State, event: Extract<PageEvent, { kind: 'key' }>): PageStep<State> {
  if (keyName(event) === 'escape') return stay({ ...state, phase: 'shown', error: null })
  const { form, submitted } = editForm(state.form, event.key)
  if (!submitted) return stay({ ...state, form })
  const groups = form.fields.map(({ value }) => value)
  return stay(
    { ...state, form, phase: 'sending' },
    { kind: 'request', id: 'confirm', method: 'POST', path: `${state.path}/confirm`, body: { groups } },
  )
}

function reduce(state: State, event: PageEvent): PageStep<State> {
  if (event.kind === 'answer') return event.id === 'make' ? made(state, event.answer) : confirmed(state, event.answer)
  if (event.kind !== 'key') return stay(state)
  const name = keyName(event)
  switch (state.phase) {
    case 'asking':
      if (name === 'f10' && state.next !== null) return stay(state, { kind: 'push', page: state.next })
      return name === 'enter' ? make(state) : name === 'escape' ? stay(state, pop) : stay(state)
    case 'shown':
      if (name === 'escape')
        return stay(
          begun(state),
          { kind: 'notice', severity: 'warning', text: 'The new recovery code was not confirmed: it is void.' },
          pop,
        )
      return stay(name === 'enter' ? { ...state, phase: 'confirming', form: emptyForm(state.asked) } : state)
    case 'confirming':
      return typed(state, event)
    default:
      return stay(state)
  }
}

const texts: Readonly<Record<State['phase'], string>> = {
  asking:
    'A recovery code is digits that you note on paper. With it, whoever stands at this machine can open it in every mode of lockdown, and give the administrator a new password: once, then another is needed. One made before is void as soon as a new one has been confirmed.',
  making: 'Making a new code ...',
  shown: 'Note these digits on paper and keep that in a safe place, away from this machine. They are shown this once.',
  confirming: 'Type these groups of the new code from your note. Esc shows the code again.',
  sending: 'Waiting for the host ...',
}

/** Two rows of four. */
function drawCode(screen: Screen, rect: Rect, groups: readonly string[]): void {
  putBox(screen, { ...rect, columns: 58, rows: 7 }, 'Recovery code', theme.frame, theme.frameTitle)
  for (const [index, group] of groups.entries()) {
    const column = rect.column + 3 + (index % 4) * 14
    const row = rect.row + 2 + Math.floor(index / 4) * 2
    putLine(
      screen,
      column,
      row,
      [
        { text: `${index + 1}: `, style: theme.label },
        { text: group, style: theme.important },
      ],
      11,
    )
  }
}

function draw(state: State, screen: Screen, { rect }: Context): void {
  const area = { ...rect, column: rect.column + 2, columns: rect.columns - 4 }
  const top = rect.row + putParagraph(screen, { ...area, rows: 6 }, texts[state.phase], theme.body) + 1
  if (state.phase === 'shown') drawCode(screen, { ...area, row: top }, state.groups)
  if (state.phase === 'confirming') drawForm(screen, { ...area, row: top, rows: 8 }, withMistakes(state.form), true)
  if (state.error !== null) putParagraph(screen, { ...area, row: top + 9, rows: 3 }, state.error, severityStyle('error'))
}

/** A group that is whole and cannot be one is told at once. */
export function withMistakes(form: Form): Form {
  const fields = form.fields.map((field) =>
    field.error === null && field.kind === 'number' && field.value.length === 6 && !isRecoveryGroup(field.value)
      ? { ...field, error: 'has been mistyped' }
      : field,
  )
  return { ...form, fields }
}

const hintsBy: Readonly<Record<State['phase'], readonly string[]>> = {
  asking: ['Enter Make a new code', 'Esc Back'],
  making: [],
  shown: ['Enter I have noted it', 'Esc Give it up'],
  confirming: ['Enter Next', 'Up/Down Field', 'Esc Show the code'],
  sending: [],
}

const module: PageModule<State> = {
  title: () => 'Recovery code',
  reduce(state, event) {
    // Made at once where there is nothing to ask.
    return event.kind === 'opened' && state.phase === 'making' ? make(state) : reduce(state, event)
  },
  draw,
  hints: ({ phase, next }) => [...hintsBy[phase], ...(phase === 'asking' && next !== null ? ['F10 Leave it out'] : [])],
}

export function recoveryCodePage(): Page {
  return makePage(module, nothing)
}

/** After the first password: without a question. */
export function firstRecoveryCodePage(): Page {
  return makePage(module, { ...nothing, phase: 'making' })
}

/** For the host that is to be installed. */
export function installRecoveryCodePage(next: Page): Page {
  return makePage(module, { ...nothing, path: '/v1/install/recovery-code', next })
}
