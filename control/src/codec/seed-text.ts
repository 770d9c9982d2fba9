// Reads the text of a seed as JSON, and says where it stops being JSON.
import type { Checked } from '../domain/problem.ts'

/** The value, not yet a seed. A byte order mark is forgiven. */
export function parseSeedText(text: string): Checked<unknown> {
  const body = text.startsWith('\ufeff') ? text.slice(1) : text
  try {
    return { ok: true, value: JSON.parse(body) }
  } catch {
    const before = body.slice(0, jsonPrefixLength(body)).split('\n')
    const where = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`
    return { ok: false, problems: [{ code: 'seed.not-json', field: '', message: `must be JSON, and is not from ${where} on` }] }
  }
}

const TOKEN =
  /[\s]*(?:(?<open>[{[])|(?<close>[}\]])|(?<comma>,)|(?<colon>:)|(?<string>"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(?<scalar>-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|true\b|false\b|null\b))/y

type Expect = 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'colon' | 'comma-or-end' | 'nothing'

/** How many characters from the start could still begin a JSON text: the end of the last token that fits. @source RFC 8259 section 2 */
function jsonPrefixLength(text: string): number {
  const open: string[] = []
  let expect: Expect = 'value'
  let end = 0
  for (;;) {
    TOKEN.lastIndex = end
    const groups = TOKEN.exec(text)?.groups
    const next: Expect | null = groups === undefined ? null : step(expect, groups, open)
    if (next === null) return end + (/^\s*/.exec(text.slice(end))?.[0].length ?? 0)
    end = TOKEN.lastIndex
    expect = next
  }
}

/** What may follow the token, or null when it may not stand here. `open` are the brackets around it. */
function step(expect: Expect, token: Record<string, string | undefined>, open: string[]): Expect | null {
  const wantsValue = expect === 'value' || expect === 'value-or-end'
  const after = (): Expect => (open.length === 0 ? 'nothing' : 'comma-or-end')
  if (token.open !== undefined) {
    if (!wantsValue) return null
    open.push(token.open)
    return token.open === '{' ? 'key-or-end' : 'value-or-end'
  }
  if (token.close !== undefined) {
    const fits = token.close === '}' ? open.at(-1) === '{' && expect !== 'value-or-end' : open.at(-1) === '[' && expect !== 'key-or-end'
    if (!fits || !expect.endsWith('or-end')) return null
    open.pop()
    return after()
  }
  if (token.comma !== undefined) return expect !== 'comma-or-end' ? null : open.at(-1) === '{' ? 'key' : 'value'
  if (token.colon !== undefined) return expect === 'colon' ? 'value' : null
  if (token.string !== undefined && expect.startsWith('key')) return 'colon'
  return wantsValue ? after() : null
}
