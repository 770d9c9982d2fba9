// The console as a pure reducer: (model, event) → model and commands. All that happens on it happens here; it draws nothing and does nothing.
//
// At the bottom is the status screen, or the form of the first password. Above it is a stack of pages, of which the top one gets the keys.
import type { ConsoleStatus } from '../domain/console-status.ts'
import { certificatePage } from './certificate-page.ts'
import { helpPage, helpTitle } from './help-page.ts'
import { installPage } from './install-page.ts'
import { installProgressPage } from './install-progress-page.ts'
import type { Key } from './keys.ts'
import { loginPage } from './login-page.ts'
import { menuPage } from './menu-page.ts'
import { emptyModel, type Model } from './model.ts'
import { networkSettled, settleNetwork } from './network-banner.ts'
import type { Answer } from './page.ts'
import { powerPage, powerTitle } from './power-page.ts'
import { recoverPage } from './recover-page.ts'
import { idleLogoutMs, idleWarningMs, loginGiveUpMs, may } from './session.ts'
import { emptySetupForm } from './setup-form.ts'
import { keyOfSetup, setupAnswered } from './setup-keys.ts'
import { answerOf, type Command, close, command, deliver, endSession, type Step, startPolls, streamEvent } from './stack.ts'

export type { Model } from './model.ts'
export type { Command, Step } from './stack.ts'

export type Event =
  | { readonly kind: 'key'; readonly key: Key }
  | { readonly kind: 'resized'; readonly columns: number; readonly rows: number }
  | { readonly kind: 'answered'; readonly status: ConsoleStatus }
  /** No answer; `sinceStartMs` is how long this program has been running. */
  | { readonly kind: 'unanswered'; readonly sinceStartMs: number }
  /** To a `request` command, always. */
  | { readonly kind: 'answer'; readonly request: number; readonly answer: Answer }
  /** Once a second, monotonic. */
  | { readonly kind: 'tick'; readonly nowMs: number }
  | { readonly kind: 'stream'; readonly stream: number; readonly state: 'open' | 'refused' | 'ended'; readonly message: string }
  | { readonly kind: 'received'; readonly stream: number; readonly bytes: Uint8Array }

/** A service that has never answered counts as starting this long. */
const startingMs = 30_000

/** A report from a serial line is not trusted to be sane: cells take memory. */
const largest = { columns: 300, rows: 100 }

export function initialModel(columns: number, rows: number, sizeFromReports: boolean): Model {
  return { ...emptyModel, columns, rows, sizeFromReports }
}

function only(model: Model, ...commands: readonly Command[]): Step {
  return { model, commands }
}

function resize(model: Model, columns: number, rows: number): Step {
  const next = {
    columns: Math.max(1, Math.min(columns, largest.columns)),
    rows: Math.max(1, Math.min(rows, largest.rows)),
  }
  if (next.columns === model.columns && next.rows === model.rows) return only(model)
  return only({ ...model, ...next }, { kind: 'redraw' })
}

/** Log-in first where nobody has. */
function open(model: Model, target: 'menu' | 'power'): Step {
  if (model.session === null && model.status?.lockdown.mode === 'strict') {
    const text = 'Strict lockdown: nobody may log in here. F8 opens it.'
    return only({ ...model, notice: { severity: 'warning', text } })
  }
  const page = target === 'menu' ? menuPage() : powerPage()
  return command(model, null, { kind: 'push', page: model.session === null ? loginPage(page) : page })
}

function recover(model: Model): Step {
  if (model.status?.lockdown.hasRecoveryCode !== false) return command(model, null, { kind: 'push', page: recoverPage() })
  return only({ ...model, notice: { severity: 'warning', text: 'This host has no recovery code. One is made after logging in.' } })
}

/** Keys that work on every page that does not take all of them. */
function keyOfShell(model: Model, pressed: Key): Step | null {
  if (pressed.kind === 'control') return pressed.letter === 'l' ? only(model, { kind: 'redraw' }) : null
  if (pressed.kind !== 'named') return null
  const top = model.stack.at(-1)
  switch (pressed.name) {
    case 'f1':
      return top?.page.title === helpTitle ? only(model) : command(model, null, { kind: 'push', page: helpPage() })
    case 'f5':
      return top === undefined
        ? only(model, { kind: 'redraw' }, { kind: 'poll' })
        : close(command(model, top.id, { kind: 'poll' }), { kind: 'redraw' })
    case 'f4':
      return only({ ...model, highContrast: !model.highContrast })
    case 'f9':
    case 'f6':
      return settleNetwork(model, pressed.name === 'f9' ? 'confirm' : 'undo')
    case 'f12': {
      if (top === undefined) return open(model, 'power')
      const offered = !top.page.overlay && may(model.session, 'host.power') && top.page.title !== powerTitle
      return offered ? open(model, 'power') : null
    }
    case 'f3':
      return top === undefined && model.setup === null ? command(model, null, { kind: 'push', page: certificatePage() }) : null
    case 'f2':
      return top === undefined ? open(model, 'menu') : null
    case 'f8':
      return top === undefined ? recover(model) : null
    default:
      return null
  }
}

