// Bytes from a keyboard or a serial line → key events, in pieces as they come; holds no timer: whoever does calls `flushKeys`.
// @source console_codes(4) and keymaps of the Linux console; xterm ctlseqs, "PC-Style Function Keys" and "VT220-Style Function Keys"

export type KeyName =
  | 'enter'
  | 'tab'
  | 'back-tab'
  | 'backspace'
  | 'escape'
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'home'
  | 'end'
  | 'insert'
  | 'delete'
  | 'page-up'
  | 'page-down'
  | `f${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12}`

export type Key =
  | { readonly kind: 'named'; readonly name: KeyName }
  /** One code point that may be shown or typed. */
  | { readonly kind: 'char'; readonly char: string }
  /** `letter` is lower case: Ctrl-L is `l`. */
  | { readonly kind: 'control'; readonly letter: string }
  /** The terminal's answer to `ESC[6n`; both from 1. */
  | { readonly kind: 'cursor-report'; readonly row: number; readonly column: number }

type Mode = 'ground' | 'escape' | 'escape-escape' | 'csi' | 'linux-function' | 'ss3' | 'string' | 'string-escape' | 'utf-8'

/** What has been read of an unfinished sequence. */
export interface KeyState {
  readonly mode: Mode
  /** Parameter characters of CSI, bounded. */
  readonly parameters: string
  /** Bits and bytes missing of a UTF-8 character, and the least code point that its length may encode. */
  readonly codePoint: number
  readonly missing: number
  readonly least: number
}

export const initialKeyState: KeyState = { mode: 'ground', parameters: '', codePoint: 0, missing: 0, least: 0 }

/** After an Esc, for terminals that lack function keys: F1 to F12. */
const functionDigits = '1234567890-='

/** Longer sequences than any key or report has are dropped to their end. */
const maxParameters = 16

const finals: Readonly<Record<string, KeyName>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  H: 'home',
  F: 'end',
  Z: 'back-tab',
  P: 'f1',
  Q: 'f2',
  R: 'f3',
  S: 'f4',
  M: 'enter',
}

/** The number before `~`. */
const numbered: Readonly<Record<string, KeyName>> = {
  '1': 'home',
  '2': 'insert',
  '3': 'delete',
  '4': 'end',
  '5': 'page-up',
  '6': 'page-down',
  '7': 'home',
  '8': 'end',
  '11': 'f1',
  '12': 'f2',
  '13': 'f3',
  '14': 'f4',
  '15': 'f5',
  '17': 'f6',
  '18': 'f7',
  '19': 'f8',
  '20': 'f9',
  '21': 'f10',
  '23': 'f11',
  '24': 'f12',
}

function named(name: KeyName | undefined): Key[] {
  return name === undefined ? [] : [{ kind: 'named', name }]
}

function keyOfCsi(parameters: string, final: string): Key[] {
  const report = /^(\d{1,4});(\d{1,4})$/.exec(parameters)
  if (final === 'R' && report !== null) return [{ kind: 'cursor-report', row: Number(report[1]), column: Number(report[2]) }]
  const first = parameters.split(';')[0] ?? ''
  if (final === '~') return named(numbered[first])
  // Modifiers come as `1;N` and make no other key here; anything else is a report that nobody asked for.
  return first === '' || first === '1' ? named(finals[final]) : []
}

/** `a` to `z`, and `\\`, `]`, `^`, `_`. */
function controlLetter(byte: number): string {
  return String.fromCharCode(byte + (byte <= 0x1a ? 0x60 : 0x40))
}

function keyOfControl(byte: number): Key[] {
  if (byte === 0x0d || byte === 0x0a) return named('enter')
  if (byte === 0x09) return named('tab')
  if (byte === 0x7f || byte === 0x08) return named('backspace')
  if ((byte >= 0x01 && byte <= 0x1a) || (byte >= 0x1c && byte <= 0x1f)) return [{ kind: 'control', letter: controlLetter(byte) }]
  return []
}

type Step = readonly [KeyState, Key[]]

const ground: Step = [initialKeyState, []]

function enter(mode: Mode): Step {
  return [{ ...initialKeyState, mode }, []]
}

