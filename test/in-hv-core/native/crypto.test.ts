// hv:crypto.
import { hashPassword, randomBytes, sha256, timingSafeEqual, verifyPassword } from 'hv:crypto'
import { encodeUtf8, toHex } from 'hv:text'
import { describe, expect, it } from 'vitest'
import { failure, rejection } from './support.ts'

const cheap = { memoryKiB: 64, passes: 1 }

describe('sha256', () => {
  it.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ['a'.repeat(55), '9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318'],
    ['a'.repeat(56), 'b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a'],
    ['a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
  ])('hashes the standard examples (%#)', (text, digest) => {
    expect(toHex(sha256(text))).toBe(digest)
    expect(toHex(sha256(encodeUtf8(text)))).toBe(digest)
  })
})

describe('randomBytes', () => {
  it('gives as many as asked, different each time', () => {
    expect(randomBytes(0).length).toBe(0)
    expect(randomBytes(65536).length).toBe(65536)
    expect(toHex(randomBytes(16))).not.toBe(toHex(randomBytes(16)))
  })

  it('refuses more than 65536', () => {
    expect(failure(() => randomBytes(65537)).name).toBe('RangeError')
  })
})

describe('timingSafeEqual', () => {
  it.each([
    ['abc', 'abc', true],
    ['abc', 'abd', false],
    ['abc', 'ab', false],
    ['', '', true],
  ])('compares %j and %j', (a, b, equal) => {
    expect(timingSafeEqual(encodeUtf8(a), encodeUtf8(b))).toBe(equal)
  })
})

describe('passwords', () => {
  it('are hashed with argon2id and a fresh salt, and verified', async () => {
    const [one, two] = await Promise.all([hashPassword('geheim €', cheap), hashPassword('geheim €', cheap)])
    expect(one).toMatch(/^\$argon2id\$v=19\$m=64,t=1,p=1\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$/)
    expect(one).not.toBe(two)
    expect(await verifyPassword(one, 'geheim €')).toBe(true)
    expect(await verifyPassword(one, 'geheim')).toBe(false)
  })

  it('are hashed with 19 MiB and two passes by default', async () => {
    expect(await hashPassword('x')).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  })

  it.each([
    '',
    'plain',
    '$argon2i$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0$2b8Oi9DGlv+Y+NlMPgDYNhJUkbHEGHXW5jj/xsdSoQE',
    '$argon2id$v=19$m=262145,t=1,p=1$c2FsdHNhbHRzYWx0$2b8Oi9DGlv+Y+NlMPgDYNhJUkbHEGHXW5jj/xsdSoQE',
    '$argon2id$v=19$m=64,t=17,p=1$c2FsdHNhbHRzYWx0$2b8Oi9DGlv+Y+NlMPgDYNhJUkbHEGHXW5jj/xsdSoQE',
    '$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0',
    '$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHRzYWx0$2b8Oi9DGlv+Y+NlMPgDYNhJUkbHEGHXW5jj/xsdSoQE$x',
  ])('are not verified against %j', async (encoded) => {
    expect(await rejection(verifyPassword(encoded, 'x'))).toMatchObject({ code: 'EINVAL' })
  })
})
