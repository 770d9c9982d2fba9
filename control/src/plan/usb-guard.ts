// Which USB devices are let in while the host is locked: hubs and keyboards, and the media that were there before. Pure.
import type { UsbDevice, UsbInterface } from '../domain/usb-device.ts'

const HID = 3
const BOOT_INTERFACE = 1
const KEYBOARD = 1
const MASS_STORAGE = 8
const HUB = 9

/**
 * Whether a device that has come since the host was locked may be used; `before` are those that were there then. A keyboard may have further interfaces for
 * input, as with keys for the volume, and nothing else: one that is a network card or a disk too is no keyboard. A medium that comes back to its port, as after
 * a reset, may be the one that the host runs from.
 */
export function isWelcome(device: UsbDevice, before: readonly UsbDevice[]): boolean {
  const { interfaces } = device
  if (interfaces.length === 0) return false
  if (device.class === HUB) return interfaces.every((one) => one.class === HUB)
  if (interfaces.every((one) => one.class === HID)) return interfaces.some(isKeyboard)
  return interfaces.every((one) => one.class === MASS_STORAGE) && before.some((known) => isSame(known, device))
}

function isKeyboard({ subclass, protocol }: UsbInterface): boolean {
  return subclass === BOOT_INTERFACE && protocol === KEYBOARD
}

function isSame(one: UsbDevice, other: UsbDevice): boolean {
  return one.port === other.port && one.id === other.id && one.serial === other.serial
}

/** What a device seems to be, in a word for people. */
export function kindOfUsb({ class: whole, interfaces }: UsbDevice): string {
  const classes = [...new Set([whole, ...interfaces.map((one) => one.class)])].filter((code) => code !== 0 && code !== 0xef)
  const words = classes.map((code) => WORDS[code] ?? `class ${code.toString(16).padStart(2, '0')}`)
  return words.length === 0 ? 'of no known class' : [...new Set(words)].join(' and ')
}

const WORDS: Readonly<Record<number, string>> = {
  1: 'audio',
  2: 'network or modem',
  3: 'input',
  6: 'camera',
  7: 'printer',
  8: 'storage',
  9: 'hub',
  10: 'network or modem',
  11: 'smart card',
  14: 'video',
  224: 'wireless',
  255: 'of its maker’s own kind',
}
