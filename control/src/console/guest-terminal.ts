// A terminal for a guest's serial port: its bytes → cells of a grid, pure. It knows what a Linux guest with TERM=vt220 or linux sends;
// all else is read to its end and shows nothing. What it answers is only where the cursor is and what kind of terminal this is.
// @source ECMA-48 §5.4 and §8.3; VT220 Programmer Reference Manual, chapter 4; console_codes(4)
import {
  blank,
  copyGrid,
  eraseLine,
  eraseScreen,
  type Grid,
  lineFeed,
  makeGrid,
  moveTo,
  plainPen,
  put,
  reverseLineFeed,
  scroll,
  select,
  shift,
} from './guest-grid.ts'
import { cellChar } from './sanitize.ts'

type Mode = 'ground' | 'escape' | 'escape-rest' | 'csi' | 'string' | 'string-escape'

export interface GuestTerminal {
  readonly grid: Grid
  readonly mode: Mode
  /** Of CSI, bounded. */
  readonly parameters: string
  /** Bits and bytes missing of a UTF-8 character. */
  readonly codePoint: number
  readonly missing: number
  readonly cursorShown: boolean
  readonly saved: { readonly column: number; readonly row: number; readonly pen: number; readonly reverse: boolean }
  /** Line drawing in place of small letters, as VT100 has it. */
  readonly drawing: boolean
}

const maxParameters = 64
const home = { column: 0, row: 0, pen: plainPen, reverse: false }

export function makeGuestTerminal(columns: number, rows: number): GuestTerminal {
  const grid = makeGrid(columns, rows)
  return { grid, mode: 'ground', parameters: '', codePoint: 0, missing: 0, cursorShown: true, saved: home, drawing: false }
}

/** Corners, crossings and lines of the VT100's drawing set, in what every terminal of ours can show. */
const drawn: Readonly<Record<string, string>> = {
  ...{ j: '┘', k: '┐', l: '┌', m: '└', q: '─', x: '│', n: '+', t: '│', u: '│', v: '─', w: '─', a: '░', '`': '*', '~': '·' },
}

/** The same of Unicode's, double lines as single ones. */
const boxes: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    '─': '─━═┬┴╦╩╤╧',
    '│': '│┃║├┤╠╣',
    '┌': '┌╔╭',
    '┐': '┐╗╮',
    '└': '└╚╰',
    '┘': '┘╝╯',
    '+': '┼╬',
    '█': '█▓▀▄',
    '░': '░▒',
  }).flatMap(([shown, all]) => [...all].map((char) => [char, shown])),
)

type Mutable = { -readonly [Key in keyof GuestTerminal]: GuestTerminal[Key] } & { reply: string }

function control(terminal: Mutable, byte: number): void {
  const { grid } = terminal
  if (byte === 0x0a || byte === 0x0b || byte === 0x0c) lineFeed(grid)
  else if (byte === 0x0d) moveTo(grid, 0, grid.row)
  else if (byte === 0x08) moveTo(grid, grid.column - 1, grid.row)
  else if (byte === 0x09) moveTo(grid, (Math.floor(grid.column / 8) + 1) * 8, grid.row)
  else if (byte === 0x0e) terminal.drawing = true
  else if (byte === 0x0f) terminal.drawing = false
}

function save({ grid }: Mutable): GuestTerminal['saved'] {
  return { column: grid.column, row: grid.row, pen: grid.pen, reverse: grid.reverse }
}

function restore(terminal: Mutable): void {
  const { grid, saved } = terminal
  moveTo(grid, saved.column, saved.row)
  grid.pen = saved.pen
  grid.reverse = saved.reverse
}

function reset(terminal: Mutable): void {
  const { columns, rows } = terminal.grid
  Object.assign(terminal, makeGuestTerminal(columns, rows))
}

function escaped(terminal: Mutable, char: string): void {
  const { grid } = terminal
  terminal.mode = 'ground'
  if (char === '[') {
    terminal.mode = 'csi'
    terminal.parameters = ''
  } else if ('PX]^_'.includes(char)) terminal.mode = 'string'
  else if (' #%()*+-./'.includes(char)) {
    terminal.mode = 'escape-rest'
    terminal.parameters = char
  } else if (char === 'D') lineFeed(grid)
  else if (char === 'E') {
    moveTo(grid, 0, grid.row)
    lineFeed(grid)
  } else if (char === 'M') reverseLineFeed(grid)
  else if (char === '7') terminal.saved = save(terminal)
  else if (char === '8') restore(terminal)
  else if (char === 'c') reset(terminal)
}

