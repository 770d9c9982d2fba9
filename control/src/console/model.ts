// All that the console knows: the terminal's size, what the host answered, who has logged in, the stack of pages.
import type { ConsoleStatus } from '../domain/console-status.ts'
import type { Severity } from '../domain/event.ts'
import { columnsOfContent, type Rect } from './layout.ts'
import type { Context, Page } from './page.ts'
import type { Session } from './session.ts'
import type { SetupForm } from './setup-form.ts'

/** A page's place in the stack. */
export interface Entry {
  readonly id: number
  readonly page: Page
  /** Its polls by their id: for which path, when next, and which request is under way. */
  readonly polled: Readonly<Record<string, { readonly path: string; readonly nextMs: number; readonly request: number | null }>>
  /** The stream that it has attached. */
  readonly stream: number | null
}

export interface Notice {
  readonly severity: Severity
  readonly text: string
}

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
  /** Above the status screen, the top one last. */
  readonly stack: readonly Entry[]
  /** The installer's pages have been opened; whoever leaves them is not brought back. */
  readonly installerShown: boolean
  readonly session: Session | null
  readonly notice: Notice | null
  readonly highContrast: boolean
  /** Monotonic, as of the last tick; 0 before the first. */
  readonly nowMs: number
  readonly lastKeyMs: number
  /** Requests under way: whose, and what that page calls it. */
  readonly pending: ReadonlyMap<number, { readonly entry: number; readonly id: string; readonly withToken: boolean }>
  /** Numbers of requests, entries and streams; none is used twice. */
  readonly nextNumber: number
}

export const emptyModel: Model = {
  columns: 80,
  rows: 24,
  sizeFromReports: false,
  service: 'starting',
  status: null,
  setup: null,
  stack: [],
  installerShown: false,
  session: null,
  notice: null,
  highContrast: false,
  nowMs: 0,
  lastKeyMs: 0,
  pending: new Map(),
  nextNumber: 1,
}

/** Between the title bar with a row below it, and the row of the notice above the keys. */
export function contentRect({ columns, rows }: Pick<Model, 'columns' | 'rows'>): Rect {
  const width = Math.max(1, Math.min(columnsOfContent, columns - 4))
  return { column: Math.floor((columns - width) / 2), row: 2, columns: width, rows: Math.max(1, rows - 4) }
}

export function contextOf(model: Model): Context {
  const { status, service, session, nowMs } = model
  return { rect: contentRect(model), status, service, session, halfBlocks: !model.sizeFromReports, nowMs }
}
