// PCI devices, their slots and the IOMMU as sysfs has them. Keeps nothing; what a device says of itself is read, never believed to end.
import { readHead } from 'hv:fs'
import { parseDmiText } from '../codec/dmi.ts'
import { nameOfPciClass } from '../codec/pci-class.ts'
import { findDeviceSerial } from '../codec/pci-config.ts'
import { parseCount, parseHex } from '../codec/sysfs-value.ts'
import type { Iommu, PciDevice, PciSriov } from '../domain/topology.ts'
import { linkedName, linkOrNull, namesIn, textOrNull } from './sysfs.ts'

/** More functions than any machine has; SR-IOV makes hundreds. */
const MAX_DEVICES = 4096
const ADDRESS = /^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/
/** Most lists of capabilities end within it. Reading on wakes more of the device, so that is done only where the list leads. */
const FIRST_READ_BYTES = 512

const pciFolder = (root: string) => `${root}/sys/bus/pci/devices`

/** `root` is put before /sys, as in all of these. */
export function readPciDevices(root: string): readonly PciDevice[] {
  const slots = readSlots(root)
  return addresses(root).map((address) => readDevice(root, address, slots))
}

function readDevice(root: string, address: string, slots: ReadonlyMap<string, string>): PciDevice {
  const folder = `${pciFolder(root)}/${address}`
  const text = (file: string) => textOrNull(`${folder}/${file}`)
  const pciClass = parseHex(text('class'), 6)
  const sriov = readSriov(folder)
  return {
    address,
    vendorId: parseHex(text('vendor'), 4),
    deviceId: parseHex(text('device'), 4),
    subsystemVendorId: parseHex(text('subsystem_vendor'), 4),
    subsystemDeviceId: parseHex(text('subsystem_device'), 4),
    class: pciClass,
    className: nameOfPciClass(pciClass),
    driver: linkedName(`${folder}/driver`),
    iommuGroup: parseCount(linkedName(`${folder}/iommu_group`)),
    node: parseCount(text('numa_node')),
    // A virtual function is where its physical one is.
    slot: slotOf(root, sriov?.physicalFunction ?? address, slots),
    serial: readSerial(`${folder}/config`),
    sriov,
  }
}

function readSriov(folder: string): PciSriov | null {
  const physicalFunction = linkedName(`${folder}/physfn`)
  if (physicalFunction !== null) return { totalVfs: 0, numVfs: 0, physicalFunction }
  const totalVfs = parseCount(textOrNull(`${folder}/sriov_totalvfs`))
  if (totalVfs === null) return null
  return { totalVfs, numVfs: parseCount(textOrNull(`${folder}/sriov_numvfs`)) ?? 0, physicalFunction: null }
}

/** The slot of the device or of the nearest above it, as cards can have bridges of their own; else what the firmware calls it. */
function slotOf(root: string, address: string, slots: ReadonlyMap<string, string>): string | null {
  const folder = `${pciFolder(root)}/${address}`
  const path = (linkOrNull(folder) ?? address).split('/').filter((part) => ADDRESS.test(part))
  for (const above of path.reverse()) {
    const device = above.split('.')[0] ?? ''
    // Of a slot that takes up a whole bus the kernel names no device.
    const slot = slots.get(device) ?? slots.get(device.slice(0, -3))
    if (slot !== undefined) return slot
  }
  return parseDmiText(textOrNull(`${folder}/label`) ?? '') || null
}

/** Names of slots by `domain:bus:device` or `domain:bus`. @source Linux drivers/pci/slot.c, address_read_file */
function readSlots(root: string): ReadonlyMap<string, string> {
  const folder = `${root}/sys/bus/pci/slots`
  const entries = namesIn(folder).flatMap((name): [string, string][] => {
    const address = textOrNull(`${folder}/${name}/address`)?.trim() ?? ''
    return address === '' ? [] : [[address, name]]
  })
  return new Map(entries)
}

/** Null too when the kernel lets nobody see that far into the configuration space. */
function readSerial(path: string): string | null {
  let wanted = FIRST_READ_BYTES
  for (;;) {
    const config = headOrNull(path, wanted)
    const search = config === null ? null : findDeviceSerial(config)
    if (search?.kind === 'found') return search.serial
    // Each turn wants more bytes than the one before, and has got all that it wanted.
    if (search?.kind !== 'beyond' || config?.length !== wanted) return null
    wanted = search.bytes
  }
}

function headOrNull(path: string, bytes: number): Uint8Array | null {
  try {
    return readHead(path, bytes)
  } catch {
    return null
  }
}

const IOMMU_NAMES: readonly (readonly [RegExp, Iommu['kind']])[] = [
  [/^dmar\d/, 'intel'],
  [/^ivhd\d/, 'amd'],
  [/^(arm-)?smmu/, 'arm'],
]

/** @source Linux Documentation/ABI/testing/sysfs-class-iommu */
export function readIommu(root: string): Iommu {
  const units = namesIn(`${root}/sys/class/iommu`)
  const kind = IOMMU_NAMES.find(([pattern]) => units.some((name) => pattern.test(name)))?.[1] ?? null
  return { present: units.length > 0, kind, groups: namesIn(`${root}/sys/kernel/iommu_groups`).length }
}

/** What tells whether the answers of the others are still true: which devices there are, virtual functions among them, and their drivers. */
export function signPci(root: string): string {
  return addresses(root)
    .map((address) => `${address} ${linkedName(`${pciFolder(root)}/${address}/driver`) ?? ''}`)
    .join('\n')
}

function addresses(root: string): readonly string[] {
  return namesIn(pciFolder(root))
    .filter((name) => ADDRESS.test(name))
    .slice(0, MAX_DEVICES)
}
