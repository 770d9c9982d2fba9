// Runs the console in tests as its program does: keys and events one after the other, requests answered from a table.
import { type Command, type Event, type Model, reduce } from '../../../control/src/console/app.ts'
import { screenText } from '../../../control/src/console/cells.ts'
import type { Key, KeyName } from '../../../control/src/console/keys.ts'
import { drawScreen } from '../../../control/src/console/view.ts'
import { answeredModel, statuses } from './samples.ts'

const named = (name: KeyName): Key => ({ kind: 'named', name })
const typed = (text: string): Key[] => [...text].map((char) => ({ kind: 'char', char }))

type Request = Extract<Command, { kind: 'request' }>

/** What the host says to `METHOD /path`: a body of status 200, or all of it. */
export type Answers = Readonly<Record<string, unknown>>

export interface Said {
  readonly status: number
  readonly body?: unknown
  readonly etag?: string
  readonly retryAfterSeconds?: number
}

export function said(said: Said): Said {
  return said
}

function isSaid(value: unknown): value is Said {
  return typeof value === 'object' && value !== null && typeof (value as Said).status === 'number'
}

export const administrator: Answers = {
  'POST /v1/login': said({ status: 200, body: { token: 'the-token', expiresAt: '2026-11-21T13:22:05Z' } }),
  'GET /v1/me': said({ status: 404, body: {} }),
  'POST /v1/logout': said({ status: 204 }),
}

/** A locked host, and a recovery code for it. */
export const lockdownAnswers: Answers = {
  'GET /v1/host/lockdown': said({
    status: 200,
    body: { mode: 'normal', apiUsers: ['anna', 'bert'], breakGlass: [], revision: 3, recoveryCodeSince: '2026-11-20T01:00:00.000Z' },
    etag: '"3"',
  }),
  'POST /v1/host/recovery-code': said({
    status: 201,
    body: { code: '000011-000022-000033-000044-000055-000066-000077-000088', confirm: [2, 5, 8], validSeconds: 900 },
  }),
  'POST /v1/host/recovery-code/confirm': said({ status: 204 }),
}

export class Console {
  model: Model
  readonly requests: Request[] = []
  readonly commands: Command[] = []
  #answers: Answers

  constructor(answers: Answers = administrator, columns = 80, rows = 24) {
    this.#answers = answers
    this.model = answeredModel(statuses.normal, columns, rows)
    this.tick(1_000)
  }

  /** From now on. */
  answer(answers: Answers): void {
    this.#answers = { ...this.#answers, ...answers }
  }

  event(event: Event): this {
    const step = reduce(this.model, event)
    this.model = step.model
    this.commands.push(...step.commands)
    for (const command of step.commands) if (command.kind === 'request') this.#ask(command)
    return this
  }

  #ask(request: Request): void {
    this.requests.push(request)
    const key = `${request.method} ${request.path}`
    if (!(key in this.#answers)) {
      this.event({ kind: 'answer', request: request.request, answer: { kind: 'unanswered' } })
      return
    }
    const value = this.#answers[key]
    const { status, body, etag = null, retryAfterSeconds = null } = isSaid(value) ? value : { status: 200, body: value }
    this.event({ kind: 'answer', request: request.request, answer: { kind: 'answered', status, body, etag, retryAfterSeconds } })
  }

  press(...keys: readonly (KeyName | Key)[]): this {
    for (const key of keys) this.event({ kind: 'key', key: typeof key === 'string' ? named(key) : key })
    return this
  }

  type(text: string): this {
    return this.press(...typed(text))
  }

  tick(nowMs: number): this {
    return this.event({ kind: 'tick', nowMs })
  }

  /** F2 and a password. */
  logIn(key: KeyName = 'f2'): this {
    return this.press(key).type('the password').press('enter')
  }

  /** In the menu, by what its title starts with. */
  open(title: string): this {
    return this.type(title).press('enter')
  }

  get lines(): readonly string[] {
    return screenText(drawScreen(this.model))
  }

  /** Null where there is no cursor. */
  get cursorRow(): number | null {
    return drawScreen(this.model).cursor?.row ?? null
  }

  get text(): string {
    return this.lines.join('\n')
  }
}

export function task(index: number, kind: string, state: string, progressPercent: number) {
  return {
    ...{ id: `01J${String(index).padStart(23, '0')}`, kind, state, progressPercent, createdAt: '2026-11-21T01:20:05.120Z' },
    ...{ by: 'administrator', target: { kind: 'vm', id: '1' }, cancellable: state === 'running', endedAt: null, error: null },
  }
}

export function manyTasks(count: number): Answers {
  return {
    ...administrator,
    'GET /v1/tasks': { items: Array.from({ length: count }, (_, at) => task(at, 'vm.power-on', 'succeeded', 100)) },
  }
}
