// One-time codes and backup codes as text, and which step a code is of. The standard's examples are tried with the real HMAC in test/in-hv-core.
import { describe, expect, it } from 'vitest'
import { parseBase32, renderBase32 } from '../../../control/src/domain/base32.ts'
import { renderOtpauth } from '../../../control/src/domain/otpauth.ts'
import { matchingStep, readBackupCode, readTotpCode, renderBackupCode } from '../../../control/src/domain/totp.ts'

/** The code of a step is the step itself. */
const plain = (message: Uint8Array): Uint8Array => {
  const digest = new Uint8Array(20)
  digest.set(message.subarray(4), 0)
  return digest
}
const codeOf = (step: number) => String(step).padStart(6, '0')
const NOW_MS = 30_000 * 1000 + 12_345

describe('a code', () => {
  it.each([
    ['of this step', 1000, 1000],
    ['of the step before', 999, 999],
    ['of the next step', 1001, 1001],
    ['of two steps ago', 998, null],
    ['of two steps ahead', 1002, null],
  ])('%s is taken for step %s', (_name, step, expected) => {
    expect(matchingStep(codeOf(step), NOW_MS, [], plain)).toBe(expected)
  })

  it('that was used is not taken again, and others are', () => {
    expect(matchingStep(codeOf(1000), NOW_MS, [1000], plain)).toBeNull()
    expect(matchingStep(codeOf(1001), NOW_MS, [1000], plain)).toBe(1001)
  })

  it('of a clock that was far ahead keeps no later one of the right time out', () => {
    expect(matchingStep(codeOf(1000), NOW_MS, [9_999_999], plain)).toBe(1000)
  })

  it('is told from other texts', () => {
    expect(['123456', ' 123 456 ', '12345', '1234567', '12345a', ''].map(readTotpCode)).toEqual([
      '123456',
      '123456',
      null,
      null,
      null,
      null,
    ])
  })
})

describe('a backup code', () => {
  it('is read however it was typed', () => {
    expect(renderBackupCode('ABCDEFGH23456777')).toBe('ABCD-EFGH-2345-6777')
    expect(['ABCD-EFGH-2345-6777', 'abcd efgh 2345 6777', 'abcdefgh23456777'].map(readBackupCode)).toEqual(
      Array(3).fill('ABCDEFGH23456777'),
    )
    expect(['ABCD-EFGH-2345-677', 'ABCD-EFGH-2345-6771', '123456'].map(readBackupCode)).toEqual([null, null, null])
  })
})

describe('base32', () => {
  // RFC 4648, section 10, without padding
  it.each([
    ['', ''],
    ['f', 'MY'],
    ['fo', 'MZXQ'],
    ['foo', 'MZXW6'],
    ['foob', 'MZXW6YQ'],
    ['fooba', 'MZXW6YTB'],
    ['foobar', 'MZXW6YTBOI'],
  ])('of %j is %s', (text, expected) => {
    const bytes = Uint8Array.from(text, (character) => character.charCodeAt(0))
    expect(renderBase32(bytes)).toBe(expected)
    expect(parseBase32(expected)).toEqual(bytes)
    expect(parseBase32(expected.toLowerCase())).toEqual(bytes)
  })

  it.each(['M', 'MZ1', 'MZ', 'MY======', 'm y'])('is not %j', (text) => {
    expect(parseBase32(text)).toBeNull()
  })
})

it('the address for apps has names escaped', () => {
  expect(renderOtpauth('rack3', 'a b', 'MZXW6')).toBe(
    'otpauth://totp/Corbel:a%20b%40rack3?secret=MZXW6&issuer=Corbel&algorithm=SHA1&digits=6&period=30',
  )
})
