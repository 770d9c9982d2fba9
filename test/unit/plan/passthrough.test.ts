// Which devices a VM may have, and what giving them takes.
import { describe, expect, it } from 'vitest'
import type { SeenDevice } from '../../../control/src/domain/pci-device.ts'
import {
  assignDevices,
  describeDevices,
  findHeld,
  findReasons,
  findUnassignable,
  findVfProblems,
  type Holders,
} from '../../../control/src/plan/passthrough.ts'

function device(id: string, group: number | null, rest: Partial<SeenDevice> = {}): SeenDevice {
  return {
    ...{ id, address: `0000:01:${id}`, vendorId: '8086', deviceId: '10d3', subsystemVendorId: null, subsystemDeviceId: null },
    ...{ class: '020000', className: 'Ethernet controller', driver: 'e1000e', iommuGroup: group, node: null, slot: null },
    ...{ serial: null, sriov: null, uses: [], interfaces: [], ...rest },
  }
}
const wanted = (name: string, rest: object = {}, slot = 0) => ({
  device: name,
  slot,
  vendorId: '8086',
  deviceId: '10d3',
  serial: null,
  ...rest,
})
const PORT = device('port', 5, { class: '060400', uses: [{ kind: 'host-part', what: 'bridge' }] })
const codesOf = (problems: readonly { readonly code: string }[]) => problems.map(({ code }) => code)

describe('a device', () => {
  it('that nothing needs may be given', () => {
    const card = device('a', 1)
    expect(findReasons(card, [card, device('b', 2, { uses: [{ kind: 'management', what: 'eth0' }] })])).toEqual([])
  })

  it.each([
    ['boot-medium', 'sr0', 'the medium that the host runs from (sr0)'],
    ['state', '/state on sda1', 'the host’s state (/state on sda1)'],
    ['datastore', '/datastores/local on sda2', 'a datastore (/datastores/local on sda2)'],
    ['mounted', '/mnt on sdb1', 'a file system in use (/mnt on sdb1)'],
    ['management', 'eth0', 'the management network (eth0)'],
    ['uplink', 'eth1', 'a network of the host (eth1)'],
    ['console', 'the screen', 'the console on the screen (the screen)'],
    ['host-part', 'bridge', 'the machine itself (bridge)'],
  ] as const)('that is needed for %s is not, nor is what shares its group, and it is told what would be lost', (kind, what, loss) => {
    const needed = device('needed', 1, { uses: [{ kind, what }] })
    const mate = device('mate', 1)
    expect(findReasons(needed, [needed, mate])).toEqual([
      { code: `pci.guard.${kind}`, message: `is needed by the host, which would lose ${loss}` },
    ])
    expect(findReasons(mate, [needed, mate])).toEqual([
      { code: 'pci.guard.group', message: `shares its IOMMU group with needed, without which the host would lose ${loss}` },
    ])
  })

  it('may share its group with the bridge that it is behind, which stays', () => {
    const card = device('card', 5)
    expect(findReasons(card, [PORT, card])).toEqual([])
    expect(assignDevices([wanted('card')], [PORT, card]).leaving).toEqual([card.address])
    expect(codesOf(findReasons(PORT, [PORT, card]))).toEqual(['pci.guard.host-part'])
  })

  it('without an IOMMU is none for a VM', () => {
    const card = device('a', null)
    expect(codesOf(findReasons(card, [card, device('b', null, { uses: [{ kind: 'state', what: 'x' }] })]))).toEqual(['pci.iommu.absent'])
  })

  it('that has virtual functions is not given while it has them', () => {
    const physical = device('a', 1, { sriov: { totalVfs: 4, numVfs: 2, physicalFunction: null } })
    expect(codesOf(findReasons(physical, [physical]))).toEqual(['pci.device.has-virtual-functions'])
  })
})

describe('a device in a spec', () => {
  const card = device('a', 1, { serial: 'S1' })

  it.each([
    ['the one that is there', {}, []],
    ['with its serial number', { serial: 'S1' }, []],
    ['of another vendor', { vendorId: '15b3' }, ['pci.device.differs']],
    ['of another kind', { deviceId: '1521' }, ['pci.device.differs']],
    ['with another serial number', { serial: 'S2' }, ['pci.device.differs']],
    ['that is not there', { device: 'z' }, ['pci.device.missing']],
  ])('%s', (_what, rest, codes) => {
    expect(codesOf(findUnassignable([wanted('a', rest)], [card]))).toEqual(codes)
  })

  it('that tells no serial number any more is another', () => {
    expect(codesOf(findUnassignable([wanted('a', { serial: 'S1' })], [device('a', 1)]))).toEqual(['pci.device.differs'])
  })

  it('is named with all that is in its way', () => {
    const needed = device('b', 1, {
      uses: [
        { kind: 'datastore', what: 'x' },
        { kind: 'state', what: 'y' },
      ],
    })
    expect(findUnassignable([wanted('a'), wanted('b')], [card, needed]).map(({ code, field, got }) => [code, field, got])).toEqual([
      ['pci.guard.group', 'pciDevices[0].device', 'a'],
      ['pci.guard.group', 'pciDevices[0].device', 'a'],
      ['pci.guard.datastore', 'pciDevices[1].device', 'b'],
      ['pci.guard.state', 'pciDevices[1].device', 'b'],
    ])
  })
})

