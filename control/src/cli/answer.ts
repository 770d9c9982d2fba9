// What a host answers, and what a refusal means for the program's exit code.
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { Problem } from '../domain/problem.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { Failure } from './failure.ts'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
}

const EXIT_OF_STATUS: Readonly<Record<number, ExitCode>> = {
  400: EXIT.usage,
  401: EXIT.denied,
  403: EXIT.denied,
  404: EXIT.notFound,
  409: EXIT.conflict,
  412: EXIT.conflict,
  413: EXIT.usage,
  415: EXIT.usage,
  422: EXIT.usage,
  428: EXIT.conflict,
}

export async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const parts: Buffer[] = []
  for await (const part of response) parts.push(part as Buffer)
  return { status: response.statusCode ?? 0, headers: response.headers, bytes: Buffer.concat(parts) }
}

/** The body of a JSON answer; undefined where there is none. */
export function documentOf({ bytes }: Answer): unknown {
  if (bytes.length === 0) return undefined
  try {
    return JSON.parse(bytes.toString()) as unknown
  } catch {
    return undefined
  }
}

export function succeeded({ status }: Answer): boolean {
  return status >= 200 && status < 300
}

/** One problem for each that the host names, or one for the whole. @source RFC 9457 */
export function failureOf(answer: Answer): Failure {
  const document = documentOf(answer)
  const body = typeof document === 'object' && document !== null ? (document as Readonly<Record<string, unknown>>) : {}
  const code = typeof body.code === 'string' ? body.code : `http.${answer.status}`
  const detail = typeof body.detail === 'string' ? body.detail : `The host answered ${answer.status}.`
  const named = Array.isArray(body.problems) ? body.problems.filter(isProblem) : []
  const retry = answer.headers['retry-after']
  const hint = code === 'auth.required' || answer.status === 401 ? loginHint(code) : retry === undefined ? '' : ` Try again in ${retry} s.`
  const problems: readonly Problem[] = named.length > 0 ? named : [{ code, field: '', message: `${detail}${hint}` }]
  return new Failure(exitCodeOf(answer.status, code), problems, document)
}

/** A gateway without its control daemon is as good as no host. */
function exitCodeOf(status: number, code: string): ExitCode {
  if (status >= 502 && status <= 504 && code.startsWith('gateway.')) return EXIT.unreachable
  return EXIT_OF_STATUS[status] ?? EXIT.failed
}

function loginHint(code: string): string {
  return code === 'auth.invalid-credentials' ? '' : ' Log in with: corbel login HOST'
}

function isProblem(value: unknown): value is Problem {
  const { code, field, message } = (value ?? {}) as Partial<Problem>
  return typeof code === 'string' && typeof field === 'string' && typeof message === 'string'
}
