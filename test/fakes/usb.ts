// A machine's USB ports: what is plugged in, and what of it a driver may have.
import type { UsbDevice, UsbInterface } from '../../control/src/domain/usb-device.ts'
import type { UsbDevices } from '../../control/src/ports/usb-devices.ts'
import { FakeFailure } from './failure.ts'

export const KEYBOARD: readonly UsbInterface[] = [{ class: 3, subclass: 1, protocol: 1 }]
export const STORAGE: readonly UsbInterface[] = [{ class: 8, subclass: 6, protocol: 80 }]
export const NETWORK: readonly UsbInterface[] = [
  { class: 2, subclass: 2, protocol: 255 },
  { class: 10, subclass: 0, protocol: 0 },
]

export class FakeUsb implements UsbDevices {
  #plugged = new Map<string, UsbDevice>()
  #letsIn = true

  plug(port: string, interfaces: readonly UsbInterface[], facts: Partial<UsbDevice> = {}): void {
    const device = { id: '1234:5678', serial: null, name: 'A device', class: 0, authorised: this.#letsIn, ...facts }
    this.#plugged.set(port, { port, interfaces, ...device })
  }

  unplug(port: string): void {
    this.#plugged.delete(port)
  }

  list(): readonly UsbDevice[] {
    return [...this.#plugged.values()]
  }

  setDefault(authorised: boolean): void {
    this.#letsIn = authorised
  }

  authorise(port: string, authorised: boolean): void {
    const device = this.#plugged.get(port)
    if (device === undefined) throw new FakeFailure('host.ENOENT', port)
    this.#plugged.set(port, { ...device, authorised })
  }

  /** Ports whose devices may be used. */
  used(): readonly string[] {
    return this.list().flatMap(({ port, authorised }) => (authorised ? [port] : []))
  }
}
