// F8 on the status screen: the way back in by the recovery code, in every mode. Digits are shown as they are typed; each group tells by itself when it is wrong.
import { isRecoveryGroup, RECOVERY_GROUPS } from '../domain/recovery-code.ts'
import { noticeOf, problemsOf, refusalOf, succeeded } from './answers.ts'
import { dialogPage, confirmed as yes } from './dialog-page.ts'
import { editForm, type Form, makeForm, numberField, passwordField, valueNamed, withProblems } from './form.ts'
import { drawForm } from './form-draw.ts'
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
import { withMistakes } from './recovery-code-page.ts'
import { putParagraph } from './surface.ts'
import { severityStyle, theme } from './theme.ts'

interface State {
  readonly form: Form
  readonly waiting: boolean
  readonly error: string | null
  /** No attempt makes sense before; 0 when any does. */
  readonly notBeforeMs: number
}

const numbers = Array.from({ length: RECOVERY_GROUPS }, (_, index) => index + 1)
const groupName = (number: number) => `group${number}`

function emptyForm(): Form {
  return makeForm([
    ...numbers.map((number) => numberField(groupName(number), `Group ${number}`, { maxLength: 6 })),
    passwordField('password', 'New password', { maxLength: 128 }),
    passwordField('repeated', 'Once more', { maxLength: 128 }),
  ])
}

/** Hashing, twice, and others may be before it. */
const timeoutMs = 30_000

function mistakes(form: Form): readonly { field: string; message: string }[] {
  const groups = numbers.flatMap((number) => {
    const value = valueNamed(form, groupName(number))
    if (isRecoveryGroup(value)) return []
    return [{ field: groupName(number), message: value === '' ? 'is missing' : 'has been mistyped' }]
  })
  const differ = valueNamed(form, 'password') !== valueNamed(form, 'repeated')
  return differ ? [...groups, { field: 'repeated', message: 'is not the same' }] : groups
}

function submit(state: State, { nowMs }: Context): PageStep<State> {
  if (nowMs < state.notBeforeMs) return stay(state)
  const found = mistakes(state.form)
  if (found.length > 0) return stay({ ...state, form: withProblems(state.form, found).form, error: null })
  const renewed = valueNamed(state.form, 'password') !== ''
  const effect = [
    'The host is opened: everybody may come in again as their permissions say. The code is void then; make another.',
    ...(renewed
      ? ['The user administrator gets the new password, may do everything, and needs no one-time code. All sessions of theirs end.']
      : []),
  ]
  return stay(state, { kind: 'push', page: dialogPage({ title: 'Recovery code', effect, action: 'Open the host', dangerous: true }) })
}

function send(state: State): PageStep<State> {
  const code = numbers.map((number) => valueNamed(state.form, groupName(number))).join('-')
  const password = valueNamed(state.form, 'password')
  const body = password === '' ? { code } : { code, password }
  return stay(
    { ...state, waiting: true, error: null },
    { kind: 'request', id: 'use', method: 'POST', path: '/v1/console/recovery', body, timeoutMs, asConsole: true },
  )
}

function answered(state: State, answer: Answer, { nowMs }: Context): PageStep<State> {
  if (succeeded(answer)) return stay(state, noticeOf(answer, 'The host is open. Log in with F2, and make a new recovery code.'), pop)
  const retryMs = answer.kind === 'answered' ? (answer.retryAfterSeconds ?? 0) * 1000 : 0
  const { form } = withProblems(state.form, problemsOf(answer))
  return stay({ form, waiting: false, error: refusalOf(answer), notBeforeMs: retryMs > 0 ? nowMs + retryMs : 0 })
}

/** On to the next group when one is whole. */
function typed(before: Form, event: Extract<PageEvent, { kind: 'key' }>): { form: Form; submitted: boolean } {
  const edited = editForm(before, event.key)
  const field = edited.form.fields[edited.form.focus]
  const whole = event.key.kind === 'char' && edited.form !== before && field?.kind === 'number' && field.value.length === 6
  return whole && edited.form.at === 6 ? editForm(edited.form, { kind: 'named', name: 'tab' }) : edited
}

const module: PageModule<State> = {
  title: () => 'Recovery',
  reduce(state, event, context) {
    if (event.kind === 'answer') return answered(state, event.answer, context)
    if (event.kind === 'returned') return event.result === yes ? send(state) : stay(state)
    if (event.kind !== 'key') return stay(state)
    const name = keyName(event)
    if (name === 'escape') return stay(state, pop)
    if (state.waiting) return stay(state)
    const { form, submitted } = name === 'f10' ? { form: state.form, submitted: true } : typed(state.form, event)
    return submitted ? submit({ ...state, form }, context) : stay({ ...state, form, error: form === state.form ? state.error : null })
  },
  draw({ form, waiting, error, notBeforeMs }, screen, { rect, nowMs }) {
    const area = { ...rect, column: rect.column + 2, columns: rect.columns - 4 }
    const intro =
      'Type the eight groups of the recovery code from your note. It opens the host in every mode of lockdown. A new password for the user administrator is set only if you type one.'
    const row = rect.row + putParagraph(screen, { ...area, rows: 4 }, intro, theme.body) + 1
    const rows = rect.rows - (row - rect.row) - 2
    drawForm(screen, { ...area, row, rows }, withMistakes(form), !waiting)
    const leftMs = notBeforeMs - nowMs
    const text = waiting
      ? 'Waiting for the host ...'
      : leftMs > 0
        ? `Too many wrong codes. Wait ${Math.ceil(leftMs / 1000)} s.`
        : (error ?? '')
    putParagraph(screen, { ...area, row: row + rows, rows: 2 }, text, waiting ? theme.value : severityStyle('error'))
  },
  hints: ({ waiting }) => (waiting ? [] : ['Enter Next', 'F10 Open the host', 'Up/Down Field', 'Esc Cancel']),
}

export function recoverPage(): Page {
  return makePage(module, { form: emptyForm(), waiting: false, error: null, notBeforeMs: 0 })
}
