// Renders a value for the message of a failed expectation. Portable ECMAScript.
import { Asymmetric } from './equality.ts'

const MAX_LENGTH = 4000

export function inspect(value: unknown): string {
  const text = render(value, [])
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text
}

function render(value: unknown, above: readonly unknown[]): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function') return `[function ${value.name}]`
  if (value instanceof Asymmetric) return value.describe()
  if (typeof value !== 'object' || value === null) return String(value)
  if (above.includes(value)) return '[circular]'
  const deeper = [...above, value]
  if (value instanceof Error) return `${value.name}: ${value.message}`
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Date(invalid)' : value.toISOString()
  if (value instanceof RegExp) return String(value)
  if (value instanceof Map)
    return `Map {${[...value].map(([key, item]) => `${render(key, deeper)} => ${render(item, deeper)}`).join(', ')}}`
  if (value instanceof Set) return `Set {${[...value].map((item) => render(item, deeper)).join(', ')}}`
  if (ArrayBuffer.isView(value) && !(value instanceof DataView))
    return `${value.constructor.name} [${Array.from(value as unknown as ArrayLike<unknown>).join(', ')}]`
  if (Array.isArray(value)) return `[${value.map((item) => render(item, deeper)).join(', ')}]`
  const fields = Object.entries(value).map(([key, item]) => `${key}: ${render(item, deeper)}`)
  return `{${fields.join(', ')}}`
}
