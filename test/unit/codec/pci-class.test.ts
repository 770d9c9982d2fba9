// Names of PCI classes.
import { describe, expect, it } from 'vitest'
import { nameOfPciClass } from '../../../control/src/codec/pci-class.ts'

describe('a PCI class', () => {
  it.each<[string, string | null, string]>([
    ['known by its subclass', '020000', 'Ethernet controller'],
    ['whatever its programming interface', '010802', 'NVMe controller'],
    ['with letters', '0c0330', 'USB controller'],
    ['known by its base class', '028000', 'Network controller'],
    ['unknown', 'ff0000', 'Unknown device'],
    ['that was not read', null, 'Unknown device'],
  ])('%s', (_name, code, name) => {
    expect(nameOfPciClass(code)).toBe(name)
  })
})
