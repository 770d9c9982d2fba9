// A terminal as a screen that is drawn anew again and again, without flicker and without a trace of the text before.
import type { Io } from './io.ts'

/** Lines that do not fit are left out, at the right and at the bottom. */
export function fitted(text: string, columns: number, rows: number): string {
  return text
    .split('\n')
    .slice(0, Math.max(1, rows - 1))
    .map((line) => [...line].slice(0, Math.max(1, columns)).join(''))
    .join('\n')
}

/** `end` gives the terminal back as it was. */
export function openScreen({ output }: Pick<Io, 'output'>): { draw(text: string): void; end(): void } {
  // The other screen, without a cursor.
  output.write('\x1b[?1049h\x1b[?25l')
  return {
    draw(text) {
      const lines = fitted(text, output.columns ?? 80, output.rows ?? 24)
      output.write(`\x1b[H${lines.replaceAll('\n', '\x1b[K\r\n')}\x1b[J`)
    },
    end: () => void output.write('\x1b[?25h\x1b[?1049l'),
  }
}
