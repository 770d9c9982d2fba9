// USB devices of the host, as far as it matters whether they are let in.

/** What an interface is for. @source https://www.usb.org/defined-class-codes */
export interface UsbInterface {
  readonly class: number
  readonly subclass: number
  readonly protocol: number
}

export interface UsbDevice {
  /** Where it is plugged in: `1-2.4` is port 4 of a hub at port 2 of bus 1. */
  readonly port: string
  /** `046d:c31c`. */
  readonly id: string
  readonly serial: string | null
  /** What it calls itself; null where it says nothing. */
  readonly name: string | null
  /** Class of the device as a whole; 0: each interface has its own. */
  readonly class: number
  /** Of all its configurations. Empty: it could not be asked. */
  readonly interfaces: readonly UsbInterface[]
  /** Whether the kernel lets any driver have it. */
  readonly authorised: boolean
}
