// JSON from outside is read with limits.
import { describe, expect, it } from 'vitest'
import { parseJson } from '../../../control/src/domain/json.ts'

describe('JSON from outside', () => {
  it('is read', () => {
    expect(parseJson('{"a":[1,"}]{["]}')).toEqual({ ok: true, value: { a: [1, '}]{['] } })
  })

  it.each([
    ['nothing', '', 'request.malformed-json'],
    ['half an object', '{"a":', 'request.malformed-json'],
    ['a trailing comma', '{"a":1,}', 'request.malformed-json'],
    ['single quotes', "{'a':1}", 'request.malformed-json'],
    ['two documents', '{}{}', 'request.malformed-json'],
    ['17 levels', `${'['.repeat(17)}${']'.repeat(17)}`, 'request.too-deep'],
    ['a million brackets', '['.repeat(1_000_000), 'request.too-deep'],
    ['a prototype', '{"__proto__":{"a":1}}', 'request.unknown-field'],
    ['a constructor deep inside', '{"a":{"constructor":1}}', 'request.unknown-field'],
  ])('is refused when it is %s', (_what, text, code) => {
    const parsed = parseJson(text)
    expect(parsed.ok ? [] : parsed.problems.map((problem) => problem.code)).toEqual([code])
  })

  it('may be 16 levels deep', () => {
    expect(parseJson(`${'['.repeat(16)}${']'.repeat(16)}`).ok).toBe(true)
  })
})
