// The header of an update file: its manifest and signature are found, and nothing else passes for one.
import { describe, expect, it } from 'vitest'
import { parseUpdateHeader } from '../../../control/src/codec/update-file.ts'

const SIGNATURE = `${'A'.repeat(86)}==`
const header = (text: string) => Uint8Array.from(text.padEnd(4096, '\0'), (character) => character.charCodeAt(0))
const whole = (manifest: string, signature = SIGNATURE) => header(`CORBELUP1\n${manifest}\n${signature}`)

describe('the header', () => {
  it('gives the bytes that are signed, and the signature', () => {
    const found = parseUpdateHeader(whole('{"format":1}'))
    expect(String.fromCharCode(...(found?.manifest ?? []))).toBe('{"format":1}')
    expect(found?.signature).toBe(SIGNATURE)
  })

  it.each([
    ['too short', whole('{}').subarray(0, 4095)],
    ['another file', header('CD001')],
    ['of a later kind', header(`CORBELUP2\n{}\n${SIGNATURE}`)],
    ['without an end of its manifest', header(`CORBELUP1\n${'x'.repeat(4000)}`)],
    ['with too long a manifest', whole('x'.repeat(3501))],
    ['without a manifest', whole('')],
    ['with a signature of another length', whole('{}', 'AAAA')],
    ['with something behind the signature', whole('{}', `${SIGNATURE}\n{"format":1}`)],
  ])('is none when it is %s', (_, bytes) => {
    expect(parseUpdateHeader(bytes)).toBeNull()
  })

  it('may have a manifest of 3,500 bytes', () => {
    expect(parseUpdateHeader(whole('x'.repeat(3500)))?.manifest.length).toBe(3500)
  })
})
