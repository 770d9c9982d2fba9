// The receipt of a received file is taken as it is printed, or not at all.
import { describe, expect, it } from 'vitest'
import { parseReceipt } from '../../../control/src/codec/receipt.ts'

const sha256 = '0f'.repeat(32)

describe('a receipt', () => {
  it('is read', () => {
    expect(parseReceipt(`{"bytes":3,"sha256":"${sha256}"}\n`)).toEqual({ bytes: 3, sha256 })
  })

  it.each([
    '',
    'null',
    '{}',
    `{"bytes":-1,"sha256":"${sha256}"}`,
    `{"bytes":1.5,"sha256":"${sha256}"}`,
    '{"bytes":3,"sha256":"0f"}',
    '{"bytes":3',
  ])('is not %j', (text) => {
    expect(parseReceipt(text)).toBeNull()
  })
})
