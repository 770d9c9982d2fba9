// Runs the command line inside a test: a command line in, what it printed and its exit code out.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { run } from '../../../control/src/cli/run.ts'

export interface Ran {
  readonly exit: number
  readonly output: string
  readonly errors: string
}

export interface Surroundings {
  readonly env?: Readonly<Record<string, string | undefined>>
  /** What is typed or piped in; the input ends after it. Null: it stays open. */
  readonly input?: string | null
  /** Everything is a terminal. */
  readonly terminal?: boolean
  readonly interrupted?: AbortSignal
}

/** A stream that keeps what went through it. */
class Sink extends PassThrough {
  readonly isTTY: boolean
  readonly columns = 80
  readonly #parts: Buffer[] = []

  constructor(isTTY: boolean) {
    super()
    this.isTTY = isTTY
    this.on('data', (part: Buffer) => this.#parts.push(part))
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#parts)
  }
}

class Source extends PassThrough {
  readonly isTTY: boolean
  raw = false

  constructor(isTTY: boolean) {
    super()
    this.isTTY = isTTY
  }

  setRawMode(raw: boolean): void {
    this.raw = raw
  }
}

export interface Running {
  readonly input: Source
  readonly output: Sink
  readonly errors: Sink
  readonly ended: Promise<Ran>
}

/** Begins; the input is the caller's to write. */
export function begin(argv: readonly string[], { env = {}, input = '', terminal = false, interrupted }: Surroundings = {}): Running {
  const source = new Source(terminal)
  const output = new Sink(terminal)
  const errors = new Sink(terminal)
  const signal = interrupted ?? new AbortController().signal
  const ended = run(argv, { input: source, output, errors, env, interrupted: signal }, '1.2.3').then(async (exit) => {
    // What was written is with the sinks a turn later.
    await new Promise((resolve) => setImmediate(resolve))
    return { exit, output: output.bytes.toString(), errors: errors.bytes.toString() }
  })
  if (input !== null) source.end(input)
  return { input: source, output, errors, ended }
}

export function corbel(argv: readonly string[], surroundings: Surroundings = {}): Promise<Ran> {
  return begin(argv, surroundings).ended
}

/** A directory that is removed with the process's test. */
export function scratch(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'corbel-cli-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}
