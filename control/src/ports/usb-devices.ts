// USB devices of the host, and whether they are let in.
import type { UsbDevice } from '../domain/usb-device.ts'

export interface UsbDevices {
  /** All but the ports' own root hubs. What comes or goes meanwhile may be missing. */
  list(): readonly UsbDevice[]
  /** Whether devices plugged in from now on, at controllers that are there or come, may be used at once. */
  setDefault(authorised: boolean): void
  /** Lets a driver have the device at this port, or takes it away. Throws when it has gone. */
  authorise(port: string, authorised: boolean): void
}
