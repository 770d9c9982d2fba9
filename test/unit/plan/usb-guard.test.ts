// Which USB devices are let in while the host is locked.
import { describe, expect, it } from 'vitest'
import type { UsbDevice, UsbInterface } from '../../../control/src/domain/usb-device.ts'
import { isWelcome, kindOfUsb } from '../../../control/src/plan/usb-guard.ts'
import { KEYBOARD, NETWORK, STORAGE } from '../../fakes/usb.ts'

const HUB: readonly UsbInterface[] = [{ class: 9, subclass: 0, protocol: 1 }]
const MOUSE: readonly UsbInterface[] = [{ class: 3, subclass: 1, protocol: 2 }]
const VOLUME_KEYS: readonly UsbInterface[] = [{ class: 3, subclass: 0, protocol: 0 }]

const device = (interfaces: readonly UsbInterface[], facts: Partial<UsbDevice> = {}): UsbDevice => ({
  ...{ port: '1-2', id: '1234:5678', serial: 'S1', name: null, class: 0, interfaces, authorised: false },
  ...facts,
})

describe('while the host is locked', () => {
  it.each<[string, UsbDevice, boolean]>([
    ['a keyboard', device(KEYBOARD), true],
    ['a keyboard with keys for the volume', device([...KEYBOARD, ...VOLUME_KEYS]), true],
    ['the keyboard and mouse of a management controller', device([...KEYBOARD, ...MOUSE]), true],
    ['a hub', device(HUB, { class: 9 }), true],
    ['a mouse alone', device(MOUSE), false],
    ['a network card', device(NETWORK), false],
    ['a keyboard that is a network card too', device([...KEYBOARD, ...NETWORK]), false],
    ['a keyboard that is a disk too', device([...KEYBOARD, ...STORAGE]), false],
    ['a disk', device(STORAGE), false],
    ['a hub that is a keyboard too', device([...HUB, ...KEYBOARD], { class: 9 }), false],
    ['what calls itself a hub and has something else', device(NETWORK, { class: 9 }), false],
    ['what has interfaces of a hub alone and says that it is none', device(HUB), false],
    ['what says nothing of itself', device([]), false],
    ['a device of its maker’s own kind', device([{ class: 255, subclass: 0, protocol: 0 }]), false],
  ])('%s: let in %#', (_what, seen, welcome) => {
    expect(isWelcome(seen, [])).toBe(welcome)
  })

  it('a medium that was there before may come back to its port, and no other', () => {
    const before = [device(STORAGE, { authorised: true })]
    expect(isWelcome(device(STORAGE), before)).toBe(true)
    for (const facts of [{ port: '1-3' }, { id: '1234:9999' }, { serial: 'S2' }, { serial: null }]) {
      expect(isWelcome(device(STORAGE, facts), before)).toBe(false)
    }
    // What it was before does not make it welcome as something else.
    expect(isWelcome(device(NETWORK), [device(NETWORK, { authorised: true })])).toBe(false)
    expect(isWelcome(device([...STORAGE, ...NETWORK]), before)).toBe(false)
  })
})

describe('what a device is', () => {
  it.each([
    [device(NETWORK, { class: 2 }), 'network or modem'],
    [device([...KEYBOARD, ...STORAGE], { class: 0xef }), 'input and storage'],
    [device([]), 'of no known class'],
    [device([{ class: 0x58, subclass: 0, protocol: 0 }]), 'class 58'],
  ])('is told in words', (seen, words) => {
    expect(kindOfUsb(seen)).toBe(words)
  })
})
