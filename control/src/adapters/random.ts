// Randomness from the kernel, in the forms that the rest needs.
import { randomBytes } from 'hv:crypto'
import { toBase64Url, toHex } from 'hv:text'
import type { Random } from '../ports/clock.ts'

export function createRandom(): Random {
  return { uuid, token: (bytes) => toBase64Url(randomBytes(bytes)).replaceAll('=', ''), bytes: randomBytes }
}

/** @source RFC 9562, section 5.4 */
function uuid(): string {
  const bytes = randomBytes(16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = toHex(bytes)
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