describe('a start', () => {
  const [one, two, alone] = [device('a', 1), device('b', 1), device('c', 2)]
  const seen = [one, two, alone]
  const with_ = (...ids: readonly string[]): Holders => new Map(ids.map((id) => [id, { id: 'vm2', name: 'web2' }]))

  it('takes what nobody has, all of a group for one VM', () => {
    expect(findHeld('vm1', [wanted('a'), wanted('b', {}, 1)], seen, with_('c'))).toEqual([])
    expect(assignDevices([wanted('a'), wanted('b', {}, 1), wanted('c', {}, 5)], seen)).toEqual({
      addresses: { 0: one.address, 1: two.address, 5: alone.address },
      groups: { [one.address]: 1, [two.address]: 1, [alone.address]: 2 },
      leaving: [one.address, two.address, alone.address],
    })
    expect(assignDevices([wanted('a')], seen).leaving).toEqual([one.address, two.address])
  })

  it('is refused with who has it, or something of its group', () => {
    expect(findHeld('vm1', [wanted('c')], seen, with_('c'))).toEqual([
      { code: 'pci.device.in-use', field: 'pciDevices[0].device', message: 'is with the VM web2', got: 'c' },
    ])
    expect(findHeld('vm1', [wanted('a')], seen, with_('b'))).toEqual([
      {
        ...{ code: 'pci.group.in-use', field: 'pciDevices[0].device', got: 'a' },
        message: 'shares its IOMMU group with b, which is with the VM web2',
      },
    ])
    expect(findHeld('vm2', [wanted('a')], seen, with_('a', 'b'))).toEqual([])
  })
})

it('devices are told with their groups, and who has and wants them', () => {
  const [one, two] = [device('a', 1), device('b', 1, { uses: [{ kind: 'console', what: 'the screen' }] })]
  const described = describeDevices(
    [one, two, device('c', null)],
    new Map([['a', { id: 'vm1', name: 'web1' }]]),
    new Map([['a', ['vm1', 'vm2']]]),
    new Map([['c', 3]]),
  )
  expect(
    described.map(({ id, groupMembers, assignable, vm, wantedBy, wantedVfs }) => [id, groupMembers, assignable, vm, wantedBy, wantedVfs]),
  ).toEqual([
    ['a', ['a', 'b'], false, 'vm1', ['vm1', 'vm2'], null],
    ['b', ['a', 'b'], false, null, [], null],
    ['c', [], false, null, [], 3],
  ])
})

describe('the number of virtual functions', () => {
  const physical = device('a', 1, { sriov: { totalVfs: 4, numVfs: 2, physicalFunction: null } })
  const vf = device('a-vf0', 2, { sriov: { totalVfs: 0, numVfs: 0, physicalFunction: physical.address } })
  const seen = [physical, vf]
  const holder = (id: string): Holders => new Map([[id, { id: 'vm1', name: 'web1' }]])

  it.each<[string, SeenDevice, number, Holders, readonly string[]]>([
    ['can be raised', physical, 4, new Map(), []],
    ['can be none', physical, 0, new Map(), []],
    ['is what it is, whoever has them', physical, 2, holder('a-vf0'), []],
    ['cannot be more than the device can have', physical, 5, new Map(), ['pci.sriov.too-many']],
    ['cannot be changed while VMs have them', physical, 0, holder('a-vf0'), ['pci.sriov.in-use']],
    ['cannot be changed of a device that a VM has', physical, 3, holder('a'), ['pci.device.in-use']],
    ['cannot be changed without a driver', { ...physical, driver: null }, 3, new Map(), ['pci.sriov.no-driver']],
    ['is none of a device without', device('b', 3), 1, new Map(), ['pci.sriov.absent']],
    ['is none of a virtual one', vf, 1, new Map(), ['pci.sriov.absent']],
  ])('%s', (_what, which, count, holders, codes) => {
    expect(codesOf(findVfProblems(which, count, seen, holders))).toEqual(codes)
  })
})
