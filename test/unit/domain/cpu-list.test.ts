// Sets of CPUs as text: both ways, and what is none.
import { describe, expect, it } from 'vitest'
import { parseCpuList, renderCpuList, renderCpuMask } from '../../../control/src/domain/cpu-list.ts'

describe('a list of CPUs', () => {
  it.each<[string, string, readonly number[]]>([
    ['one CPU', '0\n', [0]],
    ['a range', '0-3\n', [0, 1, 2, 3]],
    ['ranges and single ones', '0-2,8,16-17\n', [0, 1, 2, 8, 16, 17]],
    ['two threads of a core', '0,128', [0, 128]],
    ['no CPU, as of a node of memory alone', '\n', []],
    ['an empty file', '', []],
    ['disorder and repetition', '9,2-4,3', [2, 3, 4, 9]],
    ['a range of one', '5-5', [5]],
    ['the last CPU there can be', '8191', [8191]],
  ])('is read: %s', (_name, text, cpus) => {
    expect(parseCpuList(text)).toEqual(cpus)
  })

  it.each([
    ['a range that runs backwards', '3-0'],
    ['a number too large', '8192'],
    ['a range that is too long', '0-99999'],
    ['digits without end', '0-999999999999'],
    ['no number', 'all'],
    ['a negative number', '-1'],
    ['an open range', '1-'],
    ['a comma too many', '1,,2'],
    ['a comma at the end', '1,'],
    ['blanks', '1, 2'],
    ['a mask', 'ffffffff,00000003'],
    ['a fraction', '1.5'],
  ])('is refused: %s', (_name, text) => {
    expect(parseCpuList(text)).toBeNull()
  })

  it.each<[string, Iterable<number>, string]>([
    ['no CPU', [], ''],
    ['one CPU', [7], '7'],
    ['two beside each other', [1, 2], '1-2'],
    ['gaps', [0, 1, 2, 8, 16, 17], '0-2,8,16-17'],
    ['disorder and repetition', [3, 1, 2, 3], '1-3'],
    ['a set', new Set([5, 4]), '4-5'],
  ])('is written: %s', (_name, cpus, text) => {
    expect(renderCpuList(cpus)).toBe(text)
  })

  it('says the same after a way there and back', () => {
    for (const text of ['', '0', '0-3', '0,2,4,6', '0-1,4-5,127', '0-8191']) {
      const cpus = parseCpuList(text)
      expect(renderCpuList(cpus ?? [-1])).toBe(text)
    }
  })
})

describe('a mask of CPUs', () => {
  it.each([
    [[], '0'],
    [[0, 1, 5], '23'],
    [[31], '80000000'],
    [[36, 4], '10,00000010'],
  ])('of %j is %s', (cpus, mask) => {
    expect(renderCpuMask(cpus)).toBe(mask)
  })
})
