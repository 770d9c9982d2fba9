// What a page of the console is: a module with its own state that turns events into commands and draws itself. The shell (`app`) keeps the stack of them.
import type { ConsoleStatus } from '../domain/console-status.ts'
import type { Severity } from '../domain/event.ts'
import type { Screen } from './cells.ts'
import type { Key } from './keys.ts'
import type { Rect } from './layout.ts'
import type { Session } from './session.ts'

/** What became of a request. */
export type Answer =
  | {
      readonly kind: 'answered'
      /** An HTTP status. */
      readonly status: number
      /** Parsed JSON; text of any other kind; undefined where there was none. */
      readonly body: unknown
      readonly etag: string | null
      readonly retryAfterSeconds: number | null
    }
  /** The connection or the deadline ended first: it may have been done or not. */
  | { readonly kind: 'unanswered' }

export type PageEvent =
  /** First event of a page. */
  | { readonly kind: 'opened' }
  | { readonly kind: 'key'; readonly key: Key }
  /** To a request or a poll of this page, by its id. */
  | { readonly kind: 'answer'; readonly id: string; readonly answer: Answer }
  /** On top again: the page above has closed, with what it was asked for or undefined. */
  | { readonly kind: 'returned'; readonly result: unknown }
  /** About once a second while on top. */
  | { readonly kind: 'tick' }
  /** Of the stream that the page has attached. */
  | { readonly kind: 'received'; readonly bytes: Uint8Array }
  /** The stream is open, or will not be (with why), or has ended. */
  | { readonly kind: 'stream'; readonly state: 'open' | 'refused' | 'ended'; readonly message: string }

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export type PageCommand =
  /** A call of the API with the session's token; answered by an `answer` event with this id, always. */
  | {
      readonly kind: 'request'
      readonly id: string
      readonly method: Method
      /** With its query string, if it has one. */
      readonly path: string
      readonly body?: unknown
      readonly ifMatch?: string
      /** 20 s unless given. */
      readonly timeoutMs?: number
      /** Sent as whoever stands at the machine, without the session's token. */
      readonly asConsole?: true
      /** In place of the session's. */
      readonly token?: string
    }
  /** What the page polls, now. */
  | { readonly kind: 'poll' }
  | { readonly kind: 'push'; readonly page: Page }
  | { readonly kind: 'replace'; readonly page: Page }
  /** Closes this page; `commands` are done by the page beneath. */
  | { readonly kind: 'pop'; readonly result?: unknown; readonly commands?: readonly PageCommand[] }
  /** One sentence above the bottom line, until the next key. */
  | { readonly kind: 'notice'; readonly severity: Severity; readonly text: string }
  | { readonly kind: 'logged-in'; readonly session: Session; readonly page: Page }
  | { readonly kind: 'log-out'; readonly text?: string }
  /** Opens a stream of bytes (a route with `upgrade`); one at a time. */
  | { readonly kind: 'attach'; readonly path: string }
  | { readonly kind: 'send'; readonly text: string }
  | { readonly kind: 'detach' }

/** A GET that is repeated while the page is on top. A changed path is asked for at once. */
export interface Poll {
  readonly id: string
  readonly path: string
  readonly everyMs: number
}

export interface Context {
  /** What the page may draw on; the same in `reduce` as in `draw`. */
  readonly rect: Rect
  readonly status: ConsoleStatus | null
  readonly service: 'starting' | 'answering' | 'away'
  readonly session: Session | null
  /** The terminal shows half blocks; one on a serial line may not. */
  readonly halfBlocks: boolean
  /** Monotonic; about a second old at most. */
  readonly nowMs: number
}

export interface PageStep<State> {
  readonly state: State
  readonly commands: readonly PageCommand[]
}

export interface PageModule<State> {
  title(state: State): string
  /** A box over the page beneath, which stays visible. */
  readonly overlay?: true
  /** All keys go to the page, those of the shell too. */
  readonly grabsKeys?: true
  polls?(state: State, context: Context): readonly Poll[]
  reduce(state: State, event: PageEvent, context: Context): PageStep<State>
  /** Stays inside `context.rect`; may place the cursor. */
  draw(state: State, screen: Screen, context: Context): void
  /** `KEY What`, the most useful first. */
  hints(state: State, context: Context): readonly string[]
}

/** A module with a state, whatever its type. */
export interface Page {
  readonly title: string
  readonly overlay: boolean
  readonly grabsKeys: boolean
  polls(context: Context): readonly Poll[]
  reduce(event: PageEvent, context: Context): { readonly page: Page; readonly commands: readonly PageCommand[] }
  draw(screen: Screen, context: Context): void
  hints(context: Context): readonly string[]
}

export function makePage<State>(module: PageModule<State>, state: State): Page {
  const self: Page = {
    title: module.title(state),
    overlay: module.overlay === true,
    grabsKeys: module.grabsKeys === true,
    polls: (context) => module.polls?.(state, context) ?? [],
    reduce(event, context) {
      const step = module.reduce(state, event, context)
      return { page: step.state === state ? self : makePage(module, step.state), commands: step.commands }
    },
    draw: (screen, context) => module.draw(state, screen, context),
    hints: (context) => module.hints(state, context),
  }
  return self
}

/** The state as it was, or changed, and nothing to do but these commands. */
export function stay<State>(state: State, ...commands: readonly PageCommand[]): PageStep<State> {
  return { state, commands }
}

export const pop: PageCommand = { kind: 'pop' }

/** The name of a named key, else null. */
export function keyName(event: PageEvent): string | null {
  return event.kind === 'key' && event.key.kind === 'named' ? event.key.name : null
}
