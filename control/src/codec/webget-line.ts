// Reads what webget says of the file that it gets, line by line.

export type WebgetLine =
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'redirect'; readonly location: string }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  | { readonly kind: 'other' }

/** Longer than any that it says. */
export const WEBGET_LINE_BYTES = 4096

export function parseWebgetLine(line: string): WebgetLine {
  if (line === 'done') return { kind: 'done' }
  const length = /^length (\d{1,15})$/.exec(line)?.[1]
  if (length !== undefined) return { kind: 'length', bytes: Number(length) }
  const location = /^redirect (\S{1,2047})$/.exec(line)?.[1]
  if (location !== undefined) return { kind: 'redirect', location }
  const failed = /^failed ([a-z]{1,20}) (.{0,250})$/.exec(line)
  return failed === null ? { kind: 'other' } : { kind: 'failed', code: failed[1] ?? '', message: failed[2] ?? '' }
}
