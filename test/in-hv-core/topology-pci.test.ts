// PCI devices and the IOMMU as they are read of machines that are made up in a folder.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createHostTopology } from '../../control/src/adapters/host-topology.ts'
import { CPU, makeTree, NODE, pciTree, readMachine, removeLink, type Tree } from './sysfs-tree.ts'
import { removeDirectory, temporaryDirectory } from './temporary.ts'

let root = ''
beforeEach(() => {
  root = temporaryDirectory()
})
afterEach(() => removeDirectory(root))
const read = (...trees: readonly Tree[]) => readMachine(root, ...trees)

/** With one extended capability, the serial number 00-1b-21-ff-ff-aa-bb-cc, wherever it is put. */
function configWithSerial(offset: number): Uint8Array {
  const config = new Uint8Array(4096)
  const view = new DataView(config.buffer)
  view.setUint32(0x100, 1 | (offset << 20), true)
  view.setUint32(offset, 3, true)
  config.set([0xcc, 0xbb, 0xaa, 0xff, 0xff, 0x21, 0x1b, 0x00], offset + 4)
  return config
}
const SERIAL = '00-1b-21-ff-ff-aa-bb-cc'

const NIC: Tree = {
  vendor: '0x8086\n',
  device: '0x10d3\n',
  subsystem_vendor: '0x8086\n',
  subsystem_device: '0xA01F\n',
  class: '0x020000\n',
  numa_node: '1\n',
  driver: { link: '../../../../bus/pci/drivers/e1000e' },
  iommu_group: { link: '../../../../kernel/iommu_groups/14' },
  config: configWithSerial(0x140),
}

