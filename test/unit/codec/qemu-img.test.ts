// What qemu-img says while it works and when it fails.
import { describe, expect, it } from 'vitest'
import { ProgressReader, parseComplaint, parseMeasure } from '../../../control/src/codec/qemu-img.ts'

describe('the progress of qemu-img', () => {
  it.each<[string, readonly string[], (number | null)[]]>([
    ['comes whole', ['    (0.00/100%)\r', '    (12.50/100%)\r', '    (100.00/100%)\r\n'], [0, 12.5, 100]],
    ['comes in pieces', ['    (1', '2.50/1', '00%)\r    (13'], [null, null, 12.5]],
    ['comes several at a time: the latest counts', ['    (1.00/100%)\r    (2.00/100%)\r'], [2]],
    ['is none', ['hello\r', '(101.00/100%)\r', '\n'], [null, null, null]],
    ['is not lost behind rubbish without end', ['x'.repeat(10_000), '\r    (3.00/100%)\r'], [null, 3]],
  ])('%s', (_name, chunks, expected) => {
    const reader = new ProgressReader()
    expect(chunks.map((chunk) => reader.push(chunk))).toEqual(expected)
  })
})

describe('the measure of an image', () => {
  it.each([
    ['an answer', '{\n "required": 21430272,\n "fully-allocated": 1074135040\n}\n', 21_430_272],
    ['no JSON', 'required size: 1', null],
    ['a number', '5', null],
    ['nothing of use', '{"required": "5"}', null],
    ['less than nothing', '{"required": -1}', null],
  ])('is taken from %s', (_name, text, expected) => {
    expect(parseMeasure(text)).toBe(expected)
  })
})

describe('a complaint of qemu-img', () => {
  it.each([
    [
      'without room',
      'qemu-img: /image/new: Could not write zeros for preallocation: No space left on device\n',
      { message: 'new: Could not write zeros for preallocation: No space left on device', noRoom: true },
    ],
    [
      'after a warning',
      "qemu-img: warning: something\nqemu-img: Could not open '/image/source': Image is corrupt\n\n",
      { message: "Could not open 'source': Image is corrupt", noRoom: false },
    ],
    ['that says nothing', '\n', { message: '', noRoom: false }],
    ['without end', 'x'.repeat(1000), { message: 'x'.repeat(300), noRoom: false }],
  ])('%s', (_name, text, expected) => {
    expect(parseComplaint(text)).toEqual(expected)
  })
})
