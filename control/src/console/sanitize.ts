// Makes text from anywhere safe to show: every UTF-16 unit takes one column of the screen and none is an instruction to a terminal.
//
// Kept are letters, figures, punctuation and symbols of scripts that run from left to right, composed where Unicode has a composed form.
// A wide character is followed by a filler, so that lengths are widths. Marks that nothing composes with take no column and are left
// out. Everything else (controls, escapes, marks of direction, what is not assigned or private, frames that only the console draws)
// becomes `?`.
import { eastAsianWidth } from 'get-east-asian-width'

const replacement = '?'

/** In the second column of a wide character; in no text from elsewhere. */
export const fillerChar = 0
const filler = '\0'

/** Signs of print for which console fonts and serial lines have another. */
const typewritten: Readonly<Record<string, string>> = { '’': "'", '‘': "'", '“': '"', '”': '"', '–': '-', '—': '-', '…': '.', '•': '*' }

const visible = /^[\p{L}\p{N}\p{P}\p{S}]$/u
const marks = /^[\p{Mn}\p{Me}]$/u

/** Scripts that run from right to left: some terminals would turn the row round. */
function isRightToLeft(codePoint: number): boolean {
  return (
    (codePoint >= 0x590 && codePoint <= 0x8ff) ||
    (codePoint >= 0xfb1d && codePoint <= 0xfdff) ||
    (codePoint >= 0xfe70 && codePoint <= 0xfeff)
  )
}

/** Lines, corners and blocks, which the console draws by itself. */
function isFrame(codePoint: number): boolean {
  return codePoint >= 0x2500 && codePoint <= 0x259f
}

function isDisplayable(codePoint: number): boolean {
  if (codePoint < 0x7f) return codePoint >= 0x20
  // 0xa0 and 0xad are a space that does not break and a hyphen that may not show.
  if (codePoint <= 0xff) return codePoint > 0xa0 && codePoint !== 0xad
  // A cell holds one UTF-16 unit.
  if (codePoint > 0xffff || isRightToLeft(codePoint) || isFrame(codePoint)) return false
  return visible.test(String.fromCodePoint(codePoint))
}

export function isWide(codePoint: number): boolean {
  return codePoint > 0xff && eastAsianWidth(codePoint) === 2
}

/** Most text is ASCII. */
const plain = /^[ -~]*$/

/** The text with as many units as it takes columns. Line breaks and tabs become spaces. Done twice, it changes nothing more. */
export function displayable(text: string): string {
  if (plain.test(text)) return text
  let shown = ''
  let afterWide = false
  for (const char of text.normalize('NFC')) {
    const codePoint = char.codePointAt(0) ?? 0
    const fill = afterWide && codePoint === fillerChar
    afterWide = false
    if (fill || marks.test(char)) continue
    if (codePoint === 0x09 || codePoint === 0x0a || codePoint === 0x0d || codePoint === 0xa0) shown += ' '
    else if (typewritten[char] !== undefined) shown += typewritten[char]
    else if (!isDisplayable(codePoint)) shown += replacement
    else if (isWide(codePoint)) {
      shown += char + filler
      afterWide = true
    } else shown += char
  }
  return shown
}

/** At most `width` columns of what is displayable; a wide character that is cut in two becomes a space. */
export function cutColumns(shown: string, width: number): string {
  const cut = shown.slice(0, Math.max(0, width))
  return shown.charCodeAt(cut.length) === fillerChar && cut !== '' ? `${cut.slice(0, -1)} ` : cut
}

/** What a code point of a guest's takes in a grid of its own: one cell. */
export function cellChar(codePoint: number): number {
  if (isDisplayable(codePoint) && !isWide(codePoint)) return codePoint
  return codePoint === 0xa0 ? 0x20 : 0x3f
}

/** Whether a typed character may go into a field. */
export function isTypeable(codePoint: number): boolean {
  if (codePoint < 0x20 || (codePoint >= 0x7f && codePoint < 0xa0)) return false
  return codePoint <= 0x10ffff && !(codePoint >= 0xd800 && codePoint <= 0xdfff)
}