function privateMode(terminal: Mutable, numbers: readonly number[], on: boolean): void {
  for (const number of numbers) {
    if (number === 25) terminal.cursorShown = on
    // The other screen of full-screen programs: there is one, empty whenever it changes.
    else if (number === 1049 || number === 1047 || number === 47) {
      if (on) terminal.saved = save(terminal)
      blank(terminal.grid, 0, terminal.grid.chars.length)
      if (!on) restore(terminal)
    }
  }
}

function scrollRegion(grid: Grid, first: number, last: number): void {
  const top = Math.max(0, first - 1)
  const bottom = Math.min(grid.rows, last) - 1
  if (top >= bottom) return
  grid.top = top
  grid.bottom = bottom
  moveTo(grid, 0, 0)
}

/** By the final character: what it does with its first number (at least 1) and all of them as they were given. */
type Sequence = (terminal: Mutable, count: number, numbers: readonly number[]) => void

function moved(where: (grid: Grid, count: number, numbers: readonly number[]) => readonly [number, number]): Sequence {
  return ({ grid }, count, numbers) => moveTo(grid, ...where(grid, count, numbers))
}

const up = moved((grid, count) => [grid.column, Math.max(grid.row >= grid.top ? grid.top : 0, grid.row - count)])
const down = moved((grid, count) => [grid.column, Math.min(grid.row <= grid.bottom ? grid.bottom : grid.rows - 1, grid.row + count)])
const right = moved((grid, count) => [grid.column + count, grid.row])
const left = moved((grid, count) => [grid.column - count, grid.row])
const toColumn = moved((grid, count) => [count - 1, grid.row])
const to = moved((_grid, count, numbers) => [Math.max(1, numbers[1] ?? 1) - 1, count - 1])

/** Inserts (or with a negative sign deletes) lines, where the cursor is among those that scroll. */
function lines(sign: 1 | -1): Sequence {
  return ({ grid }, count) => {
    if (grid.row < grid.top || grid.row > grid.bottom) return
    scroll(grid, grid.row, grid.bottom, -sign * count)
    moveTo(grid, 0, grid.row)
  }
}

function report(terminal: Mutable, what: number): void {
  const { column, row } = terminal.grid
  if (what === 6) terminal.reply += `\x1b[${row + 1};${column + 1}R`
  else if (what === 5) terminal.reply += '\x1b[0n'
}

function eraseCells({ grid }: Mutable, count: number): void {
  const start = grid.row * grid.columns
  blank(grid, start + grid.column, start + Math.min(grid.columns, grid.column + count))
}

const sequences: Readonly<Record<string, Sequence>> = {
  ...{ A: up, B: down, e: down, C: right, a: right, D: left, G: toColumn, '`': toColumn, H: to, f: to },
  E: (terminal, count, numbers) => {
    down(terminal, count, numbers)
    moveTo(terminal.grid, 0, terminal.grid.row)
  },
  F: (terminal, count, numbers) => {
    up(terminal, count, numbers)
    moveTo(terminal.grid, 0, terminal.grid.row)
  },
  d: moved((grid, count) => [grid.column, count - 1]),
  J: ({ grid }, _count, numbers) => eraseScreen(grid, numbers[0] ?? 0),
  K: ({ grid }, _count, numbers) => eraseLine(grid, numbers[0] ?? 0),
  L: lines(1),
  M: lines(-1),
  '@': ({ grid }, count) => shift(grid, count),
  P: ({ grid }, count) => shift(grid, -count),
  X: eraseCells,
  S: ({ grid }, count) => scroll(grid, grid.top, grid.bottom, count),
  T: ({ grid }, count) => scroll(grid, grid.top, grid.bottom, -count),
  m: ({ grid }, _count, numbers) => select(grid, numbers),
  r: ({ grid }, count, numbers) => scrollRegion(grid, count, numbers[1] || grid.rows),
  s: (terminal) => {
    terminal.saved = save(terminal)
  },
  u: restore,
  n: (terminal, _count, numbers) => report(terminal, numbers[0] ?? 0),
  c: (terminal) => {
    terminal.reply += '\x1b[?6c'
  },
}