function key(before: Model, pressed: Key): Step {
  if (pressed.kind === 'cursor-report') {
    return before.sizeFromReports ? resize(before, pressed.column, pressed.row) : only(before)
  }
  const model: Model = { ...before, lastKeyMs: before.nowMs, notice: null }
  const top = model.stack.at(-1)
  if (top?.page.grabsKeys === true) return deliver(model, top.id, { kind: 'key', key: pressed })
  if (model.setup !== null && pressed.kind === 'named' && ['f1', 'f2', 'f8', 'f12'].includes(pressed.name)) return only(model)
  const shell = keyOfShell(model, pressed)
  if (shell !== null) return shell
  if (top !== undefined) return deliver(model, top.id, { kind: 'key', key: pressed })
  return model.setup === null ? only(model) : keyOfSetup(model, model.setup, pressed)
}

/** Whoever has gone away is logged out, and a log-in that nobody goes on with is given up. */
function idle(model: Model): Step {
  const idleMs = model.nowMs - model.lastKeyMs
  if (model.session === null) {
    if (model.status !== null && installerOf(model, model.status) === 'open') return only(model)
    return model.stack.length > 0 && idleMs >= loginGiveUpMs ? only({ ...model, stack: [], notice: null }) : only(model)
  }
  const leftMs = idleLogoutMs - idleMs
  if (leftMs <= 0) return endSession(model, `Logged out after ${idleLogoutMs / 60_000} minutes without a key.`)
  if (leftMs > idleWarningMs) return only(model)
  const text = `No key for a while: logging out in ${Math.ceil(leftMs / 1000)} s. Press any key to stay.`
  return only({ ...model, notice: { severity: 'warning', text } })
}

function tick(before: Model, nowMs: number): Step {
  // The first one tells what time it is at all.
  const model = { ...before, nowMs, lastKeyMs: before.nowMs === 0 ? nowMs : before.lastKeyMs }
  const after = idle(model)
  const top = after.model.stack.at(-1)
  return top === undefined ? after : close(deliver(after.model, top.id, { kind: 'tick' }), ...after.commands)
}

function answered(model: Model, status: ConsoleStatus): Step {
  const installer = installerOf(model, status)
  const setup = status.setupRequired && installer === 'none' ? (model.setup ?? emptySetupForm) : null
  // Without any user there is no session either.
  const stack = setup === null ? model.stack : []
  const next: Model = { ...model, service: 'answering', status, setup, stack, session: setup === null ? model.session : null }
  if (installer !== 'to-open') return only(next)
  const page = status.install.mode === 'seed' ? installProgressPage() : installPage()
  return command({ ...next, installerShown: true }, null, { kind: 'push', page })
}

/** Whether the installer's pages are in place of all else: to be opened, or open; not once they were left. */
function installerOf({ installerShown, stack }: Model, { install }: ConsoleStatus): 'none' | 'to-open' | 'open' {
  if (install.mode !== 'ask' && install.mode !== 'seed') return 'none'
  if (!installerShown) return stack.length === 0 ? 'to-open' : 'none'
  return stack.length > 0 ? 'open' : 'none'
}

function happened(model: Model, event: Event): Step {
  switch (event.kind) {
    case 'key':
      return key(model, event.key)
    case 'resized':
      return resize(model, event.columns, event.rows)
    case 'answered':
      return answered(model, event.status)
    case 'unanswered': {
      const starting = model.status === null && event.sinceStartMs < startingMs
      return only({ ...model, service: starting ? 'starting' : 'away' })
    }
    case 'answer':
      return (
        setupAnswered(model, event.request, event.answer) ??
        networkSettled(model, event.request, event.answer) ??
        answerOf(model, event.request, event.answer)
      )
    case 'tick':
      return tick(model, event.nowMs)
    case 'stream':
      return streamEvent(model, event.stream, { kind: 'stream', state: event.state, message: event.message })
    case 'received':
      return streamEvent(model, event.stream, { kind: 'received', bytes: event.bytes })
  }
}

export function reduce(model: Model, event: Event): Step {
  return startPolls(happened(model, event))
}
