// Single values of sysfs and of modules.
import { describe, expect, it } from 'vitest'
import { parseCount, parseHex, parseSwitch } from '../../../control/src/codec/sysfs-value.ts'

describe('a number', () => {
  it.each<[string | null, number | null]>([
    ['0\n', 0],
    ['127\n', 127],
    ['-1\n', null],
    ['0x10\n', null],
    ['', null],
    ['1 2', null],
    ['9999999999999999', null],
    [null, null],
  ])('%j is %j', (text, number) => {
    expect(parseCount(text)).toBe(number)
  })
})

describe('a switch of a module', () => {
  it.each<[string | null, boolean | null]>([
    ['Y\n', true],
    ['N\n', false],
    ['1\n', true],
    ['0\n', false],
    ['-1\n', null],
    ['y', null],
    ['', null],
    [null, null],
  ])('%j is %j', (text, on) => {
    expect(parseSwitch(text)).toBe(on)
  })
})

describe('an identifier', () => {
  it.each<[string | null, number, string | null]>([
    ['0x8086\n', 4, '8086'],
    ['0x10D3\n', 4, '10d3'],
    ['0x0000\n', 4, '0000'],
    ['0x010802\n', 6, '010802'],
    ['0x8086', 6, null],
    ['8086', 4, null],
    ['0xzzzz', 4, null],
    ['', 4, null],
    [null, 4, null],
  ])('%j of %i digits is %j', (text, digits, id) => {
    expect(parseHex(text, digits)).toBe(id)
  })
})
