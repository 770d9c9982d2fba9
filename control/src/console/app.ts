// The console as a pure reducer: (model, event) → model and commands. All that happens on it happens here; it draws nothing and does nothing.
import type { ConsoleStatus } from '../domain/console-status.ts'
import { editForm, fieldValue } from './form.ts'
import type { Key } from './keys.ts'
import { afterOutcome, emptySetupForm, type SetupForm, type SetupOutcome, setupError } from './setup-form.ts'

export interface Model {
  readonly columns: number
  readonly rows: number
  /** The terminal cannot be asked its size but by a cursor report, as on a serial line. */
  readonly sizeFromReports: boolean
  readonly service: 'starting' | 'answering' | 'away'
  /** The latest answer; kept while the service is away. */
  readonly status: ConsoleStatus | null
  /** Present while the status asks for a first password. */
  readonly setup: SetupForm | null
}

export type Event =
  | { readonly kind: 'key'; readonly key: Key }
  | { readonly kind: 'resized'; readonly columns: number; readonly rows: number }
  | { readonly kind: 'answered'; readonly status: ConsoleStatus }
  /** No answer; `sinceStartMs` is how long this program has been running. */
  | { readonly kind: 'unanswered'; readonly sinceStartMs: number }
  | { readonly kind: 'setup-ended'; readonly outcome: SetupOutcome }

export type Command =
  /** Draw everything anew. */
  | { readonly kind: 'redraw' }
  /** Ask for the status now. */
  | { readonly kind: 'poll' }
  | { readonly kind: 'set-password'; readonly password: string }

export interface Step {
  readonly model: Model
  readonly commands: readonly Command[]
}

/** A service that has never answered counts as starting this long. */
const startingMs = 30_000

/** A report from a serial line is not trusted to be sane: cells take memory. */
const largest = { columns: 300, rows: 100 }

export function initialModel(columns: number, rows: number, sizeFromReports: boolean): Model {
  return { columns, rows, sizeFromReports, service: 'starting', status: null, setup: null }
}

function resize(model: Model, columns: number, rows: number): Step {
  const next = {
    columns: Math.max(1, Math.min(columns, largest.columns)),
    rows: Math.max(1, Math.min(rows, largest.rows)),
  }
  if (next.columns === model.columns && next.rows === model.rows) return { model, commands: [] }
  return { model: { ...model, ...next }, commands: [{ kind: 'redraw' }] }
}

function keyOfSetup(model: Model, setup: SetupForm, key: Key): Step {
  if (setup.sent) return { model, commands: [] }
  const { form, submitted } = editForm(setup.form, key)
  const error = submitted ? setupError(form) : form === setup.form ? setup.error : null
  const send = submitted && error === null
  return {
    model: { ...model, setup: { form, error, sent: send } },
    commands: send ? [{ kind: 'set-password', password: fieldValue(form, 0) }] : [],
  }
}

function key(model: Model, pressed: Key): Step {
  if (pressed.kind === 'cursor-report') {
    return model.sizeFromReports ? resize(model, pressed.column, pressed.row) : { model, commands: [] }
  }
  const redraw = (pressed.kind === 'named' && pressed.name === 'f5') || (pressed.kind === 'control' && pressed.letter === 'l')
  if (redraw) return { model, commands: [{ kind: 'redraw' }] }
  return model.setup === null ? { model, commands: [] } : keyOfSetup(model, model.setup, pressed)
}

export function reduce(model: Model, event: Event): Step {
  switch (event.kind) {
    case 'key':
      return key(model, event.key)
    case 'resized':
      return resize(model, event.columns, event.rows)
    case 'answered': {
      const setup = event.status.setupRequired ? (model.setup ?? emptySetupForm) : null
      return { model: { ...model, service: 'answering', status: event.status, setup }, commands: [] }
    }
    case 'unanswered': {
      const starting = model.status === null && event.sinceStartMs < startingMs
      return { model: { ...model, service: starting ? 'starting' : 'away' }, commands: [] }
    }
    case 'setup-ended': {
      const setup = model.setup === null ? null : afterOutcome(model.setup, event.outcome)
      return { model: { ...model, setup }, commands: [{ kind: 'poll' }] }
    }
  }
}
