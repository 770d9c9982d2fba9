// Descriptors of USB devices, those that lie or are cut off included.
import { describe, expect, it } from 'vitest'
import { parseUsbInterfaces } from '../../../control/src/codec/usb-descriptors.ts'

const device = [18, 1, 0, 2, 0, 0, 0, 8, 0x27, 0x06, 1, 0, 0, 0, 1, 4, 11, 1]
const configuration = [9, 2, 34, 0, 1, 1, 8, 0xa0, 50]
const keyboard = [9, 4, 0, 0, 1, 3, 1, 1, 0]
const storage = [9, 4, 1, 0, 2, 8, 6, 80, 0]

const parse = (...bytes: number[]) =>
  parseUsbInterfaces(Uint8Array.from(bytes)).map((one) => `${one.class}.${one.subclass}.${one.protocol}`)

describe('descriptors', () => {
  it('tell the class of each interface, of every configuration', () => {
    expect(parse(...device, ...configuration, ...keyboard, 7, 5, 0x81, 3, 8, 0, 7, ...configuration, ...storage)).toEqual([
      '3.1.1',
      '8.6.80',
    ])
  })

  it.each<[string, number[], string[]]>([
    ['nothing', [], []],
    ['half a header', [9], []],
    ['a length of nothing, which would go on for ever', [...keyboard, 0, 4, 1], ['3.1.1']],
    ['an interface that is cut off', [...keyboard, ...storage.slice(0, 6)], ['3.1.1']],
    ['an interface that is too short to be one', [5, 4, 0, 0, 1, ...keyboard], ['3.1.1']],
  ])('%s ends the reading', (_what, bytes, seen) => {
    expect(parse(...bytes)).toEqual(seen)
  })
})
