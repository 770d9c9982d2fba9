// Garbage for the console's tests, the same for the same seed.

/** Positive integers of 31 bits. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0 || 1
  return () => {
    // xorshift32
    state ^= state << 13
    state >>>= 0
    state ^= state >>> 17
    state ^= state << 5
    state >>>= 0
    return state >>> 1
  }
}

const pieces = [
  ...['\x1b[', '\x1b]0;', '\x1bP', '\x1b\\', '\x07', '\x1b[2J', '\x1b[999;999H', '\x1bc', '\x1b[?1049h', '\x1b[31m', '\x1b(0', '\x0e'],
  ...['\x9b', '\x90', '\r', '\n', '\t', '\b', '\x7f', '\0', '\u202e', '\u200b', '\u0301', 'e\u0301', '機', '한', '👾', '\ud800', '│', 'é'],
  ...['plain text ', '; ', '0', '~', '\x1b[9999999999999999C', '\x1b[r', '\x1b[5;2r'],
]

export function garbage(next: () => number, length: number): string {
  let text = ''
  for (let at = 0; at < length; at++) {
    text += next() % 3 === 0 ? String.fromCharCode(next() % 256) : (pieces[next() % pieces.length] ?? '')
  }
  return text
}
