// Keys and text to be typed.
import { describe, expect, it } from 'vitest'
import { check } from '../../../control/src/domain/check.ts'
import { combinationsOf, KEYS, keyPressSchema } from '../../../control/src/domain/keys.ts'

const codesOf = (input: unknown) => {
  const checked = check(keyPressSchema, input, 'keys')
  return checked.ok ? [] : checked.problems.map(({ code }) => code)
}

describe('keys', () => {
  it('type what a US keyboard types', () => {
    expect(combinationsOf('aB1!\n')).toEqual([['a'], ['shift', 'b'], ['1'], ['shift', '1'], ['ret']])
  })

  it('are known by name for every printable character', () => {
    const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('')
    const used = combinationsOf(printable).flat()
    expect(used.filter((key) => !KEYS.includes(key))).toEqual([])
    expect(() => combinationsOf('é')).toThrow(RangeError)
  })

  it.each<[string, object, readonly string[]]>([
    ['a combination', { keys: ['ctrl', 'alt', 'delete'] }, []],
    ['text', { text: 'root\n' }, []],
    ['nothing', {}, ['keys.either']],
    ['both', { keys: ['a'], text: 'a' }, ['keys.either']],
    ['an unknown key', { keys: ['any'] }, ['keys.keys.not-allowed']],
    ['17 keys', { keys: Array.from({ length: 17 }, () => 'a') }, ['keys.keys.too-many']],
    ['text that cannot be typed', { text: 'é' }, ['keys.text.not-typable']],
    ['text that is too long', { text: 'a'.repeat(257) }, ['keys.text.too-long']],
    ['keys held for ever', { keys: ['a'], holdMs: 5001 }, ['keys.holdMs.above-maximum']],
  ])('%s is checked', (_what, input, codes) => {
    expect(codesOf(input)).toEqual(codes)
  })
})
