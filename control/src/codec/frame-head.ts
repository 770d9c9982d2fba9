// The JSON heads of REQUEST, RESPONSE and ATTACH frames: text → types with every field checked, and back. Bytes and UTF-8 are the caller's.
// @source docs/architecture.md, "Frames on the control socket"

/** The only header fields of a network request that reach controld. */
export const REQUEST_HEADERS = [
  'authorization',
  'content-type',
  'accept',
  'if-match',
  'if-none-match',
  'last-event-id',
  'idempotency-key',
  'content-digest',
] as const
export type RequestHeader = (typeof REQUEST_HEADERS)[number]

export interface RequestHead {
  /** 1 to 16 upper-case letters. */
  readonly method: string
  /** Starts with `/`, at most 4096 characters. */
  readonly path: string
  /** Raw, without `?`, at most 8192 characters. */
  readonly query: string
  readonly headers: Readonly<Partial<Record<RequestHeader, string>>>
  /** `address:port` of the network client, for the log and the audit; at most 128 characters. */
  readonly remote: string
  /** When the network client connected, on the clock that runs since the boot. */
  readonly connectedMs?: number
  /** SHA-256 of the certificate whose key the client has proved to hold, lower-case hexadecimal. Nothing else of it is known. */
  readonly certificate?: string
  readonly upgrade?: 'websocket'
  /** 1 or more: a body of so many bytes has not been read yet, and comes by a descriptor if it is wanted. */
  readonly bodyBytes?: number
}

export interface ResponseHead {
  /** 100 to 599. */
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
}

const MAX_HEADER_VALUE_CHARACTERS = 8192
const METHOD = /^[A-Z]{1,16}$/
const FINGERPRINT = /^[0-9a-f]{64}$/
const HEADER_NAME = /^[a-z0-9-]{1,64}$/
// A line break in a value would become a header of its own in the gateway's answer.
const HEADER_VALUE = /^[^\r\n\0]*$/

/** Null when the text is no JSON or breaks any rule of {@link RequestHead}; unknown fields are refused. */
export function parseRequestHead(text: string): RequestHead | null {
  const head = parseObject(text)
  const known = ['method', 'path', 'query', 'headers', 'remote', 'connectedMs', 'certificate', 'upgrade', 'bodyBytes']
  if (head === null || !hasOnly(head, known)) return null
  const { method, path, query, remote, connectedMs, certificate, upgrade, bodyBytes } = head
  const headers = checkedHeaders(head.headers, (name) => (REQUEST_HEADERS as readonly string[]).includes(name))
  if (!isText(method, 16) || !METHOD.test(method)) return null
  if (!isText(path, 4096) || !path.startsWith('/')) return null
  if (!isText(query, 8192) || !isText(remote, 128) || headers === null) return null
  if (certificate !== undefined && !(isText(certificate, 64) && FINGERPRINT.test(certificate))) return null
  if (upgrade !== undefined && upgrade !== 'websocket') return null
  if (bodyBytes !== undefined && !isPositive(bodyBytes)) return null
  if (connectedMs !== undefined && !isPositive(connectedMs)) return null
  return {
    ...{ method, path, query, headers, remote },
    ...(connectedMs === undefined ? {} : { connectedMs }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(upgrade === undefined ? {} : { upgrade }),
    ...(bodyBytes === undefined ? {} : { bodyBytes }),
  }
}

/** Null when the text is no JSON or breaks any rule of {@link ResponseHead}; unknown fields are refused. */
export function parseResponseHead(text: string): ResponseHead | null {
  const head = parseObject(text)
  if (head === null || !hasOnly(head, ['status', 'headers'])) return null
  const { status } = head
  const headers = checkedHeaders(head.headers, (name) => HEADER_NAME.test(name))
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 100 || status > 599 || headers === null) return null
  return { status, headers }
}

export function renderRequestHead(head: RequestHead): string {
  return JSON.stringify(head)
}

export function renderResponseHead(head: ResponseHead): string {
  return JSON.stringify(head)
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : null
  } catch {
    return null
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function hasOnly(object: Record<string, unknown>, names: readonly string[]): boolean {
  return Object.keys(object).every((name) => names.includes(name))
}

function isPositive(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0
}

function isText(value: unknown, maxCharacters: number): value is string {
  return typeof value === 'string' && value.length <= maxCharacters
}

function checkedHeaders(value: unknown, allowed: (name: string) => boolean): Record<string, string> | null {
  if (!isObject(value)) return null
  const headers: Record<string, string> = {}
  for (const [name, text] of Object.entries(value)) {
    if (!allowed(name) || !isText(text, MAX_HEADER_VALUE_CHARACTERS) || !HEADER_VALUE.test(text)) return null
    headers[name] = text
  }
  return headers
}
