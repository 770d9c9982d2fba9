// Makes text from anywhere safe to show: every character takes exactly one column and none is an instruction to a terminal.
//
// Kept are printable ASCII and Latin-1. Everything else (controls, escapes, bidirectional and zero-width marks, wide, combining and
// private characters) becomes `?`, one for each code point, so widths need no table. The kernel's console fonts could not show
// most of it anyway, and names of VMs are ASCII by rule.

const replacement = '?'

function isDisplayable(codePoint: number): boolean {
  if (codePoint < 0x7f) return codePoint >= 0x20
  // 0xa0 and 0xad are a space that does not break and a hyphen that may not show.
  return codePoint > 0xa0 && codePoint <= 0xff && codePoint !== 0xad
}

/** The text with as many characters as it takes columns. Line breaks and tabs become spaces. */
export function displayable(text: string): string {
  let shown = ''
  for (const char of text) {
    const codePoint = char.codePointAt(0) ?? 0
    if (codePoint === 0x09 || codePoint === 0x0a || codePoint === 0x0d || codePoint === 0xa0) shown += ' '
    else shown += isDisplayable(codePoint) ? char : replacement
  }
  return shown
}

/** Whether a typed character may go into a field. */
export function isTypeable(codePoint: number): boolean {
  if (codePoint < 0x20 || (codePoint >= 0x7f && codePoint < 0xa0)) return false
  return codePoint <= 0x10ffff && !(codePoint >= 0xd800 && codePoint <= 0xdfff)
}
