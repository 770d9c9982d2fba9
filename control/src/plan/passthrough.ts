// Decides which devices of the host a VM may be given, and what giving them takes. Pure.
import type { DeviceUse, HostDevice, Obstacle, PciIdentity, SeenDevice } from '../domain/pci-device.ts'
import type { Problem } from '../domain/problem.ts'
import type { PassedDevice } from '../domain/vm.ts'

/** Who has a device, by its id: a VM that runs with it or is being started. */
export type Holders = ReadonlyMap<string, { readonly id: string; readonly name: string }>

/** PCI bridges, which stay with the host's driver in a group that is given away. @source Linux Documentation/driver-api/vfio.rst, "Groups, Devices, and IOMMUs" */
const PCI_BRIDGE = '0604'

const CUT_OFF: Readonly<Record<DeviceUse['kind'], string>> = {
  'boot-medium': 'the medium that the host runs from',
  state: 'the host’s state',
  datastore: 'a datastore',
  mounted: 'a file system in use',
  management: 'the management network',
  uplink: 'a network of the host',
  console: 'the console on the screen',
  'host-part': 'the machine itself',
}

/** All in the same IOMMU group, itself included. */
function groupOf(device: SeenDevice, seen: readonly SeenDevice[]): readonly SeenDevice[] {
  if (device.iommuGroup === null) return []
  return seen.filter(({ iommuGroup }) => iommuGroup === device.iommuGroup)
}

function isBridge(device: SeenDevice): boolean {
  return device.class?.startsWith(PCI_BRIDGE) === true
}

/** What of a group has to leave the host with any device of it. */
function leavingWith(device: SeenDevice, seen: readonly SeenDevice[]): readonly SeenDevice[] {
  return groupOf(device, seen).filter((member) => !isBridge(member))
}

/** Why no VM may have it, whoever has it now. */
export function findReasons(device: SeenDevice, seen: readonly SeenDevice[]): readonly Obstacle[] {
  const others = leavingWith(device, seen).filter((member) => member !== device)
  return [
    ...(device.iommuGroup === null ? [{ code: 'pci.iommu.absent', message: 'has no IOMMU between it and the memory of the host' }] : []),
    ...device.uses.map((use) => guard(use)),
    ...others.flatMap((member) =>
      member.uses.map((use): Obstacle => {
        const message = `shares its IOMMU group with ${member.id}, without which the host would lose ${loss(use)}`
        return { code: 'pci.guard.group', message }
      }),
    ),
    ...((device.sriov?.numVfs ?? 0) > 0
      ? [{ code: 'pci.device.has-virtual-functions', message: 'has virtual functions, which would go with it' }]
      : []),
  ]
}

function guard(use: DeviceUse): Obstacle {
  return { code: `pci.guard.${use.kind}`, message: `is needed by the host, which would lose ${loss(use)}` }
}

function loss({ kind, what }: DeviceUse): string {
  return `${CUT_OFF[kind]} (${what})`
}

/** Of what the spec asks for, everything that does not hold for the devices as they are. `known`: devices that the spec had already, which may be away by now. */
export function findUnassignable(wanted: readonly PassedDevice[], seen: readonly SeenDevice[]): Problem[] {
  return wanted.flatMap((one, index): Problem[] => {
    const field = `pciDevices[${index}].device`
    const device = seen.find(({ id }) => id === one.device)
    if (device === undefined) return [problem('pci.device.missing', field, 'is not in the machine', one.device)]
    if (!isSame(one, device)) {
      const message = `is another device now: ${named(device)} where ${named(one)} was`
      return [problem('pci.device.differs', field, message, one.device)]
    }
    return findReasons(device, seen).map(({ code, message }) => problem(code, field, message, one.device))
  })
}

/** What keeps the VM `id` from being started with its devices now: they, or some of their groups, are another's. */
export function findHeld(id: string, wanted: readonly PassedDevice[], seen: readonly SeenDevice[], holders: Holders): Problem[] {
  return wanted.flatMap((one, index): Problem[] => {
    const field = `pciDevices[${index}].device`
    const device = seen.find((candidate) => candidate.id === one.device)
    if (device === undefined) return []
    return leavingWith(device, seen).flatMap((member): Problem[] => {
      const holder = holders.get(member.id)
      if (holder === undefined || holder.id === id) return []
      if (member === device) return [problem('pci.device.in-use', field, `is with the VM ${holder.name}`, one.device)]
      return [
        problem('pci.group.in-use', field, `shares its IOMMU group with ${member.id}, which is with the VM ${holder.name}`, one.device),
      ]
    })
  })
}

