// The devices of a VM that there can be several of: disks, CD drives, NICs. Their schemas, ranges and defaults.
import * as v from 'valibot'
import { closed } from './check.ts'
import { field } from './field.ts'
import { macSchema } from './mac.ts'
import { datastoreNameSchema, fileNameSchema } from './names.ts'
import { nicLimitsSchema } from './nic-limits.ts'

/** Slots are places on a bus: a device keeps its slot, and with it its PCI address, whatever is added or removed beside it. */
export const DISK_SLOTS = 16
export const CDROM_SLOTS = 4
export const NIC_SLOTS = 8

export const fileReferenceSchema = closed({
  datastore: v.pipe(datastoreNameSchema, field({ title: 'Datastore' })),
  file: v.pipe(fileNameSchema, field({ title: 'File name', description: 'A plain file in the datastore.' })),
})
/** A file in a datastore. */
export type FileReference = v.InferOutput<typeof fileReferenceSchema>

function slotSchema(count: number) {
  return v.pipe(
    v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(count - 1))),
    field({
      title: 'Slot',
      description: 'The place of the device, which its address follows from; assigned when absent, and then kept.',
      takesEffect: 'next-power-on',
    }),
  )
}

/** A thousand million a second is more than any disk does. */
const MAX_RATE = 1_000_000_000_000

function rate(title: string, unit: string, least: number) {
  return v.pipe(
    v.optional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(MAX_RATE))), null),
    field({ title, unit, description: 'Null: as many as there are.' }),
  )
}

export const diskLimitsSchema = closed({
  readIops: rate('Reads', 'operations/s', 1),
  writeIops: rate('Writes', 'operations/s', 1),
  readBytesPerSecond: rate('Read rate', 'bytes/s', 65_536),
  writeBytesPerSecond: rate('Write rate', 'bytes/s', 65_536),
  burstFactor: v.pipe(
    v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100)), 1),
    field({ title: 'Burst', description: 'So many times the limits, for as long as `burstSeconds`, after a time of less; 1: none.' }),
  ),
  burstSeconds: v.pipe(
    v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(3600)), 1),
    field({ title: 'Burst length', unit: 's' }),
  ),
})
export type DiskLimits = v.InferOutput<typeof diskLimitsSchema>

const DISK_BUSES = ['virtio-blk', 'virtio-scsi', 'sata', 'ide'] as const
export const diskSchema = closed({
  slot: slotSchema(DISK_SLOTS),
  datastore: v.pipe(datastoreNameSchema, field({ title: 'Datastore' })),
  file: v.pipe(
    fileNameSchema,
    field({ title: 'File name', description: 'A plain file in the datastore; a writable one belongs to one VM.' }),
  ),
  format: v.pipe(v.picklist(['raw', 'qcow2']), field({ title: 'Format', description: 'Of the file; never guessed from its content.' })),
  readOnly: v.pipe(v.optional(v.boolean(), false), field({ title: 'Read-only', description: 'A read-only disk may be shared by VMs.' })),
  bus: v.pipe(
    v.optional(v.picklist(DISK_BUSES)),
    field({
      title: 'Bus',
      description: '`virtio-blk` and `virtio-scsi` are plugged and unplugged live; `sata` is for the chipset q35, `ide` for i440fx.',
      presets: { linux: 'virtio-blk', windows: 'sata', other: 'ide' },
    }),
  ),
  serial: v.pipe(
    v.optional(v.nullable(v.pipe(v.string(), v.regex(/^[A-Za-z0-9_.-]{1,20}$/, 'must be 1 to 20 of A-Z a-z 0-9 _ . -'))), null),
    field({ title: 'Serial number', description: 'That the guest sees, or null for none.' }),
  ),
  limits: v.pipe(
    v.optional(v.nullable(diskLimitsSchema), null),
    field({
      title: 'Limits',
      description: 'What the guest gets of the disk at most; null: all there is. QMP: block_set_io_throttle.',
      takesEffect: 'live',
    }),
  ),
})

export const cdromSchema = closed({
  slot: slotSchema(CDROM_SLOTS),
  medium: v.pipe(
    v.optional(v.nullable(fileReferenceSchema), null),
    field({
      title: 'Medium',
      description: 'A CD image, or null for an empty drive. QMP: blockdev-change-medium, eject.',
      takesEffect: 'live',
    }),
  ),
})

export const NIC_MODELS = ['virtio', 'e1000e', 'e1000'] as const
export type NicModel = (typeof NIC_MODELS)[number]

export const nicSchema = closed({
  slot: slotSchema(NIC_SLOTS),
  network: v.pipe(v.picklist(['nat']), field({ title: 'Network', description: '`nat`: behind the host’s address, with DHCP.' })),
  mac: v.pipe(v.optional(macSchema), field({ title: 'MAC address', description: 'Assigned when absent, and then kept.' })),
  model: v.pipe(
    v.optional(v.picklist(NIC_MODELS)),
    field({
      title: 'Model',
      description: '`e1000e` and `e1000` are for guests without a virtio driver.',
      presets: { linux: 'virtio', windows: 'e1000e', other: 'e1000' },
    }),
  ),
  connected: v.pipe(
    v.optional(v.boolean(), true),
    field({ title: 'Connected', description: 'Whether the cable is in. QMP: set_link.', takesEffect: 'live' }),
  ),
  limits: v.pipe(
    v.optional(v.nullable(nicLimitsSchema), null),
    field({
      title: 'Limits',
      description: 'What the guest gets of the network at most; null: all there is. tc: htb.',
      takesEffect: 'live',
    }),
  ),
})
