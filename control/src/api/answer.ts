// Makes answers: JSON, none, and problems. @source RFC 9457 (problem details), RFC 9110
import type { Refusal, RefusalKind } from '../app/refusal.ts'
import type { Problem } from '../domain/problem.ts'
import type { Vm } from '../domain/vm-status.ts'
import type { CompleteResponse } from './message.ts'

type Headers = Readonly<Record<string, string>>

const COMMON: Headers = { 'cache-control': 'no-store' }

export function json(status: number, value: unknown, headers: Headers = {}): CompleteResponse {
  return jsonText(status, JSON.stringify(value), headers)
}

export function jsonText(status: number, body: string, headers: Headers = {}): CompleteResponse {
  return { kind: 'complete', status, headers: { ...COMMON, 'content-type': 'application/json', ...headers }, body }
}

/** Text of a media type that no browser is to take for another. */
export function text(mediaType: string, body: string): CompleteResponse {
  return { kind: 'complete', status: 200, headers: { ...COMMON, 'content-type': mediaType, 'x-content-type-options': 'nosniff' }, body }
}

export function noContent(): CompleteResponse {
  return { kind: 'complete', status: 204, headers: COMMON, body: '' }
}

const fragments = new WeakMap<Vm, string>()

/** A VM's JSON, kept as long as the object: the app gives the same one until something in it changes. */
export function vmFragment(vm: Vm): string {
  const known = fragments.get(vm)
  if (known !== undefined) return known
  const text = JSON.stringify(vm)
  fragments.set(vm, text)
  return text
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  426: 'Upgrade Required',
  428: 'Precondition Required',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  507: 'Insufficient Storage',
}

export function problem(
  status: number,
  code: string,
  detail: string,
  problems: readonly Problem[] = [],
  headers: Headers = {},
): CompleteResponse {
  const body = { type: 'about:blank', title: TITLES[status] ?? 'Error', status, code, detail, problems }
  return {
    kind: 'complete',
    status,
    headers: { ...COMMON, 'content-type': 'application/problem+json', ...headers },
    body: JSON.stringify(body),
  }
}

const STATUS: Readonly<Record<RefusalKind, number>> = {
  invalid: 422,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'precondition-failed': 412,
  'precondition-required': 428,
  'rate-limited': 429,
  unavailable: 503,
  'insufficient-storage': 507,
}

export function refused({ kind, code, message, problems, retryAfterSeconds }: Refusal): CompleteResponse {
  const headers = {
    ...(kind === 'unauthenticated' ? { 'www-authenticate': 'Bearer' } : {}),
    ...(retryAfterSeconds === null ? {} : { 'retry-after': String(retryAfterSeconds) }),
  }
  return problem(STATUS[kind], code, message, problems, headers)
}
