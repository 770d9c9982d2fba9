// A QR code in cells: two modules a cell by half blocks, or one module in two cells on terminals that have none. Dark on light, with a quiet zone.
// @source ISO/IEC 18004
import { encode } from 'uqr'
import { blankChar, glyphs, putGlyphs, putText, type Screen, style } from './cells.ts'
import type { Rect } from './layout.ts'

export interface QrCode {
  readonly modules: readonly (readonly boolean[])[]
  readonly halves: boolean
  readonly columns: number
  readonly rows: number
}

/** `text` in capitals, figures and `:` takes the least. */
export function qrCode(text: string, halves: boolean): QrCode {
  const { data: modules, size } = encode(text, { ecc: 'L', border: 2 })
  return { modules, halves, columns: halves ? size : 2 * size, rows: halves ? Math.ceil(size / 2) : size }
}

function colour(dark: boolean | undefined) {
  return dark === true ? 'black' : 'white'
}

/** At the rectangle's upper left corner; nothing where it does not fit. */
export function drawQr(screen: Screen, rect: Rect, { modules, halves, columns, rows }: QrCode): void {
  if (columns > rect.columns || rows > rect.rows) return
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < (halves ? columns : columns / 2); column++) {
      if (halves) {
        const cell = style(colour(modules[2 * row]?.[column]), colour(modules[2 * row + 1]?.[column]))
        putGlyphs(screen, rect.column + column, rect.row + row, glyphs.upperHalf, 1, cell)
      } else {
        const blanks = String.fromCharCode(blankChar, blankChar)
        putText(screen, rect.column + 2 * column, rect.row + row, blanks, style('white', colour(modules[row]?.[column])))
      }
    }
  }
}
