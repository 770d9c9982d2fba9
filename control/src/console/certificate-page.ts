// The certificate's fingerprint, large: as text to compare, and as a QR code to scan.
import { formatFingerprint } from './format.ts'
import { keyName, makePage, type Page, type PageModule, pop, stay } from './page.ts'
import { drawQr, qrCode } from './qr.ts'
import { putParagraph } from './surface.ts'
import { theme } from './theme.ts'

const textRows = 2

const module: PageModule<null> = {
  title: () => 'Certificate SHA-256',
  reduce: (state, event) => stay(state, ...(keyName(event) === 'escape' ? [pop] : [])),
  draw(_state, screen, { rect, status, halfBlocks }) {
    const fingerprint = status?.certificateSha256 ?? null
    if (fingerprint === null) {
      putParagraph(screen, rect, 'There is no certificate yet.', theme.body)
      return
    }
    const code = qrCode(fingerprint.replaceAll(':', ''), halfBlocks)
    const fits = code.rows + textRows <= rect.rows && code.columns <= rect.columns
    const needed = `For a QR code this screen would need ${code.rows + textRows + 4} rows and ${code.columns + 4} columns.`
    const lines = formatFingerprint(fingerprint, rect.columns)
    let row = rect.row
    for (const line of lines) row += putParagraph(screen, { ...rect, row, rows: 1 }, line, theme.value)
    const below = { ...rect, row: rect.row + textRows, rows: rect.rows - textRows }
    if (fits) drawQr(screen, { ...below, column: rect.column + Math.floor((rect.columns - code.columns) / 2) }, code)
    else putParagraph(screen, { ...below, row: below.row + 1, rows: 2 }, needed, theme.body)
  },
  hints: () => ['Esc Back'],
}

export function certificatePage(): Page {
  return makePage(module, null)
}
