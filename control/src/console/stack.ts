// The stack of pages at work: hands events to pages, does their commands, keeps their polls going, ends the session. Pure.
import { textAt } from './json.ts'
import { contextOf, type Entry, type Model } from './model.ts'
import type { Answer, Method, Page, PageCommand, PageEvent } from './page.ts'

export type Command =
  /** Draw everything anew. */
  | { readonly kind: 'redraw' }
  /** Ask for the status now. */
  | { readonly kind: 'poll' }
  /** A call of the API, answered by an `answer` event with its number. */
  | {
      readonly kind: 'request'
      readonly request: number
      readonly method: Method
      readonly path: string
      readonly body?: unknown
      readonly ifMatch?: string
      readonly token: string | null
      readonly timeoutMs: number
    }
  | { readonly kind: 'attach'; readonly stream: number; readonly path: string; readonly token: string | null }
  | { readonly kind: 'send'; readonly stream: number; readonly text: string }
  | { readonly kind: 'detach'; readonly stream: number }

export interface Step {
  readonly model: Model
  readonly commands: readonly Command[]
}

const requestMs = 20_000

/** Codes of refusals by which a session is no longer one. */
const lost = ['auth.invalid-token', 'auth.required', 'lockdown.console-closed', 'lockdown.not-break-glass']

export function close(step: Step, ...more: readonly Command[]): Step {
  return { model: step.model, commands: [...step.commands, ...more] }
}

function none(model: Model): Step {
  return { model, commands: [] }
}

function withEntry(model: Model, id: number, change: (entry: Entry) => Entry): Model {
  return { ...model, stack: model.stack.map((entry) => (entry.id === id ? change(entry) : entry)) }
}

function entryOf(page: Page, id: number): Entry {
  return { id, page, polled: {}, stream: null }
}

function detached(entry: Entry | undefined): readonly Command[] {
  return entry === undefined || entry.stream === null ? [] : [{ kind: 'detach', stream: entry.stream }]
}

/** An event for one page, and what comes of it. One for a page that has closed is dropped. */
export function deliver(model: Model, id: number, event: PageEvent): Step {
  const entry = model.stack.find((candidate) => candidate.id === id)
  if (entry === undefined) return none(model)
  const { page, commands } = entry.page.reduce(event, contextOf(model))
  return commandsOf(page === entry.page ? model : withEntry(model, id, (found) => ({ ...found, page })), id, commands)
}

function commandsOf(model: Model, id: number | null, commands: readonly PageCommand[]): Step {
  return commands.reduce<Step>((step, next) => {
    const { model: after, commands: more } = command(step.model, id, next)
    return { model: after, commands: [...step.commands, ...more] }
  }, none(model))
}

function push(model: Model, page: Page): Step {
  const id = model.nextNumber
  const next = { ...model, nextNumber: id + 1, stack: [...model.stack, entryOf(page, id)] }
  return deliver(next, id, { kind: 'opened' })
}

function popped(model: Model, id: number | null, result: unknown, commands: readonly PageCommand[]): Step {
  const at = model.stack.findIndex((entry) => entry.id === id)
  if (at < 0) return none(model)
  // What it had opened goes with it.
  const gone = model.stack.slice(at)
  const next = { ...model, stack: model.stack.slice(0, at) }
  const beneath = next.stack.at(-1)
  const first: Step = { model: next, commands: gone.flatMap(detached) }
  // Nobody stays logged in behind the status screen.
  if (beneath === undefined) return model.session === null ? first : close(endSession(next, null), ...first.commands)
  const returned = deliver(next, beneath.id, { kind: 'returned', result })
  const done = commandsOf(returned.model, beneath.id, commands)
  return { model: done.model, commands: [...first.commands, ...returned.commands, ...done.commands] }
}

type RequestCommand = Extract<PageCommand, { kind: 'request' }>

/** `entry` 0 is the shell itself. */
export function request(model: Model, entry: number, wanted: RequestCommand): Step {
  const number = model.nextNumber
  const token = wanted.asConsole === true ? null : (wanted.token ?? model.session?.token ?? null)
  const pending = new Map(model.pending).set(number, { entry, id: wanted.id, withToken: token !== null && wanted.token === undefined })
  const { method, path, body, ifMatch, timeoutMs = requestMs } = wanted
  const more = { ...(body === undefined ? {} : { body }), ...(ifMatch === undefined ? {} : { ifMatch }) }
  return {
    model: { ...model, nextNumber: number + 1, pending },
    commands: [{ kind: 'request', request: number, method, path, token, timeoutMs, ...more }],
  }
}

/** Back to the status screen, with why. The host is told, whether it answers or not. */
export function endSession(model: Model, text: string | null): Step {
  const told =
    model.session === null ? none(model) : request(model, 0, { kind: 'request', id: '', method: 'POST', path: '/v1/logout', body: {} })
  const notice = text === null ? model.notice : { severity: 'info' as const, text }
  return {
    model: { ...told.model, session: null, stack: [], notice },
    commands: [...model.stack.flatMap(detached), ...told.commands],
  }
}

