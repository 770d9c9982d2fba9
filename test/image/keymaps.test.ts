// The keyboard layouts of the image: one file for each name, each a whole one, and keys where people expect them.
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { KEYBOARD_LAYOUT_NAMES } from '../../control/src/domain/keyboard.ts'

const DIRECTORY = 'build/keymaps'
const NAMES = KEYBOARD_LAYOUT_NAMES
/** Plain, Shift, AltGr and Control, with Caps Lock too, then Alt and Control-Alt. */
const TABLES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 64, 65, 66, 67, 68, 69, 70, 71]
const KEYS = 128

/** @source busybox/console-tools/loadkmap.c */
function load(name: string) {
  const bytes = readFileSync(`${DIRECTORY}/${name}.bmap`)
  const flags = [...bytes.subarray(7, 263).entries()].filter(([, flag]) => flag === 1).map(([table]) => table)
  return {
    magic: bytes.subarray(0, 7).toString(),
    length: bytes.length,
    flags,
    key: (table: number, code: number) => {
      const value = bytes.readUInt16LE(263 + 2 * (flags.indexOf(table) * KEYS + code))
      // Unicode is kept XORed; below 0xf000 the high byte is the kind, and of letters and Latin-1 the low byte the character.
      return value >> 8 === 0 || value >> 8 === 0x0b ? String.fromCharCode(value & 0xff) : String.fromCharCode(value ^ 0xf000)
    },
  }
}

describe('keyboard layouts', () => {
  it('are those of the list, in the image and in the generator', () => {
    expect(
      readdirSync(DIRECTORY)
        .filter((name) => name.endsWith('.bmap'))
        .sort(),
    ).toEqual(NAMES.map((name) => `${name}.bmap`).sort())
    const lines = readFileSync('image/keymaps/layouts', 'utf8')
      .split('\n')
      .filter((line) => /^[a-z]/.test(line))
    expect(lines.map((line) => line.split(/\s+/)[0])).toEqual(NAMES)
  })

  it.each(NAMES.map((name) => [name]))('%s is whole', (name) => {
    const { magic, length, flags } = load(name)
    expect([magic, length, flags]).toEqual(['bkeymap', 263 + TABLES.length * KEYS * 2, TABLES])
  })

  it.each([
    ['us', 0, 21, 'y'],
    ['us', 1, 3, '@'],
    ['gb', 1, 4, '£'],
    ['de', 0, 21, 'z'],
    ['de', 0, 12, 'ß'],
    ['de', 2, 16, '@'],
    ['fr', 0, 16, 'a'],
    ['fr', 1, 2, '1'],
    ['ch-de', 0, 26, 'ü'],
    ['es', 0, 39, 'ñ'],
    ['pl', 2, 30, 'ą'],
    ['us-dvorak', 0, 31, 'o'],
  ])('%s has in table %i at key %i: %s', (name, table, code, character) => {
    expect(load(name).key(table, code)).toBe(character)
  })

  it.each(NAMES.map((name) => [name]))('%s switches to no empty screen and shows no registers', (name) => {
    const layout = load(name)
    const bytes = readFileSync(`${DIRECTORY}/${name}.bmap`)
    const kinds = new Set<string>()
    for (const table of layout.flags) {
      for (let code = 1; code < KEYS; code++) {
        const value = bytes.readUInt16LE(263 + 2 * (layout.flags.indexOf(table) * KEYS + code))
        // 5: a console by number. 2: what the kernel does itself, of which locks, return, compose and the like stay.
        if (value >> 8 === 5) kinds.add('console')
        if ([0x0202, 0x0203, 0x0204, 0x0206, 0x020a, 0x020b, 0x020c, 0x020f, 0x0210, 0x0211, 0x0212].includes(value))
          kinds.add(value.toString(16))
      }
    }
    expect([...kinds]).toEqual([])
  })
})
