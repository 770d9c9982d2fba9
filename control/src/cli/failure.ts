// The one way in which a command ends without success: an exit code and every problem, for people and as the host's document.
import type { Problem } from '../domain/problem.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { printable } from './printable.ts'

export class Failure extends Error {
  override readonly name = 'Failure'
  readonly exitCode: ExitCode
  readonly problems: readonly Problem[]
  /** What the host answered, where that is what failed; printed with `--json`. */
  readonly document: unknown

  constructor(exitCode: ExitCode, problems: readonly Problem[], document?: unknown) {
    super(problems.map(problemLine).join('\n'))
    this.exitCode = exitCode
    this.problems = problems
    this.document = document
  }
}

export function failure(exitCode: ExitCode, code: string, message: string, field = ''): Failure {
  return new Failure(exitCode, [{ code, field, message }])
}

/** A command line that is not understood: one or more problems of it. */
export function usage(...problems: readonly Problem[]): Failure {
  return new Failure(EXIT.usage, problems)
}

/** `field: message (code)`. */
export function problemLine({ code, field, message }: Problem): string {
  return printable(`${field === '' ? '' : `${field}: `}${message} (${code})`)
}
