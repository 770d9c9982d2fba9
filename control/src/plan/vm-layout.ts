// Where the devices of a VM are on its buses: fixed places by kind and slot, so that no edit moves another device. Pure.
import type { DeviceProperties } from '../domain/live-step.ts'
import { PCI_SLOTS } from '../domain/pci-device.ts'
import type { VmSpec } from '../domain/vm.ts'
import { DISK_SLOTS, NIC_SLOTS } from '../domain/vm-devices.ts'

type Chipset = VmSpec['chipset']

/** Kinds of device of which a VM has one at most, each with its place on the root bus. 0x1e and 0x1f are q35's own. */
export type SingleDevice = 'video' | 'usb' | 'channels' | 'scsi' | 'balloon' | 'hot-memory' | 'watchdog' | 'rng'

const SINGLE: Readonly<Record<Chipset, Readonly<Record<SingleDevice, string>>>> = {
  // 0x2 to 0x6 are ports.
  q35: {
    ...{ video: '0x1', usb: '0x8', channels: '0x9', scsi: '0xa', balloon: '0xb' },
    ...{ 'hot-memory': '0xc', watchdog: '0xd', rng: '0x1d' },
  },
  // 0x1 is the chipset's, 0x8 to 0xf are disks, 0x10 to 0x17 NICs, 0x19 is the seed.
  i440fx: {
    ...{ video: '0x2', usb: '0x3', channels: '0x4', scsi: '0x5', balloon: '0x6' },
    ...{ 'hot-memory': '0x7', watchdog: '0x18', rng: '0x1a' },
  },
}

const FIRST_NIC_DEVICE = 0x10
const FIRST_DISK_DEVICE = 0x8
/** Of q35: eight ports each, as functions of one device of the root bus. NICs come first, so that their bus numbers, and with them the guest's names for them, never change. */
const FIRST_NIC_PORT = 0x2
const FIRST_DISK_PORT = 0x3
const SEED_PORT = 0x5
const FIRST_PCI_PORT = 0x6
const FUNCTIONS = 8

export function placeOf(chipset: Chipset, device: SingleDevice): DeviceProperties {
  return { bus: rootBus(chipset), addr: SINGLE[chipset][device] }
}

export function nicPlace(chipset: Chipset, slot: number): DeviceProperties {
  return chipset === 'q35' ? { bus: `nic-port${slot}` } : { bus: rootBus(chipset), addr: hex(FIRST_NIC_DEVICE + slot) }
}

/** Of a disk on virtio-blk; on i440fx slots below 8 only. */
export function diskPlace(chipset: Chipset, slot: number): DeviceProperties {
  return chipset === 'q35' ? { bus: `disk-port${slot}` } : { bus: rootBus(chipset), addr: hex(FIRST_DISK_DEVICE + slot) }
}

/** Of the cloud-init seed: after all disks, so that a guest's first disk is its first. */
export function seedPlace(chipset: Chipset): DeviceProperties {
  return chipset === 'q35' ? { bus: 'seed-port0' } : { bus: rootBus(chipset), addr: '0x19' }
}

/** Of a device of the host, on q35. */
export function passedPlace(slot: number): DeviceProperties {
  return { bus: `pci-port${slot}` }
}

/** Of a drive on the chipset's own controller: position 0 upwards. */
export function drivePlace(chipset: Chipset, position: number): DeviceProperties {
  return chipset === 'q35' ? { bus: `ide.${position}`, unit: 0 } : { bus: `ide.${position >> 1}`, unit: position & 1 }
}

/** Disks fill the controller from its first position, CD drives from its last. */
export function cdromPosition(chipset: Chipset, slot: number): number {
  return (chipset === 'q35' ? 5 : 3) - slot
}

/** The root ports of q35, in which devices are plugged and unplugged. The upper eight for disks are there only where one of them is needed. */
export function rootPorts(spec: Pick<VmSpec, 'chipset' | 'disks' | 'cloudInit' | 'pciDevices'>): readonly DeviceProperties[] {
  if (spec.chipset !== 'q35') return []
  const upper = spec.disks.some(({ bus, slot }) => bus === 'virtio-blk' && slot >= FUNCTIONS)
  return [
    ...ports('nic-port', NIC_SLOTS, FIRST_NIC_PORT, 1),
    ...ports('disk-port', upper ? 2 * FUNCTIONS : FUNCTIONS, FIRST_DISK_PORT, 1 + NIC_SLOTS),
    ...(spec.cloudInit === null ? [] : ports('seed-port', 1, SEED_PORT, 1 + NIC_SLOTS + DISK_SLOTS)),
    // Last, so that a guest's other buses keep their numbers.
    ...(spec.pciDevices.length === 0 ? [] : ports('pci-port', PCI_SLOTS, FIRST_PCI_PORT, 2 + NIC_SLOTS + DISK_SLOTS)),
  ]
}

function ports(name: string, count: number, device: number, chassis: number): DeviceProperties[] {
  return Array.from({ length: count }, (_, slot) => ({
    ...{ driver: 'pcie-root-port', id: `${name}${slot}`, bus: 'pcie.0', chassis: chassis + slot },
    addr: `${hex(device + Math.floor(slot / FUNCTIONS))}.${hex(slot % FUNCTIONS)}`,
    ...(slot % FUNCTIONS === 0 ? { multifunction: true } : {}),
  }))
}

function rootBus(chipset: Chipset): string {
  return chipset === 'q35' ? 'pcie.0' : 'pci.0'
}

function hex(value: number): string {
  return `0x${value.toString(16)}`
}
