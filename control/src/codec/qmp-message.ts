// QMP lines → messages and commands → lines. It never decides what an answer means.
// @source QEMU docs/interop/qmp-spec.rst

export type QmpMessage =
  | { readonly kind: 'greeting'; readonly version: string; readonly capabilities: readonly string[] }
  | { readonly kind: 'return'; readonly id: number; readonly value: unknown }
  /** `id` is null where QEMU could not tell which command it was. */
  | { readonly kind: 'error'; readonly id: number | null; readonly errorClass: string; readonly description: string }
  | { readonly kind: 'event'; readonly event: string; readonly data: Readonly<Record<string, unknown>> }
  | { readonly kind: 'malformed'; readonly reason: string }

type JsonObject = Readonly<Record<string, unknown>>

/** One line as QEMU sends it; a trailing carriage return is allowed. */
export function parseQmpLine(line: string): QmpMessage {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return { kind: 'malformed', reason: 'not JSON' }
  }
  if (!isObject(value)) return { kind: 'malformed', reason: 'no object' }
  if ('QMP' in value) return parseGreeting(value.QMP)
  if ('event' in value) return parseEvent(value)
  if ('return' in value) {
    if (!isId(value.id)) return { kind: 'malformed', reason: 'return without a numeric id' }
    return { kind: 'return', id: value.id, value: value.return }
  }
  if ('error' in value) return parseError(value)
  return { kind: 'malformed', reason: 'neither greeting, return, error nor event' }
}

/** One line with its line break. `commandArguments` must be what JSON can hold. */
export function renderQmpCommand(id: number, command: string, commandArguments?: JsonObject): string {
  const message = commandArguments === undefined ? { execute: command, id } : { execute: command, arguments: commandArguments, id }
  return `${JSON.stringify(message)}\n`
}

function parseGreeting(body: unknown): QmpMessage {
  const qemu = isObject(body) && isObject(body.version) && isObject(body.version.qemu) ? body.version.qemu : null
  if (qemu === null || !isObject(body) || !Array.isArray(body.capabilities))
    return { kind: 'malformed', reason: 'greeting without version' }
  const { major, minor, micro } = qemu
  if (!isId(major) || !isId(minor) || !isId(micro)) return { kind: 'malformed', reason: 'greeting without version' }
  const capabilities = body.capabilities.filter((name): name is string => typeof name === 'string')
  return { kind: 'greeting', version: `${major}.${minor}.${micro}`, capabilities }
}

function parseEvent(value: JsonObject): QmpMessage {
  if (typeof value.event !== 'string') return { kind: 'malformed', reason: 'event without a name' }
  if (value.data !== undefined && !isObject(value.data)) return { kind: 'malformed', reason: 'event data is no object' }
  return { kind: 'event', event: value.event, data: value.data ?? {} }
}

function parseError(value: JsonObject): QmpMessage {
  const { error, id } = value
  if (!isObject(error) || typeof error.class !== 'string' || typeof error.desc !== 'string') {
    return { kind: 'malformed', reason: 'error without class and description' }
  }
  if (id !== undefined && !isId(id)) return { kind: 'malformed', reason: 'error with an id that is no number' }
  return { kind: 'error', id: id ?? null, errorClass: error.class, description: error.desc }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0
}
