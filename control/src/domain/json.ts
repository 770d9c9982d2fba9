// Reads JSON that came from outside: bounded depth, and none of the keys that mean something to JavaScript itself.
import type { Checked, Problem } from './problem.ts'

const MAX_DEPTH = 16
const RESERVED: readonly string[] = ['__proto__', 'constructor', 'prototype']

/** Codes: `request.malformed-json`, `request.too-deep`, `request.unknown-field`. */
export function parseJson(text: string): Checked<unknown> {
  if (depthOf(text) > MAX_DEPTH)
    return refuse({ code: 'request.too-deep', field: '', message: `must be nested at most ${MAX_DEPTH} deep`, max: MAX_DEPTH })
  const problems: Problem[] = []
  try {
    const value: unknown = JSON.parse(text, (key, inner: unknown) => {
      if (RESERVED.includes(key)) problems.push({ code: 'request.unknown-field', field: key, message: 'is not a known field' })
      return inner
    })
    return problems.length === 0 ? { ok: true, value } : { ok: false, problems }
  } catch {
    return refuse({ code: 'request.malformed-json', field: '', message: 'must be JSON' })
  }
}

function refuse(problem: Problem): Checked<never> {
  return { ok: false, problems: [problem] }
}

/** Counts brackets outside strings, so that a parser's stack is never put to the test. */
function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  let quoted = false
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (quoted) {
      if (unit === 0x5c) index++
      else if (unit === 0x22) quoted = false
    } else if (unit === 0x22) quoted = true
    else if (unit === 0x5b || unit === 0x7b) deepest = Math.max(deepest, ++depth)
    else if (unit === 0x5d || unit === 0x7d) depth--
  }
  return deepest
}
