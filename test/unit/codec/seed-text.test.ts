// The text of a seed: JSON, or the place where it stops being JSON.
import { describe, expect, it } from 'vitest'
import { parseSeedText } from '../../../control/src/codec/seed-text.ts'

describe('the text of a seed', () => {
  it('is any JSON value, with or without a byte order mark', () => {
    expect(parseSeedText('\ufeff{"version": 1}\n')).toEqual({ ok: true, value: { version: 1 } })
  })

  it.each([
    ['nothing', '', 'line 1, column 1'],
    ['a comma too many', '{\n  "version": 1,\n}\n', 'line 3, column 1'],
    ['a comma too few', '{\n  "version": 1\n  "hostname": "a"\n}', 'line 3, column 3'],
    ['a comment', '{ // version\n}', 'line 1, column 3'],
    ['single quotes', "{ 'version': 1 }", 'line 1, column 3'],
    ['a missing bracket', '{ "management": { "ipv4": {} }', 'line 1, column 31'],
    ['the wrong bracket', '{ "dns": [1, 2} }', 'line 1, column 15'],
    ['text after its end', '{} {}', 'line 1, column 4'],
    ['a missing colon', '{ "version" 1 }', 'line 1, column 13'],
    ['a leading zero', '{ "version": 01 }', 'line 1, column 14'],
    ['a line end in a string', '{ "a": "b\n" }', 'line 1, column 8'],
    ['a bare word', '[yes]', 'line 1, column 2'],
  ])('that has %s is refused where it stops being JSON', (_name, text, where) => {
    const message = `must be JSON, and is not from ${where} on`
    expect(parseSeedText(text)).toEqual({ ok: false, problems: [{ code: 'seed.not-json', field: '', message }] })
  })
})
