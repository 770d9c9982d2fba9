// Content-Digest: SHA-256 is taken, other digests may stand beside it, and what cannot be checked is refused.
import { describe, expect, it } from 'vitest'
import { parseContentDigest } from '../../../control/src/domain/content-digest.ts'

// @source FIPS 180-2 appendix B.1, in base64
const ABC = 'ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='
const HEX = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'

describe('Content-Digest', () => {
  it.each([
    ['is absent', undefined, null],
    ['is SHA-256', `sha-256=:${ABC}:`, HEX],
    ['has others beside it', `sha-512=:AAAA:, sha-256=:${ABC}:,crc32c=:qw==:`, HEX],
    ['comes without its padding', `sha-256=:${ABC.replace('=', '')}:`, HEX],
  ])('%s', (_name, text, value) => {
    expect(parseContentDigest(text)).toEqual({ ok: true, value })
  })

  it.each([
    ['is empty', '', 'malformed'],
    ['is of another kind only', 'sha-512=:AAAA:', 'unsupported'],
    ['is in hexadecimal', `sha-256=${HEX}`, 'malformed'],
    ['is too short', 'sha-256=:AAAA:', 'malformed'],
    ['is too long', `sha-256=:${ABC.replace('=', 'AA')}:`, 'malformed'],
    ['ends with bits that are nobody’s', `sha-256=:${ABC.replace('0=', '1=')}:`, 'malformed'],
    ['is padded in the middle', `sha-256=:${ABC.replace('v4', '=4')}:`, 'malformed'],
  ])('%s: refused', (_name, text, code) => {
    expect(parseContentDigest(text)).toMatchObject({
      ok: false,
      problems: [{ code: `request.content-digest.${code}`, field: 'Content-Digest' }],
    })
  })
})