function attach(model: Model, id: number, path: string): Step {
  const stream = model.nextNumber
  const before = detached(model.stack.find((entry) => entry.id === id))
  const next = withEntry({ ...model, nextNumber: stream + 1 }, id, (entry) => ({ ...entry, stream }))
  return { model: next, commands: [...before, { kind: 'attach', stream, path, token: model.session?.token ?? null }] }
}

/** What one command of a page (null: of the shell) does. */
export function command(model: Model, id: number | null, wanted: PageCommand): Step {
  const entry = model.stack.find((candidate) => candidate.id === id)
  switch (wanted.kind) {
    case 'request':
      return id === null ? none(model) : request(model, id, wanted)
    case 'poll': {
      if (id === null || entry === undefined) return none(model)
      const polled = Object.fromEntries(Object.entries(entry.polled).map(([name, poll]) => [name, { ...poll, nextMs: 0 }]))
      return none(withEntry(model, id, (found) => ({ ...found, polled })))
    }
    case 'push':
      return push(model, wanted.page)
    case 'replace': {
      const closed = popped(model, id, undefined, [])
      const opened = push({ ...closed.model }, wanted.page)
      return { model: opened.model, commands: [...closed.commands, ...opened.commands] }
    }
    case 'pop':
      return popped(model, id, wanted.result, wanted.commands ?? [])
    case 'notice':
      return none({ ...model, notice: { severity: wanted.severity, text: wanted.text } })
    case 'logged-in':
      return push({ ...model, session: wanted.session, stack: [] }, wanted.page)
    case 'log-out':
      return endSession(model, wanted.text ?? null)
    case 'attach':
      return id === null ? none(model) : attach(model, id, wanted.path)
    case 'send':
      return entry?.stream == null ? none(model) : { model, commands: [{ kind: 'send', stream: entry.stream, text: wanted.text }] }
    case 'detach':
      return id === null ? none(model) : { model: withEntry(model, id, (found) => ({ ...found, stream: null })), commands: detached(entry) }
  }
}

/** The answer to a request, for the page that made it. An answer that the session is none ends it here. */
export function answerOf(model: Model, number: number, answer: Answer): Step {
  const asked = model.pending.get(number)
  if (asked === undefined) return none(model)
  const pending = new Map(model.pending)
  pending.delete(number)
  const after = { ...model, pending }
  if (asked.withToken && answer.kind === 'answered' && lost.includes(textAt(answer.body, 'code')) && after.session !== null) {
    const why = textAt(answer.body, 'code').startsWith('lockdown.') ? textAt(answer.body, 'detail') : ''
    return endSession({ ...after, session: null }, why === '' ? 'The session has ended. Log in again.' : why)
  }
  const entry = after.stack.find(({ id }) => id === asked.entry)
  const polled = entry === undefined ? undefined : Object.entries(entry.polled).find(([, poll]) => poll.request === number)
  if (entry === undefined || polled === undefined) return deliver(after, asked.entry, { kind: 'answer', id: asked.id, answer })
  const [name, poll] = polled
  const everyMs = entry.page.polls(contextOf(after)).find(({ id }) => id === name)?.everyMs ?? 0
  const next = { ...entry.polled, [name]: { ...poll, request: null, nextMs: after.nowMs + everyMs } }
  const noted = withEntry(after, entry.id, (found) => ({ ...found, polled: next }))
  return deliver(noted, asked.entry, { kind: 'answer', id: asked.id, answer })
}

/** For the page that has this stream. Its end frees the page for another. */
export function streamEvent(model: Model, stream: number, event: Extract<PageEvent, { kind: 'stream' | 'received' }>): Step {
  const entry = model.stack.find((candidate) => candidate.stream === stream)
  if (entry === undefined) return none(model)
  const over = event.kind === 'stream' && event.state !== 'open'
  return deliver(over ? withEntry(model, entry.id, (found) => ({ ...found, stream: null })) : model, entry.id, event)
}

/** After any event: what the top page polls and is due is asked for. */
export function startPolls(step: Step): Step {
  const top = step.model.stack.at(-1)
  if (top === undefined) return step
  let { model } = step
  const commands = [...step.commands]
  for (const poll of top.page.polls(contextOf(model))) {
    const known = top.polled[poll.id]
    const same = known !== undefined && known.path === poll.path
    if (same && (known.request !== null || model.nowMs < known.nextMs)) continue
    const asked = request(model, top.id, { kind: 'request', id: poll.id, method: 'GET', path: poll.path })
    commands.push(...asked.commands)
    const number = model.nextNumber
    model = withEntry(asked.model, top.id, (entry) => ({
      ...entry,
      polled: { ...entry.polled, [poll.id]: { path: poll.path, nextMs: 0, request: number } },
    }))
    // An answer for another path is of no use any more.
    if (known !== undefined && known.request !== null) {
      const pending = new Map(model.pending)
      pending.delete(known.request)
      model = { ...model, pending }
    }
  }
  return { model, commands }
}
