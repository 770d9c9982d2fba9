// USB devices over sysfs: what they are, and the kernel's switch that lets a driver have one.
// @source Linux Documentation/usb/authorization.rst
import * as fs from 'hv:fs'
import { parseUsbInterfaces } from '../codec/usb-descriptors.ts'
import type { UsbDevice } from '../domain/usb-device.ts'
import type { UsbDevices } from '../ports/usb-devices.ts'
import { namesIn, textOrNull } from './sysfs.ts'

/** More than any device has; the kernel caps a configuration at 64 KiB. */
const DESCRIPTOR_BYTES = 256 * 1024

/** `root` is put before every path, and `write` stands in for the kernel, in tests alone. */
export function createUsbDevices(root = '', write: (path: string, text: string) => void = fs.writeControl): UsbDevices {
  const devices = `${root}/sys/bus/usb/devices`
  /** What controllers that come later begin with. */
  const parameter = `${root}/sys/module/usbcore/parameters/authorized_default`

  const value = (port: string, name: string) => textOrNull(`${devices}/${port}/${name}`)?.trim() ?? null

  function interfacesOf(port: string) {
    try {
      return parseUsbInterfaces(fs.readFile(`${devices}/${port}/descriptors`, DESCRIPTOR_BYTES))
    } catch {
      return []
    }
  }

  function read(port: string): UsbDevice | null {
    const [vendor, product, authorised] = ['idVendor', 'idProduct', 'authorized'].map((name) => value(port, name))
    if (!vendor || !product || !authorised) return null
    return {
      port,
      id: `${vendor}:${product}`,
      serial: value(port, 'serial'),
      name: [value(port, 'manufacturer'), value(port, 'product')].filter((part) => part).join(' ') || null,
      class: Number.parseInt(value(port, 'bDeviceClass') ?? '0', 16) || 0,
      interfaces: interfacesOf(port),
      authorised: authorised !== '0',
    }
  }

  return {
    // Interfaces have a colon in their names.
    list: () => namesIn(devices).flatMap((name) => (/^\d+-[\d.]+$/.test(name) ? (read(name) ?? []) : [])),

    setDefault(authorised) {
      const [from, to] = authorised ? ['0', '1'] : ['1', '0']
      const files = namesIn(devices).flatMap((name) => (/^usb\d+$/.test(name) ? [`${devices}/${name}/authorized_default`] : []))
      // The kernel's own default may be another word for 1.
      for (const file of [parameter, ...files]) {
        const now = textOrNull(file)?.trim() ?? to
        if (authorised ? now === from : now !== to) write(file, to)
      }
    },

    authorise: (port, authorised) => write(`${devices}/${port}/authorized`, authorised ? '1' : '0'),
  }
}
