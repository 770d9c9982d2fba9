// Looks through the configuration space of a PCI Express device. Believes nothing that is in it: a broken device says anything.

const FIRST_EXTENDED = 0x100
const SPACE_BYTES = 4096
const DEVICE_SERIAL_NUMBER = 0x0003
/** Header, then the number's lower and upper half. */
const SERIAL_BYTES = 12

export type SerialSearch =
  | { readonly kind: 'found'; readonly serial: string }
  | { readonly kind: 'none' }
  /** So many bytes are needed to go on, more than there were. */
  | { readonly kind: 'beyond'; readonly bytes: number }

/**
 * Walks the list of extended capabilities in the first bytes of the space, as many of them as have been read, to the Device Serial Number. A list that turns
 * back on itself or leads out of the space ends there; a number of all zeros or all ones is none.
 * @source PCI Express 6.0, 7.6.3 and 7.9.3
 */
export function findDeviceSerial(config: Uint8Array): SerialSearch {
  const view = new DataView(config.buffer, config.byteOffset, config.byteLength)
  const seen = new Set<number>()
  let offset = FIRST_EXTENDED
  while (offset >= FIRST_EXTENDED && offset % 4 === 0 && offset + SERIAL_BYTES <= SPACE_BYTES && !seen.has(offset)) {
    seen.add(offset)
    if (offset + SERIAL_BYTES > config.length) return { kind: 'beyond', bytes: offset + SERIAL_BYTES }
    const header = view.getUint32(offset, true)
    // Nobody at home: not an end of the list but a device that does not answer, or has no extended space.
    if (header === 0 || header === 0xffff_ffff) break
    if ((header & 0xffff) === DEVICE_SERIAL_NUMBER) return serialAt(config.subarray(offset + 4, offset + SERIAL_BYTES))
    offset = header >>> 20
  }
  return { kind: 'none' }
}

function serialAt(bytes: Uint8Array): SerialSearch {
  if (bytes.every((byte) => byte === 0) || bytes.every((byte) => byte === 0xff)) return { kind: 'none' }
  const digits = [...bytes].reverse().map((byte) => byte.toString(16).padStart(2, '0'))
  return { kind: 'found', serial: digits.join('-') }
}