function stepGround(byte: number): Step {
  if (byte === 0x1b) return enter('escape')
  if (byte < 0x20 || byte === 0x7f) return [initialKeyState, keyOfControl(byte)]
  if (byte < 0x7f) return [initialKeyState, [{ kind: 'char', char: String.fromCharCode(byte) }]]
  const start = (codePoint: number, missing: number, least: number): Step => [
    { ...initialKeyState, mode: 'utf-8', codePoint, missing, least },
    [],
  ]
  if (byte >= 0xc2 && byte <= 0xdf) return start(byte & 0x1f, 1, 0x80)
  if (byte >= 0xe0 && byte <= 0xef) return start(byte & 0x0f, 2, 0x800)
  if (byte >= 0xf0 && byte <= 0xf4) return start(byte & 0x07, 3, 0x10000)
  return ground
}

function stepUtf8(state: KeyState, byte: number): Step {
  if ((byte & 0xc0) !== 0x80) return stepGround(byte)
  const codePoint = (state.codePoint << 6) | (byte & 0x3f)
  const missing = state.missing - 1
  if (missing > 0) return [{ ...state, codePoint, missing }, []]
  const valid = codePoint >= state.least && codePoint <= 0x10ffff && !(codePoint >= 0xd800 && codePoint <= 0xdfff) && codePoint > 0x9f
  return [initialKeyState, valid ? [{ kind: 'char', char: String.fromCodePoint(codePoint) }] : []]
}

function stepEscape(byte: number): Step {
  const char = String.fromCharCode(byte)
  if (byte === 0x1b) return [{ ...initialKeyState, mode: 'escape-escape' }, named('escape')]
  if (char === '[') return enter('csi')
  if (char === 'O') return enter('ss3')
  if ('PX]^_'.includes(char)) return enter('string')
  const at = functionDigits.indexOf(char)
  if (at >= 0) return [initialKeyState, named(`f${at + 1}` as KeyName)]
  // Alt with any other key: nothing here has a use for it, and typing the letter instead would surprise.
  return ground
}

/** Some terminals put an Esc before a key's sequence for Alt. */
function stepEscapeEscape(byte: number): Step {
  if (byte === 0x5b) return enter('csi')
  return byte === 0x4f ? enter('ss3') : stepGround(byte)
}

function stepCsi(state: KeyState, byte: number): Step {
  if (byte === 0x1b) return enter('escape')
  if (byte === 0x5b && state.parameters === '') return enter('linux-function')
  if (byte >= 0x40 && byte <= 0x7e) {
    const whole = state.parameters.length <= maxParameters
    return [initialKeyState, whole ? keyOfCsi(state.parameters, String.fromCharCode(byte)) : []]
  }
  if (byte < 0x20 || byte > 0x7e) return ground
  const room = state.parameters.length <= maxParameters
  return [room ? { ...state, parameters: state.parameters + String.fromCharCode(byte) } : state, []]
}

function step(state: KeyState, byte: number): Step {
  switch (state.mode) {
    case 'ground':
      return stepGround(byte)
    case 'utf-8':
      return stepUtf8(state, byte)
    case 'escape':
      return stepEscape(byte)
    case 'escape-escape':
      return stepEscapeEscape(byte)
    case 'csi':
      return stepCsi(state, byte)
    case 'linux-function':
      return byte >= 0x41 && byte <= 0x45 ? [initialKeyState, named(numbered[String(byte - 0x41 + 11)])] : ground
    case 'ss3':
      return [initialKeyState, named(finals[String.fromCharCode(byte)])]
    case 'string':
      return byte === 0x07 ? ground : byte === 0x1b ? enter('string-escape') : [state, []]
    case 'string-escape':
      return byte === 0x5c ? ground : byte === 0x1b ? [state, []] : enter('string')
  }
}

/** Reads `bytes` on from `state`. */
export function decodeKeys(state: KeyState, bytes: Uint8Array): { state: KeyState; keys: Key[] } {
  const keys: Key[] = []
  let current = state
  for (const byte of bytes) {
    const [next, made] = step(current, byte)
    current = next
    keys.push(...made)
  }
  return { state: current, keys }
}

/** True while a sequence is unfinished, so that someone must call `flushKeys` when nothing more comes. */
export function isPending(state: KeyState): boolean {
  return state.mode !== 'ground'
}

/** True after a lone Esc, which people press before a digit in place of a function key. */
export function isEscape(state: KeyState): boolean {
  return state.mode === 'escape'
}

/** Nothing more came for a while: a lone Esc was the key, the rest of a sequence is dropped. */
export function flushKeys(state: KeyState): { state: KeyState; keys: Key[] } {
  return { state: initialKeyState, keys: state.mode === 'escape' ? named('escape') : [] }
}
