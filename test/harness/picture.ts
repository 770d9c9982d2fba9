// Pictures as pixels: decoded from PNG, counted, compared.
import { inflateSync } from 'node:zlib'

/** RGBA, 8 bits each, rows from the top. */
export interface Picture {
  readonly width: number
  readonly height: number
  readonly data: ArrayLike<number>
}

/** How many pixels are not black. */
export function litPixels({ data }: Picture): number {
  let lit = 0
  for (let at = 0; at < data.length; at += 4) if (data[at] || data[at + 1] || data[at + 2]) lit++
  return lit
}

/** Share of the pixels that have another colour in the other picture, 0 to 1; 1 for pictures of another size. */
export function difference(one: Picture, other: Picture): number {
  if (one.width !== other.width || one.height !== other.height) return 1
  let different = 0
  for (let at = 0; at < one.data.length; at += 4)
    if (one.data[at] !== other.data[at] || one.data[at + 1] !== other.data[at + 1] || one.data[at + 2] !== other.data[at + 2]) different++
  return different / (one.width * one.height)
}

/** Only what QEMU writes: 8-bit RGB, not interlaced. @source PNG specification (ISO/IEC 15948), 5 and 9 */
export function decodePng(file: Buffer): Picture {
  if (file.toString('latin1', 0, 8) !== '\x89PNG\r\n\x1a\n') throw new Error('no PNG')
  const compressed: Buffer[] = []
  let ended = false
  for (let at = 8; at + 12 <= file.length; at += 12 + file.readUInt32BE(at)) {
    const type = file.toString('latin1', at + 4, at + 8)
    if (type === 'IDAT') compressed.push(file.subarray(at + 8, at + 8 + file.readUInt32BE(at)))
    ended = type === 'IEND'
  }
  if (!ended) throw new Error('a PNG without its end')
  const [width, height] = [file.readUInt32BE(16), file.readUInt32BE(20)]
  const kind = [...file.subarray(24, 29)]
  if (kind.join() !== '8,2,0,0,0') throw new Error(`a PNG of another kind: ${kind}`)
  const rows = unfilter(inflateSync(Buffer.concat(compressed)), height, width * 3)
  const data = new Uint8Array(width * height * 4).fill(255)
  for (let pixel = 0; pixel < width * height; pixel++) data.set(rows.subarray(pixel * 3, pixel * 3 + 3), pixel * 4)
  return { width, height, data }
}

/** Each row begins with the number of its filter, which says what was subtracted from its bytes. */
function unfilter(filtered: Buffer, height: number, rowBytes: number): Uint8Array {
  if (filtered.length !== height * (rowBytes + 1)) throw new Error(`a PNG with ${filtered.length} bytes of rows`)
  const rows = new Uint8Array(height * rowBytes)
  for (let y = 0; y < height; y++) {
    const filter = filtered.readUInt8(y * (rowBytes + 1))
    for (let x = 0; x < rowBytes; x++) {
      const at = y * rowBytes + x
      const left = x < 3 ? 0 : (rows[at - 3] ?? 0)
      const above = y === 0 ? 0 : (rows[at - rowBytes] ?? 0)
      const aboveLeft = x < 3 || y === 0 ? 0 : (rows[at - rowBytes - 3] ?? 0)
      rows[at] = filtered.readUInt8(y * (rowBytes + 1) + 1 + x) + predicted(filter, left, above, aboveLeft)
    }
  }
  return rows
}

function predicted(filter: number, left: number, above: number, aboveLeft: number): number {
  switch (filter) {
    case 0:
      return 0
    case 1:
      return left
    case 2:
      return above
    case 3:
      return (left + above) >> 1
    case 4: {
      const estimate = left + above - aboveLeft
      const [a, b, c] = [Math.abs(estimate - left), Math.abs(estimate - above), Math.abs(estimate - aboveLeft)]
      if (a <= b && a <= c) return left
      return b <= c ? above : aboveLeft
    }
    default:
      throw new Error(`a PNG row with the filter ${filter}`)
  }
}
