// USB devices while a host is locked and opened: what comes is judged, told of once, and let in again when the host is open.
import { beforeEach, describe, expect, it } from 'vitest'
import { createLedger } from '../../../control/src/app/ledger.ts'
import { createUsbGuard, type UsbGuard } from '../../../control/src/app/usb-guard.ts'
import { KEYBOARD, NETWORK, STORAGE } from '../../fakes/usb.ts'
import { World } from '../../fakes/world.ts'

let world: World
let guard: UsbGuard
const begin = () => createUsbGuard(world, createLedger(world.store, world.clock))
beforeEach(() => {
  world = new World()
  guard = begin()
})

const refused = () => world.store.latestEvents(100).flatMap(({ code, message }) => (code === 'usb.refused' ? [message] : []))
const pass = () => world.clock.advance(1_000)

describe('the ports of a host', () => {
  it('take anything while it is open', async () => {
    guard.guard(false)
    world.usbDevices.plug('1-1', NETWORK)
    await pass()
    expect(world.usbDevices.used()).toEqual(['1-1'])
    expect(refused()).toEqual([])
  })

  it('take keyboards alone while it is locked, and keep what was there', async () => {
    world.usbDevices.plug('1-1', NETWORK)
    guard.guard(true)
    world.usbDevices.plug('1-2', KEYBOARD)
    world.usbDevices.plug('1-3', STORAGE, { name: 'Stick', id: 'abcd:0001' })
    expect(world.usbDevices.used()).toEqual(['1-1'])
    await pass()
    expect(world.usbDevices.used()).toEqual(['1-1', '1-2'])
    expect(refused()).toEqual(['A USB device was plugged in at 1-3 while the host is locked, and is not used: Stick (abcd:0001, storage).'])
  })

  it('tell of a device once, and again when another is there', async () => {
    guard.guard(true)
    world.usbDevices.plug('1-3', STORAGE)
    for (let look = 0; look < 5; look++) await pass()
    expect(refused()).toHaveLength(1)
    world.usbDevices.plug('1-3', NETWORK)
    await pass()
    expect(refused()).toHaveLength(2)
    world.usbDevices.unplug('1-3')
    await pass()
    world.usbDevices.plug('1-3', NETWORK)
    await pass()
    expect(refused()).toHaveLength(3)
  })

  it('let in what was refused when it is opened, and look no more', async () => {
    guard.guard(true)
    world.usbDevices.plug('1-3', STORAGE)
    await pass()
    guard.guard(false)
    expect(world.usbDevices.used()).toEqual(['1-3'])
    world.usbDevices.plug('1-4', NETWORK)
    await pass()
    expect(world.usbDevices.used()).toEqual(['1-3', '1-4'])
    expect(refused()).toHaveLength(1)
  })

  it('take away a device that was quicker than the switch, as at a controller that came back from a VM', async () => {
    guard.guard(true)
    world.usbDevices.plug('3-1', NETWORK, { authorised: true })
    await pass()
    expect(world.usbDevices.used()).toEqual([])
    expect(refused()).toHaveLength(1)
  })

  it('let a medium come back that was there before', async () => {
    world.usbDevices.plug('1-1', STORAGE, { serial: 'BOOT' })
    guard.guard(true)
    world.usbDevices.unplug('1-1')
    await pass()
    world.usbDevices.plug('1-1', STORAGE, { serial: 'BOOT' })
    await pass()
    expect(world.usbDevices.used()).toEqual(['1-1'])
  })

  it('stay as they are with the next controld: what was refused is refused, and told of no more', async () => {
    guard.guard(true)
    world.usbDevices.plug('1-3', STORAGE)
    await pass()
    // Plugged in while there was none.
    world.usbDevices.plug('1-2', KEYBOARD)
    begin().guard(true)
    expect(world.usbDevices.used()).toEqual(['1-2'])
    await pass()
    expect(refused()).toHaveLength(1)
    begin().guard(false)
    expect(world.usbDevices.used()).toEqual(['1-3', '1-2'])
  })

  it('that cannot be switched are logged, and stop nothing', async () => {
    world.usbDevices.setDefault = () => {
      throw new Error('no such switch')
    }
    guard.guard(true)
    world.usbDevices.plug('1-3', STORAGE)
    await pass()
    expect(world.usbDevices.used()).toEqual([])
    await pass()
    expect(world.logged.filter((line) => line.includes('no such switch'))).toHaveLength(1)
  })
})
