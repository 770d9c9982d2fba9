// Names and uses of PCI devices as they are read of a machine that is made up in a folder, and of the one that this runs on.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createPciDevices } from '../../control/src/adapters/pci-devices.ts'
import { createPciTools } from '../../control/src/adapters/pci-tools.ts'
import type { SeenDevice } from '../../control/src/domain/pci-device.ts'
import { pciDevicesContract } from '../contract/pci-devices.contract.ts'
import { makeTree, pciTree, type Tree } from './sysfs-tree.ts'
import { removeDirectory, temporaryDirectory } from './temporary.ts'
import { clock } from './vm-bench.ts'

let root = ''
beforeEach(() => {
  root = temporaryDirectory()
})
afterEach(() => removeDirectory(root))

function observe(management: string | null, ...trees: readonly Tree[]): readonly SeenDevice[] {
  for (const tree of trees) makeTree(root, tree)
  const places = { root, management: () => management, vmsWithProcesses: () => new Set<string>() }
  return createPciDevices(places, createPciTools(`${root}/records`, clock)).observe()
}

const DEVICES = 'devices/pci0000:00'
const link = (target: string) => ({ link: target })
const CARD: Tree = { vendor: '0x8086\n', device: '0x10d3\n', class: '0x020000\n', config: '' }
const PORT: Tree = { vendor: '0x8086\n', device: '0x3420\n', class: '0x060400\n', config: '' }
const BASE: Tree = {
  ...pciTree('0000:00:1c.0', PORT),
  ...pciTree('0000:00:1c.0/0000:03:00.0', CARD),
  'sys/devices/pci0000:00/firmware_node/path': '\\_SB_.PCI0\n',
}
const net = (name: string, on: string): Tree => ({
  [`sys/${DEVICES}/${on}/net/${name}/address`]: '52:54:00:00:00:01\n',
  [`sys/class/net/${name}`]: link(`../../${DEVICES}/${on}/net/${name}`),
})
const block = (name: string, on: string, rest: Tree = {}): Tree => ({
  [`sys/${DEVICES}/${on}/block/${name}/size`]: '2048\n',
  ...Object.fromEntries(Object.entries(rest).map(([file, entry]) => [`sys/${DEVICES}/${on}/block/${name}/${file}`, entry])),
  [`sys/class/block/${name.split('/').at(-1)}`]: link(`../../${DEVICES}/${on}/block/${name}`),
})
const CARD_PATH = '0000:00:1c.0/0000:03:00.0'
const usesOf = (devices: readonly SeenDevice[], id = 'PCI0-1c.0-00.0') => devices.find((device) => device.id === id)?.uses

