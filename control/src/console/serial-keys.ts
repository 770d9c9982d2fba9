// Keys → the bytes that a serial terminal sends for them. @source VT220 Programmer Reference Manual, §3.4; terminfo entry linux
import type { Key, KeyName } from './keys.ts'

const sequences: Readonly<Record<KeyName, string>> = {
  enter: '\r',
  tab: '\t',
  'back-tab': '\x1b[Z',
  backspace: '\x7f',
  escape: '\x1b',
  up: '\x1b[A',
  down: '\x1b[B',
  right: '\x1b[C',
  left: '\x1b[D',
  home: '\x1b[1~',
  insert: '\x1b[2~',
  delete: '\x1b[3~',
  end: '\x1b[4~',
  'page-up': '\x1b[5~',
  'page-down': '\x1b[6~',
  f1: '\x1bOP',
  f2: '\x1bOQ',
  f3: '\x1bOR',
  f4: '\x1bOS',
  f5: '\x1b[15~',
  f6: '\x1b[17~',
  f7: '\x1b[18~',
  f8: '\x1b[19~',
  f9: '\x1b[20~',
  f10: '\x1b[21~',
  f11: '\x1b[23~',
  f12: '\x1b[24~',
}

/** Empty for what is no key. */
export function serialBytes(key: Key): string {
  if (key.kind === 'named') return sequences[key.name]
  if (key.kind === 'char') return key.char
  return key.kind === 'control' ? String.fromCharCode(key.letter.charCodeAt(0) & 0x1f) : ''
}
