// The layout of the keyboard at the machine's screen. The serial line has none: its terminal sends characters.
import * as v from 'valibot'
import { closed } from './check.ts'

/** By the name of the layout's file, with words for people. @source image/keymaps/layouts */
export const KEYBOARD_LAYOUTS = {
  us: 'English (US)',
  'us-intl': 'English (US, international, dead keys)',
  'us-dvorak': 'English (Dvorak)',
  'us-colemak': 'English (Colemak)',
  gb: 'English (UK)',
  ie: 'Irish',
  de: 'German',
  'de-nodead': 'German (no dead keys)',
  at: 'German (Austria)',
  'ch-de': 'German (Switzerland)',
  'ch-fr': 'French (Switzerland)',
  fr: 'French',
  'fr-bepo': 'French (BEPO)',
  be: 'Belgian',
  ca: 'French (Canada)',
  nl: 'Dutch',
  es: 'Spanish',
  latam: 'Spanish (Latin American)',
  pt: 'Portuguese',
  br: 'Portuguese (Brazil)',
  it: 'Italian',
  dk: 'Danish',
  no: 'Norwegian',
  se: 'Swedish',
  fi: 'Finnish',
  is: 'Icelandic',
  ee: 'Estonian',
  lv: 'Latvian',
  lt: 'Lithuanian',
  pl: 'Polish',
  cz: 'Czech',
  sk: 'Slovak',
  hu: 'Hungarian',
  si: 'Slovenian',
  hr: 'Croatian',
  ro: 'Romanian',
  tr: 'Turkish',
  jp: 'Japanese (Latin letters)',
} as const satisfies Readonly<Record<string, string>>

export type KeyboardLayout = keyof typeof KEYBOARD_LAYOUTS
export const KEYBOARD_LAYOUT_NAMES = Object.keys(KEYBOARD_LAYOUTS) as readonly KeyboardLayout[]
export const DEFAULT_KEYBOARD_LAYOUT: KeyboardLayout = 'us'

export const keyboardLayoutSchema = v.pipe(
  v.picklist(KEYBOARD_LAYOUT_NAMES),
  v.description('Layout of the keyboard at the machine’s screen. The serial line is not concerned. Takes effect at once.'),
)

export const keyboardSettingSchema = closed({ layout: keyboardLayoutSchema })

export interface KeyboardView {
  readonly layout: KeyboardLayout
  readonly layouts: readonly { readonly name: KeyboardLayout; readonly description: string }[]
}
