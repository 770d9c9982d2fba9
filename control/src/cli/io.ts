// What the program has of its surroundings: streams, environment, the wish to stop. Handed in, so that tests can be at the other end.
import type { Readable, Writable } from 'node:stream'

export interface Input extends Readable {
  readonly isTTY?: boolean
  setRawMode?(raw: boolean): unknown
}

export interface Output extends Writable {
  readonly isTTY?: boolean
  readonly columns?: number
  readonly rows?: number
}

export interface Io {
  readonly input: Input
  /** Results. */
  readonly output: Output
  /** Everything else: problems, questions, progress. */
  readonly errors: Output
  readonly env: Readonly<Record<string, string | undefined>>
  /** Aborted when somebody presses Ctrl-C or ends the program. */
  readonly interrupted: AbortSignal
}

export function print(io: Io, text: string): void {
  io.output.write(text)
}

/** A line beside the result. */
export function note(io: Io, text: string): void {
  io.errors.write(`${text}\n`)
}
