// hv:text.
import { decodeUtf8, encodeUtf8, fromBase64, toBase64, toBase64Url, toHex } from 'hv:text'
import { describe, expect, it } from 'vitest'
import { failure } from './support.ts'

const bytes = (...values: number[]) => new Uint8Array(values)

describe('UTF-8', () => {
  it.each(['', 'a', 'ä€', '𝄞 and more', 'a\u0000b'])('goes to bytes and back: %j', (text) => {
    expect(decodeUtf8(encodeUtf8(text))).toBe(text)
  })

  it('encodes a lone surrogate as U+FFFD', () => {
    expect(toHex(encodeUtf8('a\ud800b'))).toBe('61efbfbd62')
  })

  it.each([
    ['a lone continuation', bytes(0x80), '\ufffd'],
    ['an overlong form', bytes(0xc0, 0xaf), '\ufffd\ufffd'],
    ['a surrogate', bytes(0xed, 0xa0, 0x80), '\ufffd\ufffd\ufffd'],
    ['a cut-off sequence', bytes(0xf0, 0x9d, 0x84, 0x41), '\ufffdA'],
    ['past U+10FFFF', bytes(0xf4, 0x90, 0x80, 0x80), '\ufffd\ufffd\ufffd\ufffd'],
  ])('replaces %s, or refuses it when fatal', (_name, input, text) => {
    expect(decodeUtf8(input)).toBe(text)
    expect(failure(() => decodeUtf8(input, { fatal: true }))).toMatchObject({ name: 'HostError', code: 'EILSEQ' })
  })

  it('decodes a view into a larger buffer', () => {
    expect(decodeUtf8(encodeUtf8('abcdef').subarray(2, 4))).toBe('cd')
  })

  it('refuses what are no bytes', () => {
    expect(failure(() => decodeUtf8('text' as unknown as Uint8Array)).name).toBe('TypeError')
    expect(failure(() => decodeUtf8(new Uint16Array(2) as unknown as Uint8Array)).name).toBe('TypeError')
  })
})

describe('base64', () => {
  it.each([
    [bytes(), ''],
    [bytes(102), 'Zg=='],
    [bytes(102, 111), 'Zm8='],
    [bytes(102, 111, 111), 'Zm9v'],
    [bytes(251, 255, 254), '+//+'],
  ])('encodes and decodes %j', (input, text) => {
    expect(toBase64(input)).toBe(text)
    expect([...fromBase64(text)]).toEqual([...input])
    expect([...fromBase64(toBase64Url(input))]).toEqual([...input])
  })

  it('has a URL alphabet without padding', () => {
    expect(toBase64Url(bytes(251, 255, 254, 1))).toBe('-__-AQ')
  })

  it.each(['Z', 'Zg=', 'Zh==', 'Z g=', '====', 'Zg==Zg=='])('refuses %j', (text) => {
    expect(failure(() => fromBase64(text))).toMatchObject({ code: 'EINVAL', syscall: 'fromBase64' })
  })
})