describe('a device', () => {
  it('is named by the way to it, and a virtual function by its physical one', () => {
    const physical = {
      ...CARD,
      sriov_totalvfs: '2\n',
      sriov_numvfs: '2\n',
      virtfn0: link('../0000:03:10.0'),
      virtfn1: link('../0000:04:10.0'),
    }
    const vf = { ...CARD, device: '0x10ca\n', physfn: link('../0000:03:00.0') }
    const devices = observe(
      null,
      BASE,
      pciTree(CARD_PATH, physical),
      pciTree('0000:00:1c.0/0000:03:10.0', vf),
      // On the next bus, for want of room on the first.
      pciTree('0000:00:1c.0/0000:04:10.0', vf),
      pciTree('0000:00:1f.2', { ...CARD, class: '0x010601\n' }),
    )
    expect(devices.map(({ id, address }) => [id, address])).toEqual([
      ['PCI0-1c.0', '0000:00:1c.0'],
      ['PCI0-1f.2', '0000:00:1f.2'],
      ['PCI0-1c.0-00.0', '0000:03:00.0'],
      ['PCI0-1c.0-00.0-vf0', '0000:03:10.0'],
      ['PCI0-1c.0-00.0-vf1', '0000:04:10.0'],
    ])
  })

  it('has the serial number of the NVMe controller in it where it has none itself', () => {
    expect(observe('eth0', BASE, pciTree(CARD_PATH, { ...CARD, 'nvme/nvme0/serial': 'S5GX   \n' })).map(({ serial }) => serial)).toEqual([
      null,
      'S5GX',
    ])
  })

  it('that holds nothing of the host has no use for it, and says what it has', () => {
    const devices = observe(
      'eth9',
      BASE,
      net('eth0', CARD_PATH),
      block('sda', CARD_PATH),
      block('sda/sda1', CARD_PATH, { partition: '1\n' }),
    )
    expect(usesOf(devices)).toEqual([])
    expect(devices.map(({ interfaces }) => interfaces)).toEqual([[], ['sda', 'eth0']])
    expect(usesOf(devices, 'PCI0-1c.0')).toEqual([{ kind: 'host-part', what: 'bridge' }])
  })

  it('is needed for the management network that is on it, itself or by a bond', () => {
    const bond: Tree = {
      'sys/devices/virtual/net/bond0/lower_eth0': link('../../../x/eth0'),
      'sys/class/net/bond0': link('../../devices/virtual/net/bond0'),
    }
    const management = { kind: 'management', what: 'eth0' }
    expect(usesOf(observe('eth0', BASE, net('eth0', CARD_PATH)))).toEqual([management])
    expect(usesOf(observe('bond0', bond))).toEqual([management])
    expect(usesOf(observe('eth7'))).toEqual([])
    // While there is none, it may be the one that it comes back on.
    expect(usesOf(observe(null))).toEqual([management])
  })

  it('is needed for a bridge that its adapter is in', () => {
    const master = { [`sys/${DEVICES}/${CARD_PATH}/net/eth0/master`]: link('../../../x/br0') }
    expect(usesOf(observe('eth7', BASE, net('eth0', CARD_PATH), master))).toEqual([{ kind: 'uplink', what: 'eth0' }])
  })

  it('is needed for file systems on it, whatever is in between', () => {
    const virtual: Tree = {
      'sys/devices/virtual/block/dm-0/slaves/sda2': link('../../../x'),
      'sys/class/block/dm-0': link('../../devices/virtual/block/dm-0'),
      'sys/dev/block/253:0': link('../../devices/virtual/block/dm-0'),
      'sys/dev/block/8:1': link(`../../${DEVICES}/${CARD_PATH}/block/sda/sda1`),
      'sys/dev/block/8:3': link(`../../${DEVICES}/${CARD_PATH}/block/sda/sda3`),
      'proc/self/mountinfo': `37 31 8:1 / /state rw - ext4 /dev/sda1 rw
38 31 253:0 / /datastores/local rw - xfs /dev/dm-0 rw
39 31 8:3 / /mnt rw - ext4 /dev/sda3 rw
40 31 0:27 / /run rw - tmpfs run rw
41 31 8:99 / /odd rw - ext4 /dev/sdx rw
`,
    }
    const parts = [1, 2, 3].map((part) => block(`sda/sda${part}`, CARD_PATH, { partition: `${part}\n` }))
    expect(usesOf(observe('eth7', BASE, block('sda', CARD_PATH), ...parts, virtual))).toEqual([
      { kind: 'state', what: '/state on sda1' },
      { kind: 'datastore', what: '/datastores/local on sda2' },
      { kind: 'mounted', what: '/mnt on sda3' },
    ])
  })

  it('is needed for the medium that the host runs from, which the initramfs has told', () => {
    expect(usesOf(observe('eth7', BASE, block('sr0', CARD_PATH), { 'dev/corbel-medium': 'sr0\n' }))).toEqual([
      { kind: 'boot-medium', what: 'sr0' },
    ])
    expect(usesOf(observe('eth7', { 'dev/corbel-medium': 'loop0\n' }))).toEqual([])
  })

  it('is needed for the state and the datastore also when they could not be mounted', () => {
    const named = (name: string) => ({ partition: '1\n', uevent: `DEVTYPE=partition\nPARTN=1\nPARTNAME=${name}\n` })
    const parts = [block('sda/sda1', CARD_PATH, named('corbel-state')), block('sda/sda2', CARD_PATH, named('corbel-data'))]
    expect(usesOf(observe('eth7', BASE, block('sda', CARD_PATH), ...parts, block('sda/sda3', CARD_PATH, named('other'))))).toEqual([
      { kind: 'state', what: 'kept on sda1' },
      { kind: 'datastore', what: 'kept on sda2' },
    ])
  })

  it('is needed for the screen, and for being a part of the machine', () => {
    expect(usesOf(observe('eth7', BASE, pciTree(CARD_PATH, { ...CARD, class: '0x030000\n', boot_vga: '1\n' })))).toEqual([
      { kind: 'console', what: 'the screen' },
    ])
    const kinds: readonly (readonly [string, string | undefined])[] = [
      ['0x060100', 'bridge'],
      ['0x080600', 'system peripheral'],
      ['0x0c0500', 'SMBus'],
      ['0x050000', 'memory controller'],
      ['0x0c0330', undefined],
    ]
    for (const [code, what] of kinds) {
      const uses = usesOf(observe('eth7', pciTree(CARD_PATH, { ...CARD, class: `${code}\n`, boot_vga: '0\n' })))
      expect([code, uses?.map((use) => use.what)]).toEqual([code, what === undefined ? [] : [what]])
    }
  })
})

describe('this machine', () => {
  it('keeps the contract, if it has PCI devices', () => {
    const devices = createPciDevices(
      { root: '', management: () => null, vmsWithProcesses: () => new Set() },
      createPciTools(`${root}/records`, clock),
    ).observe()
    if (devices.length > 0) pciDevicesContract(devices)
    expect(new Set(devices.map(({ id }) => id)).size).toBe(devices.length)
  })
})

describe('what is remembered of devices that are away', () => {
  it('outlives a controld, and is gone when it is given back', () => {
    const tools = createPciTools(`${root}/records`, clock)
    expect(tools.records()).toEqual([])
    const record = { address: '0000:03:00.0', vm: 'vm1', driver: 'e1000e' }
    tools.keep(record)
    tools.keep({ ...record, address: '0000:03:00.1', driver: null })
    expect(createPciTools(`${root}/records`, clock).records()).toEqual([record, { ...record, address: '0000:03:00.1', driver: null }])
    tools.forget(record.address)
    tools.forget(record.address)
    expect(tools.records().map(({ address }) => address)).toEqual(['0000:03:00.1'])
  })
})
