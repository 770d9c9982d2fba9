// What a command is: its words, what it takes, and what it does. The parser, the help and the completion all read this.
import type { Client } from './client.ts'
import type { Io } from './io.ts'

/** What an argument or the value of an option names; the completion knows how to find them. */
export type Kind = 'vm' | 'pool' | 'device' | 'datastore' | 'file' | 'task' | 'profile' | 'local-file' | 'key' | 'field' | 'text'

export interface Argument {
  /** As the help shows it: `VM`. */
  readonly name: string
  readonly kind: Kind
  readonly optional?: boolean
  /** Takes all that follow. */
  readonly repeated?: boolean
  /** What it can be, where that is a choice. */
  readonly values?: readonly string[]
}

export interface Option {
  /** Without its dashes. */
  readonly name: string
  /** What the help calls its value; a switch has none. */
  readonly value?: string
  readonly kind?: Kind
  readonly values?: readonly string[]
  readonly repeated?: boolean
  /** A switch that has an opposite, `--no-NAME`. */
  readonly negatable?: boolean
  readonly help: string
}

/** What the command line says, its form checked. */
export interface Given {
  readonly arguments: readonly string[]
  has(option: string): boolean
  /** The value of an option; undefined when it was not given. */
  value(option: string): string | undefined
  /** All values of a repeated one. */
  values(option: string): readonly string[]
}

export interface Context {
  readonly given: Given
  readonly io: Io
  /** Whether the host's documents are wanted instead of text for people. */
  readonly json: boolean
  /** The host that was chosen; throws when there is none or nobody is logged in to it. Closed when the command ends. */
  host(): Client
}

export interface Command {
  /** `['vm', 'power-on']`, `['login']`. */
  readonly words: readonly [string] | readonly [string, string]
  readonly summary: string
  /** More for its help, in lines. */
  readonly details?: readonly string[]
  readonly arguments?: readonly Argument[]
  /** Made when they are asked for: some follow from large schemas. */
  readonly options?: () => readonly Option[]
  /** Left out of help and completion. */
  readonly hidden?: boolean
  /** Takes its arguments as they are, dashes and all. */
  readonly raw?: boolean
  run(context: Context): Promise<void>
}

export const GLOBAL_OPTIONS: readonly Option[] = [
  {
    name: 'host',
    value: 'HOST',
    kind: 'profile',
    help: 'Which host, by its address or the name given at log-in; default: CORBEL_HOST, or the last log-in',
  },
  { name: 'json', help: 'Print the host’s documents instead of text for people' },
  { name: 'help', help: 'This help' },
]
