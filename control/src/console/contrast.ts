// High contrast: the same cells in white on black, black on white where they were on a colour.
import { backgroundOf, boldBit, glyphs, type Screen, style } from './cells.ts'

const upperHalf = glyphs.upperHalf.charCodeAt(0)
const plain = style('white', 'black')
const strong = style('white', 'black', true)
const reversed = style('black', 'white')

export function toHighContrast(screen: Screen): void {
  for (const [index, cell] of screen.styles.entries()) {
    // A QR code is as high as contrast gets, and means something by its colours.
    if (screen.chars[index] === upperHalf) continue
    screen.styles[index] = backgroundOf(cell) !== 0 ? reversed : (cell & boldBit) !== 0 ? strong : plain
  }
}
