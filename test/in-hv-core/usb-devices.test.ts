// USB devices over a made-up sysfs.
import { mkdir, readText, statOrNull, writeFileAtomic } from 'hv:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createUsbDevices } from '../../control/src/adapters/usb-devices.ts'
import { usbDevicesContract } from '../contract/usb-devices.contract.ts'
import { makeTree } from './sysfs-tree.ts'
import { removeDirectory, temporaryDirectory } from './temporary.ts'

let root = ''
beforeEach(() => {
  root = temporaryDirectory()
})
afterEach(() => removeDirectory(root))

const FOLDER = 'sys/bus/usb/devices'
const PARAMETER = 'sys/module/usbcore/parameters/authorized_default'

/** Of a keyboard: device, configuration, interface, HID, endpoint. */
const DESCRIPTORS = Uint8Array.from([
  ...[18, 1, 0, 2, 0, 0, 0, 8, 0x27, 0x06, 1, 0, 0, 0, 1, 4, 11, 1],
  ...[9, 2, 34, 0, 1, 1, 8, 0xa0, 50],
  ...[9, 4, 0, 0, 1, 3, 1, 1, 0],
  ...[9, 0x21, 0x11, 1, 0, 1, 0x22, 0x3f, 0],
  ...[7, 5, 0x81, 3, 8, 0, 7],
])

/** The kernel makes no files of those that it has not. */
function write(path: string, text: string): void {
  if (statOrNull(path) === null) throw new Error(`ENOENT: ${path}`)
  writeFileAtomic(path, text)
}

function machine() {
  makeTree(root, { [PARAMETER]: '-1\n', [`${FOLDER}/usb1/authorized_default`]: '1\n', [`${FOLDER}/1-0:1.0/bInterfaceClass`]: '09\n' })
  const file = `${root}/${FOLDER}/usb1/authorized_default`
  return {
    devices: createUsbDevices(root, write),
    plug: (port: string) =>
      makeTree(root, {
        [`${FOLDER}/${port}/idVendor`]: '0627\n',
        [`${FOLDER}/${port}/idProduct`]: '0001\n',
        [`${FOLDER}/${port}/bDeviceClass`]: '00\n',
        [`${FOLDER}/${port}/manufacturer`]: 'QEMU\n',
        [`${FOLDER}/${port}/product`]: 'QEMU USB Keyboard\n',
        [`${FOLDER}/${port}/serial`]: '68284-0000\n',
        [`${FOLDER}/${port}/authorized`]: readText(file),
        [`${FOLDER}/${port}/descriptors`]: DESCRIPTORS,
      }),
  }
}

usbDevicesContract(machine)

describe('the kernel’s USB devices', () => {
  it('are told with what they call themselves', () => {
    const { devices, plug } = machine()
    plug('1-2')
    expect(devices.list()).toMatchObject([{ id: '0627:0001', serial: '68284-0000', name: 'QEMU QEMU USB Keyboard', class: 0 }])
  })

  it('of controllers that come later are held back too, and a default that is another word for 1 is left alone', () => {
    const { devices } = machine()
    const parameter = () => readText(`${root}/${PARAMETER}`).trim()
    devices.setDefault(true)
    expect(parameter()).toBe('-1')
    devices.setDefault(false)
    expect(parameter()).toBe('0')
    makeTree(root, { [`${FOLDER}/usb2/authorized_default`]: '1\n' })
    devices.setDefault(false)
    expect(readText(`${root}/${FOLDER}/usb2/authorized_default`).trim()).toBe('0')
    devices.setDefault(true)
    expect(parameter()).toBe('1')
  })

  it('are none on a machine without USB', () => {
    mkdir(`${root}/empty`)
    const devices = createUsbDevices(`${root}/empty`, write)
    expect(devices.list()).toEqual([])
    devices.setDefault(false)
  })
})
