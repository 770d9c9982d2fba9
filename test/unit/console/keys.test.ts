// The bytes of the Linux console and of serial terminals as keys, whole, in pieces, cut off and as garbage.
import { describe, expect, it } from 'vitest'
import { decodeKeys, flushKeys, initialKeyState, isPending, type Key } from '../../../control/src/console/keys.ts'

function bytesOf(latin1: string): Uint8Array {
  return Uint8Array.from(latin1, (char) => char.charCodeAt(0))
}

function show(key: Key): string {
  if (key.kind === 'named') return key.name
  if (key.kind === 'char') return `'${key.char}'`
  return key.kind === 'control' ? `ctrl-${key.letter}` : `at ${key.row},${key.column}`
}

function keysOf(latin1: string): string {
  return decodeKeys(initialKeyState, bytesOf(latin1)).keys.map(show).join(' ')
}

const table: [string, string, string][] = [
  ['printable characters', 'aZ ~', "'a' 'Z' ' ' '~'"],
  ['Enter of any kind', '\r\n\x1bOM', 'enter enter enter'],
  ['Tab and Shift-Tab', '\t\x1b[Z', 'tab back-tab'],
  ['Backspace of either kind', '\x7f\x08', 'backspace backspace'],
  ['control letters', '\x0c\x15\x03', 'ctrl-l ctrl-u ctrl-c'],
  ['cursor keys', '\x1b[A\x1b[B\x1b[C\x1b[D', 'up down right left'],
  ['application cursor keys', '\x1bOA\x1bOB\x1bOC\x1bOD', 'up down right left'],
  ['the Linux console F1 to F5', '\x1b[[A\x1b[[B\x1b[[C\x1b[[D\x1b[[E', 'f1 f2 f3 f4 f5'],
  ['xterm F1 to F4', '\x1bOP\x1bOQ\x1bOR\x1bOS', 'f1 f2 f3 f4'],
  ['VT F1 to F5', '\x1b[11~\x1b[12~\x1b[13~\x1b[14~\x1b[15~', 'f1 f2 f3 f4 f5'],
  ['F6 to F12', '\x1b[17~\x1b[18~\x1b[19~\x1b[20~\x1b[21~\x1b[23~\x1b[24~', 'f6 f7 f8 f9 f10 f11 f12'],
  ['the six keys above the cursor keys', '\x1b[1~\x1b[2~\x1b[3~\x1b[4~\x1b[5~\x1b[6~', 'home insert delete end page-up page-down'],
  ['Home and End of xterm and rxvt', '\x1b[H\x1b[F\x1bOH\x1bOF\x1b[7~\x1b[8~', 'home end home end home end'],
  ['modified keys as the plain ones', '\x1b[1;5A\x1b[15;2~\x1b[1;2P', 'up f5 f1'],
  ['a cursor report', '\x1b[24;80R', 'at 24,80'],
  ['UTF-8', 'h\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80', "'h' 'é' '€' '😀'"],
  ['bad UTF-8 as nothing', '\xff\xc3(\xed\xa0\x80\xc0\x80x', "'(' 'x'"],
  ['C1 controls in UTF-8 as nothing', '\xc2\x9bA', "'A'"],
  ['unknown sequences as nothing', '\x1b[99~\x1b[?1;2c\x1b[>0q\x1bOz', ''],
  ['answers in strings as nothing', '\x1b]11;rgb:00/00/00\x07\x1bP1+r\x1b\\x', "'x'"],
  ['an endless sequence as nothing', `\x1b[${'1;'.repeat(5000)}Ax`, "'x'"],
  ['Alt with a letter as nothing', '\x1bxy', "'y'"],
  ['Esc before a sequence', '\x1b\x1b[A', 'escape up'],
]

describe('decodeKeys', () => {
  it.each(table)('reads %s', (_name, bytes, keys) => {
    expect(keysOf(bytes)).toBe(keys)
  })

  it.each(table)('reads %s the same byte by byte', (_name, bytes, keys) => {
    let state = initialKeyState
    const found: Key[] = []
    for (const byte of bytesOf(bytes)) {
      const decoded = decodeKeys(state, Uint8Array.of(byte))
      state = decoded.state
      found.push(...decoded.keys)
    }
    expect(found.map(show).join(' ')).toBe(keys)
    expect(isPending(state)).toBe(false)
  })

  it('survives every sequence of three bytes out of those that matter', () => {
    const matter = [0x00, 0x1b, 0x5b, 0x4f, 0x5d, 0x07, 0x5c, 0x31, 0x3b, 0x7e, 0x41, 0x52, 0xc3, 0xa9, 0xe2, 0xff]
    let stuck = 0
    for (const a of matter) {
      for (const b of matter) {
        for (const c of matter) {
          const decoded = decodeKeys(initialKeyState, Uint8Array.of(a, b, c))
          if (isPending(flushKeys(decoded.state).state)) stuck++
        }
      }
    }
    expect(stuck).toBe(0)
  })
})

describe('flushKeys', () => {
  it('makes a lone Esc a key', () => {
    const { state } = decodeKeys(initialKeyState, bytesOf('\x1b'))
    expect(isPending(state)).toBe(true)
    expect(flushKeys(state).keys.map(show)).toEqual(['escape'])
  })

  it.each([
    ['a sequence', '\x1b[1;'],
    ['a string', '\x1b]0;abc'],
    ['a character', '\xe2\x82'],
  ])('drops %s that was cut off', (_name, bytes) => {
    const flushed = flushKeys(decodeKeys(initialKeyState, bytesOf(bytes)).state)
    expect(flushed.keys).toEqual([])
    expect(decodeKeys(flushed.state, bytesOf('a')).keys.map(show)).toEqual(["'a'"])
  })
})
