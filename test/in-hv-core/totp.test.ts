// One-time codes by the real HMAC: the examples of RFC 6238, appendix B (the last six of their eight digits).
import { hmacSha1 } from 'hv:crypto'
import { encodeUtf8 } from 'hv:text'
import { expect, it } from 'vitest'
import { matchingStep } from '../../control/src/domain/totp.ts'

it.each([
  [59, '287082'],
  [1111111109, '081804'],
  [1111111111, '050471'],
  [1234567890, '005924'],
  [2000000000, '279037'],
  [20000000000, '353130'],
])('the code of second %i is %s', (second, code) => {
  const step = Math.floor(second / 30)
  expect(matchingStep(code, second * 1000, [], (message) => hmacSha1(encodeUtf8('12345678901234567890'), message))).toBe(step)
})
