// How long an ISO is, by its own word: a medium is longer than what was written to it, and a CD tells no end.

const SECTOR = 2048
/** Where the first volume descriptor is. @source ECMA-119, sections 6.2.1 and 8.4 */
const DESCRIPTOR = 16 * SECTOR
export const ISO_HEAD_BYTES = 17 * SECTOR

/** Bytes; null when this is no beginning of an ISO 9660 image. */
export function isoBytes(head: Uint8Array): number | null {
  if (head.length < ISO_HEAD_BYTES) return null
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const isPrimary =
    view.getUint8(DESCRIPTOR) === 1 && [...'CD001'].every((char, index) => view.getUint8(DESCRIPTOR + 1 + index) === char.charCodeAt(0))
  if (!isPrimary || view.getUint16(DESCRIPTOR + 128, true) !== SECTOR) return null
  return view.getUint32(DESCRIPTOR + 80, true) * SECTOR
}
