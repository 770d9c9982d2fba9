// Lasting names of PCI functions.
import { describe, expect, it } from 'vitest'
import { functionAbove, hostBridgeOf, pciIdOf } from '../../../control/src/codec/pci-path.ts'

const PATH = '../../../devices/pci0000:00/0000:00:1c.4/0000:03:00.0'

describe('the name of a PCI function', () => {
  it.each([
    ['behind a root port', PATH, '\\_SB_.PCI0', 'PCI0-1c.4-00.0'],
    ['whose bus has another number by now', PATH.replace('0000:03', '0000:05'), '\\_SB_.PCI0', 'PCI0-1c.4-00.0'],
    ['on the root bus', '../../../devices/pci0000:00/0000:00:1f.2', '\\_SB_.PCI0', 'PCI0-1f.2'],
    [
      'behind switches',
      '/devices/pci0000:40/0000:40:01.1/0000:41:00.0/0000:42:08.0/0000:43:00.1',
      '\\_SB_.PC01',
      'PC01-01.1-00.0-08.0-00.1',
    ],
    ['below a bridge that ACPI does not name', PATH, null, '0000.00-1c.4-00.0'],
    ['below one with a name that nobody could type', PATH, '\\_SB_.PCI0 ', '0000.00-1c.4-00.0'],
    ['deeper in the namespace', PATH, '\\_SB_.S000.PCI0', 'S000.PCI0-1c.4-00.0'],
  ])('%s', (_what, path, firmware, id) => {
    expect(pciIdOf(path, firmware)).toBe(id)
  })

  it.each(['', '../../../devices/pci0000:00', '/devices/virtual/net/lo', `${PATH}/net/eth0`, 'pci0000:00/nonsense'])(
    'is none of %s',
    (path) => {
      expect(pciIdOf(path, null)).toBeNull()
    },
  )
})

it('the function above a device, and its host bridge', () => {
  expect(functionAbove(`${PATH}/net/eth0`)).toBe('0000:03:00.0')
  expect(functionAbove('/devices/virtual/block/dm-0')).toBeNull()
  expect(hostBridgeOf(PATH)).toBe('pci0000:00')
  expect(hostBridgeOf('/devices/virtual')).toBeNull()
})
