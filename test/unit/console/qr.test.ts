// The QR code of the certificate: every module where the encoder has it, in half blocks and in pairs of cells, or not at all.
import { encode } from 'uqr'
import { describe, expect, it } from 'vitest'
import { backgroundOf, foregroundOf, makeScreen, type Screen } from '../../../control/src/console/cells.ts'
import { drawQr, qrCode } from '../../../control/src/console/qr.ts'
import { drawScreen } from '../../../control/src/console/view.ts'
import { Console } from './play.ts'
import { normalStatus } from './samples.ts'

const text = (normalStatus.certificateSha256 ?? '').replaceAll(':', '')
const { data, size } = encode(text, { ecc: 'L', border: 2 })

/** Dark modules as a screen shows them. */
function modulesOf(screen: Screen, halves: boolean): boolean[][] {
  return Array.from({ length: size }, (_, y) =>
    Array.from({ length: size }, (_unused, x) => {
      const cell = halves ? Math.floor(y / 2) * screen.columns + x : y * screen.columns + 2 * x
      const shown = screen.styles[cell] ?? 0
      return (halves && y % 2 === 0 ? foregroundOf(shown) : backgroundOf(shown)) === 0
    }),
  )
}

describe('a QR code', () => {
  it.each([true, false])('has every module, with half blocks %s', (halves) => {
    const code = qrCode(text, halves)
    const screen = makeScreen(80, 40, 0)
    drawQr(screen, { column: 0, row: 0, columns: 80, rows: 40 }, code)
    expect(modulesOf(screen, halves)).toEqual(data)
    const small = makeScreen(80, 40, 0)
    drawQr(small, { column: 0, row: 0, columns: 80, rows: code.rows - 1 }, code)
    expect(small).toEqual(makeScreen(80, 40, 0))
  })

  it('is shown after F3 on the smallest screen, and on the status screen of a large one, in high contrast, too', () => {
    const halves = (console: Console) => drawScreen(console.model).chars.filter((char) => char === 0x2580).length
    const rows = Math.ceil(size / 2)
    expect(halves(new Console())).toBe(0)
    expect(halves(new Console().press('f3'))).toBe(rows * size)
    expect(halves(new Console({}, 160, 50))).toBe(rows * size)
    const plain = drawScreen(new Console().press('f3').model)
    const strong = drawScreen(new Console().press('f3', 'f4').model)
    for (const [index, char] of plain.chars.entries()) if (char === 0x2580) expect(strong.styles[index]).toBe(plain.styles[index])
  })

  it('asks for more room where a serial line has too little', () => {
    const console = new Console()
    console.model = { ...console.model, sizeFromReports: true }
    expect(console.press('f3').text).toContain('this screen would need 39 rows and 70 columns')
  })
})
