// A QR code as lines for a terminal: two modules a character by half blocks, black on white whatever colours the terminal has. Never for a file or a pipe.
import { encode } from 'uqr'

const halves = { none: ' ', upper: '▀', lower: '▄', both: '█' } as const

/** With a quiet zone; ends with a line break. @source ISO/IEC 18004 */
export function renderQr(text: string): string {
  const { data, size } = encode(text, { ecc: 'L', border: 2 })
  const isDark = (row: number, column: number) => data[row]?.[column] === true
  const character = (row: number, column: number) => {
    const [upper, lower] = [isDark(row, column), isDark(row + 1, column)]
    if (upper && lower) return halves.both
    return upper ? halves.upper : lower ? halves.lower : halves.none
  }
  const lines = Array.from({ length: Math.ceil(size / 2) }, (_, line) =>
    Array.from({ length: size }, (_, column) => character(2 * line, column)).join(''),
  )
  return lines.map((line) => `\x1b[30;107m${line}\x1b[0m\n`).join('')
}

/** Columns that {@link renderQr} takes. */
export function qrColumns(text: string): number {
  return encode(text, { ecc: 'L', border: 2 }).size
}
