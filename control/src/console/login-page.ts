// Logging in at the console: user and password, what was wrong, and how long the host wants to be left alone. Then the page that was asked for.
import { refusalOf, succeeded, unanswered } from './answers.ts'
import { boxFor } from './dialog-page.ts'
import { editForm, type Form, makeForm, passwordField, textField, valueNamed } from './form.ts'
import { drawForm } from './form-draw.ts'
import { listAt, textAt, textsAt } from './json.ts'
import { putBox } from './layout.ts'
import { type Answer, type Context, keyName, makePage, type Page, type PageModule, type PageStep, pop, stay } from './page.ts'
import { clearBehind, putParagraph } from './surface.ts'
import { severityStyle, theme } from './theme.ts'

interface State {
  readonly form: Form
  /** Opened when somebody has logged in. */
  readonly next: Page
  readonly waiting: boolean
  readonly error: string | null
  /** No attempt makes sense before; 0 when any does. */
  readonly notBeforeMs: number
  /** While what the user may do is being asked for. */
  readonly token: string | null
}

/** The password is hashed before the answer, and others may be before it. */
const loginMs = 30_000

const firstUser = 'administrator'

function emptyForm(user: string): Form {
  const form = makeForm([
    textField('username', 'User', { value: user, maxLength: 64 }),
    passwordField('password', 'Password', { maxLength: 128 }),
  ])
  // The name is mostly right as it is.
  return { ...form, focus: 1, at: 0 }
}

function submit(state: State, { nowMs }: Context): PageStep<State> {
  if (nowMs < state.notBeforeMs) return stay(state)
  const username = valueNamed(state.form, 'username')
  const password = valueNamed(state.form, 'password')
  if (username === '' || password === '') return stay({ ...state, error: 'User and password are both needed.' })
  const body = { username, password }
  return stay(
    { ...state, waiting: true, error: null },
    { kind: 'request', id: 'login', method: 'POST', path: '/v1/login', body, timeoutMs: loginMs, asConsole: true },
  )
}

function loggedIn(state: State, answer: Answer, { nowMs }: Context): PageStep<State> {
  const again = { ...state, waiting: false, form: emptyForm(valueNamed(state.form, 'username')) }
  if (answer.kind === 'unanswered') return stay({ ...again, error: unanswered })
  if (!succeeded(answer)) {
    const afterMs = (answer.retryAfterSeconds ?? 0) * 1000
    return stay({ ...again, error: refusalOf(answer), notBeforeMs: afterMs > 0 ? nowMs + afterMs : 0 })
  }
  const token = textAt(answer.body, 'token')
  return stay({ ...state, token }, { kind: 'request', id: 'me', method: 'GET', path: '/v1/me', token })
}

/** A host that does not say what its user may do refuses what it must. */
function known(state: State, answer: Answer): PageStep<State> {
  if (answer.kind === 'unanswered') return stay({ ...state, waiting: false, token: null, error: 'No answer came from the host.' })
  const held = listAt(answer.body, 'held').flatMap((some) => textsAt(some, 'permissions'))
  const permissions = answer.status === 200 ? new Set([...textsAt(answer.body, 'permissions'), ...held]) : null
  const session = { token: state.token ?? '', user: valueNamed(state.form, 'username'), permissions }
  return stay(state, { kind: 'logged-in', session, page: state.next })
}

function message({ waiting, error, notBeforeMs }: State, { nowMs }: Context): { text: string; style: number } {
  if (waiting) return { text: 'Logging in ...', style: theme.value }
  const leftMs = notBeforeMs - nowMs
  if (leftMs > 0) {
    const seconds = Math.ceil(leftMs / 1000)
    return { text: `Too many failed log-ins. Wait ${seconds} s.`, style: severityStyle('warning') }
  }
  return { text: notBeforeMs > 0 ? '' : (error ?? ''), style: severityStyle('error') }
}

const module: PageModule<State> = {
  title: () => 'Log in',
  overlay: true,
  reduce(state, event, context) {
    if (event.kind === 'answer') return event.id === 'login' ? loggedIn(state, event.answer, context) : known(state, event.answer)
    if (event.kind !== 'key') return stay(state)
    if (keyName(event) === 'escape') return stay(state, pop)
    if (state.waiting) return stay(state)
    const { form, submitted } = editForm(state.form, event.key)
    return submitted ? submit(state, context) : stay({ ...state, form, error: form === state.form ? state.error : null })
  },
  draw(state, screen, context) {
    const box = boxFor(context.rect, 62, 9)
    clearBehind(screen, box, theme.body)
    putBox(screen, box, 'Log in', theme.frame, theme.frameTitle)
    const area = { column: box.column + 3, row: box.row + 2, columns: box.columns - 6, rows: 2 }
    drawForm(screen, area, state.form, !state.waiting)
    const { text, style } = message(state, context)
    putParagraph(screen, { ...area, row: area.row + 3, rows: 3 }, text, style)
  },
  hints: ({ waiting }) => (waiting ? ['Esc Cancel'] : ['Enter Log in', 'Tab Other field', 'Esc Cancel']),
}

export function loginPage(next: Page): Page {
  return makePage(module, { form: emptyForm(firstUser), next, waiting: false, error: null, notBeforeMs: 0, token: null })
}
