// Disks and CD drives as QEMU knows them: block nodes and devices, the same for the command line and for hot-plug. Pure.
// @source QEMU qapi/block-core.json (BlockdevOptions), virtio-blk, scsi-hd, ide-hd
import type { DeviceProperties } from '../domain/live-step.ts'
import type { Cdrom, Disk, VmSpec } from '../domain/vm.ts'
import { cdromPosition, diskPlace, drivePlace, placeOf } from './vm-layout.ts'

/** Two nodes for a file: the file itself, and its format. */
export type BlockNodes = readonly [file: Readonly<Record<string, unknown>>, format: Readonly<Record<string, unknown>>]

/** The page cache is used (a tmpfs has nothing else), flushes of the guest reach the medium. No other file is ever opened for what stands in this one. */
export function blockNodes(node: string, filename: string, format: 'raw' | 'qcow2', readOnly: boolean): BlockNodes {
  const common = { 'read-only': readOnly, discard: 'unmap', cache: { direct: false, 'no-flush': false } }
  return [
    { driver: 'file', 'node-name': `${node}-file`, filename, aio: 'threads', ...common },
    { driver: format, 'node-name': node, file: `${node}-file`, ...(format === 'qcow2' ? { backing: null } : {}), ...common },
  ]
}

export function diskName(slot: number): string {
  return `disk${slot}`
}

export function cdromName(slot: number): string {
  return `cdrom${slot}`
}

/** What a write that finds the datastore full does is to pause the VM, whatever else is wanted of errors. */
function errorPolicy(onIoError: VmSpec['onIoError']): DeviceProperties {
  return onIoError === 'pause' ? { werror: 'stop', rerror: 'stop' } : { werror: 'enospc', rerror: 'report' }
}

/** `bootindex` 1 is first; 0: not booted from. */
export function diskDevice(spec: Pick<VmSpec, 'chipset' | 'onIoError'>, disk: Disk, bootindex: number): DeviceProperties {
  const id = diskName(disk.slot)
  return {
    ...busOf(spec.chipset, disk),
    ...{ id, drive: id, 'write-cache': 'on' },
    ...errorPolicy(spec.onIoError),
    ...(disk.serial === null ? {} : { serial: disk.serial }),
    ...(bootindex === 0 ? {} : { bootindex }),
  }
}

function busOf(chipset: VmSpec['chipset'], { bus, slot }: Disk): DeviceProperties {
  switch (bus) {
    case 'virtio-blk':
      return { driver: 'virtio-blk-pci', ...diskPlace(chipset, slot) }
    case 'virtio-scsi':
      return { driver: 'scsi-hd', bus: 'scsi.0', 'scsi-id': slot, lun: 0 }
    case 'sata':
    case 'ide':
      return { driver: 'ide-hd', ...drivePlace(chipset, slot) }
    default: {
      const unhandled: never = bus
      throw new TypeError(`unhandled bus ${String(unhandled)}`)
    }
  }
}

/** There where a disk of the started VM needs it; its bus is `scsi.0`. */
export function scsiController(spec: Pick<VmSpec, 'chipset' | 'disks'>): readonly DeviceProperties[] {
  if (!spec.disks.some(({ bus }) => bus === 'virtio-scsi')) return []
  return [{ driver: 'virtio-scsi-pci', id: 'scsi', ...placeOf(spec.chipset, 'scsi') }]
}

export function cdromDevice(spec: Pick<VmSpec, 'chipset'>, { slot, medium }: Cdrom, bootindex: number): DeviceProperties {
  const id = cdromName(slot)
  return {
    ...{ driver: 'ide-cd', id, ...drivePlace(spec.chipset, cdromPosition(spec.chipset, slot)) },
    ...(medium === null ? {} : { drive: id }),
    ...(bootindex === 0 ? {} : { bootindex }),
  }
}

/** Positions in the boot order, from 1; 0 for what is not booted from. */
export function bootOrder({ boot, disks, cdroms }: Pick<VmSpec, 'boot' | 'disks' | 'cdroms'>): (name: string) => number {
  const bySlot = <T extends { readonly slot: number }>(devices: readonly T[]) => [...devices].sort((a, b) => a.slot - b.slot)
  const diskNames = bySlot(disks).map(({ slot }) => diskName(slot))
  const cdromNames = bySlot(cdroms).map(({ slot }) => cdromName(slot))
  const order = boot.from === 'order' ? boot.devices : boot.from === 'cdrom' ? [...cdromNames, ...diskNames] : [...diskNames, ...cdromNames]
  return (name) => order.indexOf(name) + 1
}
