// hv:crypto.
import { hashPassword, hmacSha1, randomBytes, seal, sha256, timingSafeEqual, unseal, verifyPassword } from 'hv:crypto'
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

// RFC 2202, section 3
describe('hmacSha1', () => {
  it.each([
    [new Uint8Array(20).fill(0x0b), 'Hi There', 'b617318655057264e28bc0b6fb378c8ef146be00'],
    [new Uint8Array(80).fill(0xaa), 'Test Using Larger Than Block-Size Key - Hash Key First', 'aa4ae5e15272d00e95705637ce8a3b55ed402112'],
    [new Uint8Array(), '', 'fbdb1d1b18aa6c08324b7d64b71fb76370690e1d'],
  ])('authenticates the standard examples (%#)', (key, message, digest) => {
    expect(toHex(hmacSha1(key, encodeUtf8(message)))).toBe(digest)
  })

  it('takes bytes alone', () => {
    expect(failure(() => hmacSha1('key' as never, encodeUtf8('x'))).name).toBe('TypeError')
  })
})

// RFC 8439, section 2.8.2
const fromHex = (text: string) => Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))

describe('sealing', () => {
  const key = Uint8Array.from({ length: 32 }, (_, index) => 0x80 + index)
  const nonce = fromHex('070000004041424344454647')
  const associated = fromHex('50515253c0c1c2c3c4c5c6c7')
  const data = encodeUtf8(
    "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
  )
  const sealed = seal(key, nonce, data, associated)

  it('is that of the standard example, and is undone', () => {
    expect(toHex(sealed.subarray(0, 16))).toBe('d31a8d34648e60db7b86afbc53ef7ec2')
    expect(toHex(sealed.subarray(-16))).toBe('1ae10b594f09e26a7e902ecbd0600691')
    expect(toHex(unseal(key, nonce, sealed, associated) ?? new Uint8Array())).toBe(toHex(data))
    expect(unseal(key, nonce, seal(key, nonce, new Uint8Array(), associated), associated)?.length).toBe(0)
  })

  it.each([
    [
      'another key',
      () =>
        unseal(
          Uint8Array.from(key, (byte) => byte ^ 1),
          nonce,
          sealed,
          associated,
        ),
    ],
    ['other associated bytes', () => unseal(key, nonce, sealed, new Uint8Array())],
    [
      'an altered byte',
      () =>
        unseal(
          key,
          nonce,
          Uint8Array.from(sealed, (byte, index) => (index === 3 ? byte ^ 1 : byte)),
          associated,
        ),
    ],
    ['an end that is missing', () => unseal(key, nonce, sealed.subarray(0, -1), associated)],
    ['next to nothing', () => unseal(key, nonce, sealed.subarray(0, 15), associated)],
  ])('is not undone with %s', (_what, attempt) => {
    expect(attempt()).toBeNull()
  })

  it('wants a key and a nonce of the right length', () => {
    expect(failure(() => seal(key.subarray(1), nonce, data, associated)).name).toBe('RangeError')
    expect(failure(() => unseal(key, nonce.subarray(1), data, associated)).name).toBe('RangeError')
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
  it('give the same with the same salt, and take none of another length', async () => {
    const salt = new Uint8Array(16).fill(7)
    const first = await hashPassword('correct horse', { ...cheap, salt })
    expect(await hashPassword('correct horse', { ...cheap, salt })).toBe(first)
    expect(await hashPassword('correct horsf', { ...cheap, salt })).not.toBe(first)
    expect(failure(() => hashPassword('correct horse', { ...cheap, salt: salt.subarray(1) })).name).toBe('RangeError')
  })

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
