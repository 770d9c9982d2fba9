// A host that does not answer, in words.
import { type Address, renderAddress } from './address.ts'
import { EXIT } from './exit-codes.ts'
import { Failure, failure } from './failure.ts'

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'it closed the connection',
  EPIPE: 'it closed the connection',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
  ETIMEDOUT: 'it does not answer',
  ENOTFOUND: 'there is no such name',
  EAI_AGAIN: 'its name cannot be looked up now',
}

/** Failures pass as they are. */
export function unreachable(address: Address, error: Error): Failure {
  if (error instanceof Failure) return error
  const { code = '' } = error as NodeJS.ErrnoException
  return failure(EXIT.unreachable, 'host.unreachable', `${renderAddress(address)} cannot be reached: ${WORDS[code] ?? error.message}`)
}

export function isUnreachable(error: unknown): boolean {
  return error instanceof Failure && error.exitCode === EXIT.unreachable
}
