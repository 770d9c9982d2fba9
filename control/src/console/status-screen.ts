// The status screen: model → blocks in their order.
import type { Model } from './app.ts'
import type { Block, Ranked } from './layout.ts'
import { drawQr, qrCode } from './qr.ts'
import { accessBlock, healthBlock, machineBlock, seedBlock, vmBlock } from './status-blocks.ts'

/** The fingerprint to scan, where there is room for it and the terminal can show it so small. */
function qrBlocks({ status, sizeFromReports }: Model): Ranked[] {
  const fingerprint = status?.certificateSha256 ?? null
  if (fingerprint === null || sizeFromReports) return []
  const code = qrCode(fingerprint.replaceAll(':', ''), true)
  const draw: Block['draw'] = (screen, rect) => drawQr(screen, rect, code)
  return [{ block: { minRows: code.rows, wantedRows: code.rows, draw }, rank: 5 }]
}

/** From top to bottom, for a width of `columns`. What is wrong outranks what is only good to know. */
export function statusBlocks(model: Model, columns: number): Ranked[] {
  const health: Ranked = { block: healthBlock(model, columns), rank: 0 }
  const status = model.status
  if (status === null) return [health]
  const seed = seedBlock(status, columns)
  return [
    { block: machineBlock(status), rank: 3 },
    { block: accessBlock(status, columns), rank: 1 },
    health,
    ...(seed === null ? [] : [{ block: seed, rank: 2 }]),
    { block: vmBlock(status, columns), rank: 4 },
    ...qrBlocks(model),
  ]
}
