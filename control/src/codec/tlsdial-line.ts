// Reads what tlsdial says of its connection, line by line.

export type TlsdialLine =
  | { readonly kind: 'connected' }
  | { readonly kind: 'acked'; readonly bytes: number }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  | { readonly kind: 'other' }

export function parseTlsdialLine(line: string): TlsdialLine {
  if (line.startsWith('connected ')) return { kind: 'connected' }
  const bytes = /^acked (\d{1,15})$/.exec(line)?.[1]
  if (bytes !== undefined) return { kind: 'acked', bytes: Number(bytes) }
  const failed = /^failed ([a-z]{1,20}) (.{0,250})$/.exec(line)
  return failed === null ? { kind: 'other' } : { kind: 'failed', code: failed[1] ?? '', message: failed[2] ?? '' }
}
