// Reads answers of the API for showing: what is missing or of another type than expected shows as empty, and never throws.

/** What is at a dotted path, or undefined. */
export function valueAt(value: unknown, path: string): unknown {
  let found = value
  for (const part of path === '' ? [] : path.split('.')) {
    if (typeof found !== 'object' || found === null) return undefined
    found = (found as Record<string, unknown>)[part]
  }
  return found
}

/** Numbers as they are written; anything else that is no text is `otherwise`. */
export function textAt(value: unknown, path: string, otherwise = ''): string {
  const found = valueAt(value, path)
  if (typeof found === 'string') return found
  return typeof found === 'number' && Number.isFinite(found) ? String(found) : otherwise
}

export function numberAt(value: unknown, path: string): number | null {
  const found = valueAt(value, path)
  return typeof found === 'number' && Number.isFinite(found) ? found : null
}

export function flagAt(value: unknown, path: string): boolean {
  return valueAt(value, path) === true
}

export function listAt(value: unknown, path: string): readonly unknown[] {
  const found = valueAt(value, path)
  return Array.isArray(found) ? found : []
}

export function textsAt(value: unknown, path: string): readonly string[] {
  return listAt(value, path).filter((item) => typeof item === 'string')
}
