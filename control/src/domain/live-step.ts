// The steps that change a VM while it runs, as plain data. Each is whole or not at all, and harmless where what it wants is so already.

import type { NicShape } from './traffic.ts'
import type { DiskLimits } from './vm-devices.ts'

/** Properties of a device, as QEMU's `-device` and `device_add` take them. */
export type DeviceProperties = Readonly<Record<string, string | number | boolean>>

export type LiveStep =
  /** Gives the file to the VM (see the effect `own-file`), opens it here and passes it on. The nodes lack their `filename`. QMP: add-fd, blockdev-add, device_add. */
  | {
      readonly kind: 'plug-disk'
      readonly name: string
      readonly path: string
      readonly readOnly: boolean
      readonly uid: number
      readonly nodes: readonly Readonly<Record<string, unknown>>[]
      readonly device: DeviceProperties
    }
  /** Asks the guest to let go of it, and waits for that. QMP: device_del, blockdev-del. */
  | { readonly kind: 'unplug-disk'; readonly name: string }
  /** Makes a TAP on the bridge and passes it on. QMP: getfd, netdev_add, device_add. */
  | {
      readonly kind: 'plug-nic'
      readonly name: string
      readonly tap: string
      readonly bridge: string
      readonly backend: DeviceProperties
      readonly device: DeviceProperties
      readonly connected: boolean
    }
  /** QMP: device_del, netdev_del. */
  | { readonly kind: 'unplug-nic'; readonly name: string }
  /** QMP: set_link. */
  | { readonly kind: 'set-link'; readonly name: string; readonly up: boolean }
  /** Ejects what is in the drive, whether or not the guest has locked it, and inserts the file where there is one. The nodes lack their `filename`. */
  | {
      readonly kind: 'change-medium'
      readonly drive: string
      readonly path: string | null
      readonly uid: number
      readonly nodes: readonly Readonly<Record<string, unknown>>[]
    }
  /** Null in all: no limit. QMP: block_set_io_throttle. */
  | { readonly kind: 'set-disk-limits'; readonly name: string; readonly limits: DiskLimits }
  /** Holds the traffic of a NIC to its rates, or lets it go, in the kernel: tc. */
  | { readonly kind: 'shape-nic'; readonly shape: NicShape }
  /** QMP: query-hotpluggable-cpus, device_add, device_del. */
  | { readonly kind: 'set-vcpus'; readonly count: number }
  /** Of the virtio-mem device; the guest's driver follows when it can. QMP: qom-set requested-size. */
  | { readonly kind: 'set-hot-memory'; readonly bytes: number }
  /** QMP: balloon. */
  | { readonly kind: 'set-balloon'; readonly bytes: number }
  /** QMP: set-action. */
  | { readonly kind: 'set-panic-action'; readonly action: string }