describe('a PCI device', () => {
  it('is told with all that is known of it', () => {
    const { pci } = read(CPU, NODE, pciTree('0000:00:01.0', { class: '0x060400\n' }), pciTree('0000:00:01.0/0000:01:00.0', NIC), {
      'sys/bus/pci/slots/7/address': '0000:01:00\n',
    })
    expect(pci[1]).toEqual({
      ...{ address: '0000:01:00.0', vendorId: '8086', deviceId: '10d3', subsystemVendorId: '8086', subsystemDeviceId: 'a01f' },
      ...{ class: '020000', className: 'Ethernet controller', driver: 'e1000e', iommuGroup: 14, node: 1 },
      ...{ slot: '7', serial: SERIAL, sriov: null },
    })
  })

  it('of which nothing can be read is told by its address', () => {
    expect(read(CPU, NODE, pciTree('0000:00:1f.0', { vendor: 'odd\n', class: '\n', numa_node: '-1\n', config: '' })).pci).toEqual([
      {
        ...{ address: '0000:00:1f.0', vendorId: null, deviceId: null, subsystemVendorId: null, subsystemDeviceId: null },
        ...{ class: null, className: 'Unknown device', driver: null, iommuGroup: null, node: null, slot: null, serial: null, sriov: null },
      },
    ])
  })

  it.each<[string, Tree, string | null]>([
    ['the slot that its card is in, behind the card’s own bridge', { 'sys/bus/pci/slots/4/address': '0000:01:00\n' }, '4'],
    ['a slot that takes up its bus', { 'sys/bus/pci/slots/12-1/address': '0000:02\n' }, '12-1'],
    ['the nearest of several', { 'sys/bus/pci/slots/1/address': '0000:00:01\n', 'sys/bus/pci/slots/2/address': '0000:02:00\n' }, '2'],
    [
      'the firmware’s label where there is no slot',
      { 'sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/0000:02:00.0/label': 'NIC 1\n' },
      'NIC 1',
    ],
    [
      'nothing where the firmware’s label says nothing',
      { 'sys/devices/pci0000:00/0000:00:01.0/0000:01:00.0/0000:02:00.0/label': 'Unknown\n' },
      null,
    ],
    ['nothing where other devices are', { 'sys/bus/pci/slots/4/address': '0000:05:00\n' }, null],
  ])('is in %s', (_name, tree, slot) => {
    const path = '0000:00:01.0/0000:01:00.0/0000:02:00.0'
    const { pci } = read(CPU, NODE, pciTree(path, NIC), tree)
    expect(pci[0]?.slot ?? null).toBe(slot)
  })

  it('with virtual functions says how many, and they say whose they are', () => {
    const physical = { ...NIC, sriov_totalvfs: '8\n', sriov_numvfs: '1\n' }
    const { pci } = read(
      CPU,
      NODE,
      pciTree('0000:00:01.0', { class: '0x060400\n' }),
      pciTree('0000:00:01.0/0000:01:00.0', physical),
      pciTree('0000:00:01.0/0000:01:10.0', { ...NIC, physfn: { link: '../0000:01:00.0' } }),
      { 'sys/bus/pci/slots/7/address': '0000:01:00\n' },
    )
    expect(pci.map(({ slot, sriov }) => [slot, sriov])).toEqual([
      [null, null],
      ['7', { totalVfs: 8, numVfs: 1, physicalFunction: null }],
      ['7', { totalVfs: 0, numVfs: 0, physicalFunction: '0000:01:00.0' }],
    ])
  })

  it.each<[string, Uint8Array, string | null]>([
    ['near the front', configWithSerial(0x140), SERIAL],
    ['far behind', configWithSerial(0x900), SERIAL],
    ['cut off, as for those who may see only the front', configWithSerial(0x140).slice(0, 64), null],
    ['cut off within the list', configWithSerial(0x900).slice(0, 512), null],
    ['missing from a device without an extended space', new Uint8Array(256), null],
    ['missing from a device that has gone', new Uint8Array(4096).fill(0xff), null],
  ])('has its serial number %s', (_name, config, serial) => {
    expect(read(CPU, NODE, pciTree('0000:00:01.0', { ...NIC, config })).pci[0]?.serial ?? null).toBe(serial)
  })

  it('is noticed when it comes, when another driver takes it, and when it goes', () => {
    makeTree(root, { ...CPU, ...NODE, ...pciTree('0000:00:01.0', { class: '0x060400\n' }) })
    const observe = createHostTopology(root)
    const drivers = () => observe().pci.map(({ address, driver }) => `${address} ${driver}`)
    expect(drivers()).toEqual(['0000:00:01.0 null'])
    makeTree(root, pciTree('0000:00:02.0', NIC))
    expect(drivers()).toEqual(['0000:00:01.0 null', '0000:00:02.0 e1000e'])
    makeTree(root, { 'sys/devices/pci0000:00/0000:00:02.0/driver': { link: '../../../../bus/pci/drivers/vfio-pci' } })
    expect(drivers()).toEqual(['0000:00:01.0 null', '0000:00:02.0 vfio-pci'])
    removeLink(`${root}/sys/bus/pci/devices/0000:00:02.0`)
    expect(drivers()).toEqual(['0000:00:01.0 null'])
  })
})

describe('the IOMMU', () => {
  it.each<[string, readonly string[], string | null]>([
    ['Intel’s', ['dmar0', 'dmar1'], 'intel'],
    ['AMD’s', ['ivhd0'], 'amd'],
    ['ARM’s', ['smmu3.0x000000002b400000'], 'arm'],
    ['another', ['virtio0'], null],
  ])('is %s', (_name, units, kind) => {
    const groups = { 'sys/kernel/iommu_groups/0/type': 'DMA\n', 'sys/kernel/iommu_groups/1/type': 'DMA\n' }
    const tree = Object.fromEntries(units.map((unit) => [`sys/class/iommu/${unit}/uevent`, '']))
    expect(read(CPU, NODE, groups, tree).iommu).toEqual({ present: true, kind, groups: 2 })
  })

  it('is missing', () => {
    expect(read(CPU, NODE).iommu).toEqual({ present: false, kind: null, groups: 0 })
  })
})
