// Makes text from a host or its guests harmless to a terminal: nothing in it is an instruction, nothing turns or hides what stands beside it.

/** Controls (C0, DEL, C1), line and paragraph separators, marks of direction, and what has no width. */
const UNFIT = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g

/** One line: each unfit character becomes `?`, line breaks and tabs become spaces. */
export function printable(text: string): string {
  return text.replace(/[\t\n\r]+/g, ' ').replace(UNFIT, '?')
}

/** Text of several lines, such as a log: line breaks and tabs stay. */
export function printableLines(text: string): string {
  return text.replace(/\r+\n/g, '\n').replace(UNFIT, (character) => (character === '\n' || character === '\t' ? character : '?'))
}

/** The document as JSON of two spaces; controls that JSON lets through are escaped, which changes nothing of what it says. */
export function renderJson(document: unknown, indent = 2): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(document, null, indent).replace(/[\u007f-\u009f\u2028-\u202e\u2060-\u206f]/g, escaped)
}