function problem(code: string, field: string, message: string, got: string): Problem {
  return { code, field, message, got }
}

/** A serial number that was not known once is not asked for. */
function isSame(wanted: PciIdentity, device: SeenDevice): boolean {
  const sameKind = wanted.vendorId === device.vendorId && wanted.deviceId === device.deviceId
  return sameKind && (wanted.serial === null || wanted.serial === device.serial)
}

function named({ vendorId, deviceId, serial }: Pick<SeenDevice, 'vendorId' | 'deviceId' | 'serial'>): string {
  return `${vendorId ?? '?'}:${deviceId ?? '?'}${serial === null ? '' : ` with the serial number ${serial}`}`
}

/** What is handed over for a VM. */
export interface PassedDevices {
  /** Addresses that they have now, by slot. */
  readonly addresses: Readonly<Record<number, string>>
  /** IOMMU groups, by address of a passed device. */
  readonly groups: Readonly<Record<string, number>>
  /** Addresses of all that leaves the host: whole groups without their bridges. */
  readonly leaving: readonly string[]
}

export const NOTHING_PASSED: PassedDevices = { addresses: {}, groups: {}, leaving: [] }

/** Of devices for which nothing was found by the two functions above. */
export function assignDevices(wanted: readonly PassedDevice[], seen: readonly SeenDevice[]): PassedDevices {
  const found = wanted.flatMap((one) => {
    const device = seen.find(({ id }) => id === one.device)
    return device === undefined || device.iommuGroup === null ? [] : [{ slot: one.slot, device, group: device.iommuGroup }]
  })
  return {
    addresses: Object.fromEntries(found.map(({ slot, device }) => [slot, device.address])),
    groups: Object.fromEntries(found.map(({ device, group }) => [device.address, group])),
    leaving: [...new Set(found.flatMap(({ device }) => leavingWith(device, seen).map(({ address }) => address)))],
  }
}

/** `wantedBy` and `wantedVfs` are by id. */
export function describeDevices(
  seen: readonly SeenDevice[],
  holders: Holders,
  wantedBy: ReadonlyMap<string, readonly string[]>,
  wantedVfs: ReadonlyMap<string, number>,
): readonly HostDevice[] {
  return seen.map((device): HostDevice => {
    const reasons = findReasons(device, seen)
    return {
      ...device,
      groupMembers: groupOf(device, seen).map(({ id }) => id),
      assignable: reasons.length === 0,
      reasons,
      vm: holders.get(device.id)?.id ?? null,
      wantedBy: wantedBy.get(device.id) ?? [],
      wantedVfs: wantedVfs.get(device.id) ?? null,
    }
  })
}

/** Why the number of virtual functions cannot be made `count`. */
export function findVfProblems(device: SeenDevice, count: number, seen: readonly SeenDevice[], holders: Holders): Problem[] {
  const refuse = (code: string, message: string): Problem => ({ code, field: 'count', message, got: count })
  const { sriov, address } = device
  if (sriov === null || sriov.physicalFunction !== null) return [refuse('pci.sriov.absent', 'cannot be set: the device has no SR-IOV')]
  if (count > sriov.totalVfs) {
    return [
      { ...refuse('pci.sriov.too-many', `must not be above ${sriov.totalVfs}, the most that the device can have`), max: sriov.totalVfs },
    ]
  }
  if (count === sriov.numVfs) return []
  const owner = holders.get(device.id)
  const used = seen.flatMap((one) => (one.sriov?.physicalFunction === address ? (holders.get(one.id)?.name ?? []) : []))
  return [
    ...(owner === undefined ? [] : [refuse('pci.device.in-use', `cannot be set: the device is with the VM ${owner.name}`)]),
    ...(device.driver === null ? [refuse('pci.sriov.no-driver', 'cannot be set: no driver has the device')] : []),
    ...(used.length === 0
      ? []
      : [refuse('pci.sriov.in-use', `cannot be changed while virtual functions are with ${[...new Set(used)].join(', ')}`)]),
  ]
}
