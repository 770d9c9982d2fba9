// What every implementation of USB devices promises.
import { describe, expect, it } from 'vitest'
import type { UsbDevice } from '../../control/src/domain/usb-device.ts'
import type { UsbDevices } from '../../control/src/ports/usb-devices.ts'

export interface UsbBench {
  readonly devices: UsbDevices
  /** Plugs a keyboard in at a port, as the default says. */
  plug(port: string): void
}

/** `make` gives a machine with nothing plugged in. */
export function usbDevicesContract(make: () => UsbBench): void {
  const find = (devices: UsbDevices, port: string): UsbDevice | undefined => devices.list().find((device) => device.port === port)

  describe('USB devices', () => {
    it('are told with the port and what they are for', () => {
      const { devices, plug } = make()
      expect(devices.list()).toEqual([])
      plug('1-2')
      plug('1-2.4')
      expect(devices.list().map(({ port }) => port)).toEqual(['1-2', '1-2.4'])
      const keyboard = find(devices, '1-2')
      expect(keyboard?.id).toMatch(/^[0-9a-f]{4}:[0-9a-f]{4}$/)
      expect(keyboard?.interfaces).toEqual([{ class: 3, subclass: 1, protocol: 1 }])
    })

    it('are let in at once, or held back until they are let in', () => {
      const { devices, plug } = make()
      devices.setDefault(true)
      plug('1-1')
      expect(find(devices, '1-1')?.authorised).toBe(true)
      devices.setDefault(false)
      plug('1-2')
      expect(find(devices, '1-1')?.authorised).toBe(true)
      expect(find(devices, '1-2')?.authorised).toBe(false)
      devices.authorise('1-2', true)
      devices.authorise('1-1', false)
      expect(find(devices, '1-2')?.authorised).toBe(true)
      expect(find(devices, '1-1')?.authorised).toBe(false)
      devices.setDefault(true)
      plug('1-3')
      expect(find(devices, '1-3')?.authorised).toBe(true)
      expect(find(devices, '1-1')?.authorised).toBe(false)
    })

    it('cannot be let in where there is none', () => {
      expect(() => make().devices.authorise('1-7', true)).toThrow()
    })
  })
}
