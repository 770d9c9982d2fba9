// The descriptors of a USB device, as the kernel keeps them, read for the classes of its interfaces.
import type { UsbInterface } from '../domain/usb-device.ts'

const INTERFACE = 4

/** Of all configurations, in order; alternate settings too. What is cut off or makes no sense ends the reading. @source USB 2.0, 9.6 */
export function parseUsbInterfaces(bytes: Uint8Array): readonly UsbInterface[] {
  const interfaces: UsbInterface[] = []
  let at = 0
  while (at + 2 <= bytes.length) {
    const length = bytes[at] ?? 0
    if (length < 2 || at + length > bytes.length) break
    if (bytes[at + 1] === INTERFACE && length >= 9) {
      interfaces.push({ class: bytes[at + 5] ?? 0, subclass: bytes[at + 6] ?? 0, protocol: bytes[at + 7] ?? 0 })
    }
    at += length
  }
  return interfaces
}
