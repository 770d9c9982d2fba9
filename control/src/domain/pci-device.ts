// PCI functions as they are passed on to VMs: how one is known for good, what the host uses it for, who has it. Facts and their schemas alone.
import * as v from 'valibot'
import { closed } from './check.ts'
import { field } from './field.ts'
import type { PciDevice } from './topology.ts'

/** Places for passed-through devices in a VM, each with a root port of its own. */
export const PCI_SLOTS = 8

/**
 * `PCI0-1c.0-00.0`: the host bridge, then device and function of each bridge on the way and of the device itself; bus numbers, which another boot may give
 * otherwise, are not in it. `-vf3` is the fourth virtual function of what is named before it.
 */
const PCI_ID = /^[A-Za-z0-9_.]{1,64}(?:-[01][0-9a-f]\.[0-7]){1,16}(?:-vf[0-9]{1,4})?$/

export const pciIdSchema = v.pipe(v.string(), v.regex(PCI_ID, 'must be a device as the host names it, such as PCI0-1c.0-00.0'))

const fourDigits = v.pipe(v.string(), v.regex(/^[0-9a-f]{4}$/, 'must be four hexadecimal digits in lower case'))

/** A device of the host that a VM is given whole. */
export const passedDeviceSchema = closed({
  device: v.pipe(pciIdSchema, field({ title: 'Device', description: 'Of the host, as `GET /v1/host/devices` names it.' })),
  slot: v.pipe(
    v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(PCI_SLOTS - 1))),
    field({
      title: 'Slot',
      description: 'The place of the device, which its address in the guest follows from; assigned when absent, and then kept.',
    }),
  ),
  vendorId: v.pipe(
    v.optional(fourDigits),
    field({ title: 'Vendor', description: 'What has to be there at each power-on; read from the device when absent, and then kept.' }),
  ),
  deviceId: v.pipe(v.optional(fourDigits), field({ title: 'Model', description: 'As `vendorId`.' })),
  serial: v.pipe(
    v.optional(v.nullable(v.pipe(v.string(), v.minLength(1), v.maxLength(64)))),
    field({ title: 'Serial number', description: 'As `vendorId`; null for a device that tells none.' }),
  ),
})

/** What tells one card from another in the same place. */
export interface PciIdentity {
  readonly vendorId: string
  readonly deviceId: string
  /** Null of a device that tells none. */
  readonly serial: string | null
}

export const DEVICE_USES = ['boot-medium', 'state', 'datastore', 'mounted', 'management', 'uplink', 'console', 'host-part'] as const

/** What would be cut off if the host had the device no longer. */
export interface DeviceUse {
  /** `mounted` is any other file system, `uplink` an adapter that is part of a bridge or bond, `host-part` what the machine itself is made of. */
  readonly kind: (typeof DEVICE_USES)[number]
  /** `eth0`, `/datastores/local on vda`. */
  readonly what: string
}

/** A PCI function as it is seen now. */
export interface SeenDevice extends Omit<PciDevice, 'serial'> {
  /** See `PCI_ID`. */
  readonly id: string
  /** Its own, or that of the NVMe controller in it, or that of the physical function. */
  readonly serial: string | null
  /** Empty where the host can do without. */
  readonly uses: readonly DeviceUse[]
  /** Names of its network interfaces and disks. */
  readonly interfaces: readonly string[]
}

/** Why a device cannot be given to a VM. The codes are stable. */
export interface Obstacle {
  readonly code: string
  readonly message: string
}

/** A PCI function with all that decides whether a VM can have it. */
export interface HostDevice extends SeenDevice {
  /** Ids of all that is in its IOMMU group, itself included; empty without a group. */
  readonly groupMembers: readonly string[]
  readonly assignable: boolean
  /** Empty when it is assignable. */
  readonly reasons: readonly Obstacle[]
  /** The VM that has it now. */
  readonly vm: string | null
  /** VMs whose spec names it. */
  readonly wantedBy: readonly string[]
  /** Virtual functions that are kept for it over restarts of the host; null where nothing was set. */
  readonly wantedVfs: number | null
}

/** Where SR-IOV is set: how many virtual functions a device has from now on. Kept by the device, not by its address. */
export interface VirtualFunctions extends PciIdentity {
  readonly device: string
  readonly count: number
}

/** As they are kept in the settings. */
export const virtualFunctionsSchema = v.array(
  closed({ device: pciIdSchema, vendorId: fourDigits, deviceId: fourDigits, serial: v.nullable(v.string()), count: v.number() }),
)

export const virtualFunctionsRequestSchema = closed({
  count: v.pipe(
    v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535)),
    field({ title: 'Virtual functions', description: 'From now on, and at each start of the host; 0: none.' }),
  ),
})