function csi(terminal: Mutable, final: string): void {
  const { parameters } = terminal
  terminal.mode = 'ground'
  const numbers = parameters
    .replace(/[^\d;:]/g, '')
    .split(/[;:]/)
    .map((text) => Math.min(9999, Number(text)))
  if (!/^[?>=<]/.test(parameters)) sequences[final]?.(terminal, Math.max(1, numbers[0] ?? 0), numbers)
  else if (parameters.startsWith('?') && (final === 'h' || final === 'l')) privateMode(terminal, numbers, final === 'h')
}

function printed(terminal: Mutable, codePoint: number): void {
  const char = String.fromCodePoint(codePoint)
  const line = terminal.drawing ? drawn[char] : boxes[char]
  put(terminal.grid, line === undefined ? cellChar(codePoint) : line.charCodeAt(0))
}

function ground(terminal: Mutable, byte: number): void {
  if (terminal.missing > 0 && (byte & 0xc0) === 0x80) {
    terminal.codePoint = (terminal.codePoint << 6) | (byte & 0x3f)
    terminal.missing--
    if (terminal.missing === 0) printed(terminal, terminal.codePoint <= 0x10ffff ? terminal.codePoint : 0xfffd)
    return
  }
  // What was begun and not ended.
  if (terminal.missing > 0) printed(terminal, 0xfffd)
  terminal.missing = 0
  if (byte < 0x20) control(terminal, byte)
  else if (byte < 0x7f) printed(terminal, byte)
  else if (byte >= 0xc2 && byte <= 0xf4) {
    terminal.missing = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3
    terminal.codePoint = byte & (0x3f >> terminal.missing)
  } else if (byte !== 0x7f) printed(terminal, 0xfffd)
}

function inCsi(terminal: Mutable, byte: number): void {
  if (byte < 0x20) control(terminal, byte)
  else if (byte >= 0x40 && byte <= 0x7e) csi(terminal, String.fromCharCode(byte))
  else if (terminal.parameters.length < maxParameters) terminal.parameters += String.fromCharCode(byte)
}

function inString(terminal: Mutable, byte: number): void {
  if (byte === 0x07) terminal.mode = 'ground'
  else if (byte === 0x1b) terminal.mode = 'string-escape'
}

function afterStringEscape(terminal: Mutable, byte: number): void {
  terminal.mode = byte === 0x1b ? 'string-escape' : 'ground'
  if (byte !== 0x5c && byte !== 0x1b) escaped(terminal, String.fromCharCode(byte))
}

function restOfEscape(terminal: Mutable, byte: number): void {
  if (byte < 0x30) return
  if (terminal.parameters === '(') terminal.drawing = byte === 0x30
  terminal.mode = 'ground'
}

function inEscape(terminal: Mutable, byte: number): void {
  if (byte < 0x20) control(terminal, byte)
  else escaped(terminal, String.fromCharCode(byte))
}

const modes: Readonly<Record<Mode, (terminal: Mutable, byte: number) => void>> = {
  ground,
  escape: inEscape,
  'escape-rest': restOfEscape,
  csi: inCsi,
  string: inString,
  'string-escape': afterStringEscape,
}

function step(terminal: Mutable, byte: number): void {
  const inAString = terminal.mode === 'string' || terminal.mode === 'string-escape'
  if (byte === 0x1b && !inAString) {
    terminal.mode = 'escape'
    terminal.missing = 0
  }
  // CAN and SUB end whatever has begun.
  else if (byte === 0x18 || byte === 0x1a) terminal.mode = 'ground'
  else modes[terminal.mode](terminal, byte)
}

/** Reads `bytes` on; `reply` is what the terminal answers the guest. */
export function feedGuest(terminal: GuestTerminal, bytes: Uint8Array): { terminal: GuestTerminal; reply: string } {
  const { reply, ...next } = bytes.reduce<Mutable>(
    (current, byte) => {
      step(current, byte)
      return current
    },
    { ...terminal, grid: copyGrid(terminal.grid), reply: '' },
  )
  return { terminal: next, reply }
}
