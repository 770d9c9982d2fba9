// Keeps USB devices of unexpected classes out while the host is locked: those that come are judged, and what was refused is let in when it is opened.
import type { UsbDevice } from '../domain/usb-device.ts'
import { isWelcome, kindOfUsb } from '../plan/usb-guard.ts'
import { eventually } from './eventually.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'

/** A keyboard that somebody plugs in is looked at within this time. */
const LOOK_MS = 1_000

export interface UsbGuard {
  /** Called at the start, and whenever the host may have been locked or opened. */
  guard(locked: boolean): void
}

export function createUsbGuard(ports: Pick<AppPorts, 'usbDevices' | 'clock' | 'log'>, ledger: Pick<Ledger, 'write'>): UsbGuard {
  const { usbDevices, clock, log } = ports
  /** Those that were there when the host was locked; null while it is open. */
  let before: readonly UsbDevice[] | null = null
  /** Judged by now, so that each is told of once. */
  let judged = new Map<string, string>()
  const failed = new Set<string>()
  let cancel = () => {}

  /** A write that fails is one of a device that has gone, or of a kernel that has no such switch. */
  function attempt(what: string, act: () => void): void {
    try {
      act()
    } catch (error) {
      // It is tried again every second.
      if (!failed.has(what)) log('warning', `USB: ${what}: ${String(error)}`)
      failed.add(what)
    }
  }

  function refuse(device: UsbDevice): void {
    if (device.authorised) attempt(`${device.port} could not be taken away`, () => usbDevices.authorise(device.port, false))
    const what = `${device.name ?? 'without a name'} (${device.id}, ${kindOfUsb(device)})`
    void eventually(ports, `the refusal of the USB device at ${device.port}`, () => {
      ledger.write((draft) =>
        draft.event(
          'usb.refused',
          'warning',
          { kind: 'host', id: 'host' },
          `A USB device was plugged in at ${device.port} while the host is locked, and is not used: ${what}.`,
        ),
      )
    })
  }

  function look(known: readonly UsbDevice[]): void {
    // Controllers may have come, as back from a VM.
    attempt('new devices cannot be held back', () => usbDevices.setDefault(false))
    const devices = usbDevices.list()
    const seen = new Map<string, string>()
    for (const device of devices) {
      const key = keyOf(device)
      seen.set(device.port, key)
      if (judged.get(device.port) === key) continue
      if (!isWelcome(device, known)) refuse(device)
      else if (!device.authorised) attempt(`${device.port} could not be let in`, () => usbDevices.authorise(device.port, true))
    }
    judged = seen
  }

  function lookAgain(): void {
    cancel = clock.after(LOOK_MS, () => {
      if (before === null) return
      look(before)
      lookAgain()
    })
  }

  return {
    guard(locked) {
      if (locked && before !== null) return
      cancel()
      if (locked) {
        attempt('new devices cannot be held back', () => usbDevices.setDefault(false))
        // Those that a controld before this one has refused are refused still, and told of already.
        const devices = usbDevices.list()
        before = devices.filter(({ authorised }) => authorised)
        judged = new Map(devices.map((device) => [device.port, keyOf(device)]))
        for (const device of devices) {
          if (!device.authorised && isWelcome(device, before))
            attempt(`${device.port} could not be let in`, () => usbDevices.authorise(device.port, true))
        }
        lookAgain()
        return
      }
      before = null
      judged = new Map()
      open()
    },
  }

  function open(): void {
    attempt('new devices are still held back', () => usbDevices.setDefault(true))
    for (const { port, authorised } of usbDevices.list()) {
      if (!authorised) attempt(`${port} could not be let in`, () => usbDevices.authorise(port, true))
    }
  }
}

/** Another device at the same port is judged anew. */
function keyOf({ id, serial, interfaces }: UsbDevice): string {
  return [id, serial ?? '', ...interfaces.map((one) => `${one.class}.${one.subclass}.${one.protocol}`)].join(' ')
}
