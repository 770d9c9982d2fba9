// The output of a guest as lines to read: escape sequences and other controls taken out, long lines cut into several.
// @source ECMA-48 §5.4 (control sequences), §5.6 (control strings)

const sequences = /\x1b(?:\[[0-?]*[ -/]*[@-~]|[PX\]^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])/g

/** The last `most` lines, each of at most `columns` UTF-16 units. */
export function plainLines(text: string, columns: number, most: number): readonly string[] {
  const width = Math.max(1, columns)
  // The end is what is looked at, and lines are seldom longer than a row.
  const tail = text.slice(-most * width)
  const lines = tail
    .replace(sequences, '')
    .split('\n')
    .flatMap((line) => cut(lastWritten(line), width))
  while (lines.at(-1) === '') lines.pop()
  return lines.slice(-most)
}

/** A carriage return begins the line anew; a backspace takes a character back. */
function lastWritten(line: string): string {
  const parts = line.split('\r').filter((part) => part !== '')
  let shown = ''
  for (const char of parts.at(-1) ?? '') {
    if (char === '\b') shown = shown.slice(0, -1)
    else if (char >= ' ' || char === '\t') shown += char
  }
  return shown
}

function cut(line: string, width: number): readonly string[] {
  if (line.length <= width) return [line]
  return Array.from({ length: Math.ceil(line.length / width) }, (_, index) => line.slice(index * width, (index + 1) * width))
}
