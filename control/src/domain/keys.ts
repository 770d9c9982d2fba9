// Keys of a VM's keyboard: their names, and which of them type a character on a US layout.
// @source QEMU qapi/ui.json, QKeyCode
import * as v from 'valibot'
import { closed, rule } from './check.ts'
import { field } from './field.ts'

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'
const DIGITS = '0123456789'

export const KEYS: readonly string[] = [
  ...['shift', 'shift_r', 'ctrl', 'ctrl_r', 'alt', 'alt_r', 'meta_l', 'meta_r', 'menu'],
  ...['esc', 'tab', 'ret', 'spc', 'backspace', 'insert', 'delete', 'home', 'end', 'pgup', 'pgdn', 'left', 'up', 'down', 'right'],
  ...['caps_lock', 'num_lock', 'scroll_lock', 'print', 'sysrq', 'pause'],
  ...[
    'minus',
    'equal',
    'bracket_left',
    'bracket_right',
    'semicolon',
    'apostrophe',
    'grave_accent',
    'backslash',
    'comma',
    'dot',
    'slash',
    'less',
  ],
  ...['kp_divide', 'kp_multiply', 'kp_subtract', 'kp_add', 'kp_enter', 'kp_decimal'],
  ...[...DIGITS].map((digit) => `kp_${digit}`),
  ...Array.from({ length: 12 }, (_, index) => `f${index + 1}`),
  ...LETTERS,
  ...DIGITS,
]

const PLAIN: Readonly<Record<string, string>> = {
  ...{ '-': 'minus', '=': 'equal', '[': 'bracket_left', ']': 'bracket_right', ';': 'semicolon', "'": 'apostrophe', '`': 'grave_accent' },
  ...{ '\\': 'backslash', ',': 'comma', '.': 'dot', '/': 'slash', ' ': 'spc', '\n': 'ret', '\t': 'tab' },
}
const SHIFTED: Readonly<Record<string, string>> = {
  ...{ '!': '1', '@': '2', '#': '3', $: '4', '%': '5', '^': '6', '&': '7', '*': '8', '(': '9', ')': '0' },
  ...{ _: 'minus', '+': 'equal', '{': 'bracket_left', '}': 'bracket_right', ':': 'semicolon', '"': 'apostrophe', '~': 'grave_accent' },
  ...{ '|': 'backslash', '<': 'comma', '>': 'dot', '?': 'slash' },
}

/** The keys that type a character together; null for one that the layout does not have. */
function keysOf(character: string): readonly string[] | null {
  if (LETTERS.includes(character) || DIGITS.includes(character)) return [character]
  const lower = character.toLowerCase()
  if (LETTERS.includes(lower)) return ['shift', lower]
  const plain = PLAIN[character]
  if (plain !== undefined) return [plain]
  const shifted = SHIFTED[character]
  return shifted === undefined ? null : ['shift', shifted]
}

/** The key combinations that type `text` one after the other. */
export function combinationsOf(text: string): readonly (readonly string[])[] {
  return [...text].map((character) => {
    const keys = keysOf(character)
    if (keys === null) throw new RangeError(`no key types ${JSON.stringify(character)}`)
    return keys
  })
}

/** Either keys pressed together, or text. */
export const keyPressSchema = v.pipe(
  closed({
    keys: v.pipe(
      v.optional(v.pipe(v.array(v.picklist(KEYS)), v.maxLength(16)), []),
      field({ title: 'Keys', description: 'Pressed in this order, held together, and released: `["ctrl", "alt", "delete"]`.' }),
    ),
    text: v.pipe(
      v.optional(
        v.pipe(
          v.string(),
          v.maxLength(256),
          rule('not-typable', 'must be what a US keyboard types', (text) => [...text].every((character) => keysOf(character) !== null)),
        ),
        '',
      ),
      field({ title: 'Text', description: 'Typed as on a US keyboard; what appears depends on the layout that the guest has.' }),
    ),
    holdMs: v.pipe(
      v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(5000)), 100),
      field({ title: 'Held for', unit: 'ms', description: 'Keys of a text are held a tenth of it.' }),
    ),
  }),
  rule('either', 'must have keys or text, not both', ({ keys, text }) => keys.length > 0 !== (text !== '')),
)
export type KeyPress = v.InferOutput<typeof keyPressSchema>
