// What a VM is: `VmSpec` (wanted), `VmStatus` (seen). The schema is the one place for its fields, ranges, defaults and descriptions.
import * as v from 'valibot'
import { closed, rule } from './check.ts'
import { field } from './field.ts'
import { macSchema } from './mac.ts'
import { datastoreNameSchema, fileNameSchema, vmNameSchema } from './names.ts'

const MAX_DISKS = 8
const MAX_NICS = 4

export const fileReferenceSchema = closed({
  datastore: v.pipe(datastoreNameSchema, field({ title: 'Datastore' })),
  file: v.pipe(fileNameSchema, field({ title: 'File name', description: 'A plain file in the datastore.' })),
})
/** A file in a datastore. */
export type FileReference = v.InferOutput<typeof fileReferenceSchema>

const bootSchema = v.variant('from', [
  closed({ from: v.literal('disk') }),
  closed({ from: v.literal('cdrom') }),
  closed({
    from: v.literal('kernel'),
    kernel: v.pipe(fileReferenceSchema, field({ title: 'Kernel', description: 'A Linux bzImage. QEMU: -kernel.' })),
    initrd: v.pipe(v.optional(v.nullable(fileReferenceSchema), null), field({ title: 'Initial RAM disk', description: 'QEMU: -initrd.' })),
    commandLine: v.pipe(
      v.optional(v.pipe(v.string(), v.maxLength(2047), v.regex(/^[\u0020-\u007e]*$/, 'must be printable ASCII')), ''),
      field({ title: 'Kernel command line', description: 'QEMU: -append.' }),
    ),
  }),
])

const diskSchema = closed({
  datastore: v.pipe(datastoreNameSchema, field({ title: 'Datastore' })),
  file: v.pipe(
    fileNameSchema,
    field({ title: 'File name', description: 'A plain file in the datastore; a writable one belongs to one VM.' }),
  ),
  format: v.pipe(v.picklist(['raw', 'qcow2']), field({ title: 'Format', description: 'Of the file; never guessed from its content.' })),
  readOnly: v.pipe(v.optional(v.boolean(), false), field({ title: 'Read-only', description: 'A read-only disk may be shared by VMs.' })),
})

const nicSchema = closed({
  network: v.pipe(v.picklist(['nat']), field({ title: 'Network', description: '`nat`: behind the host’s address, with DHCP.' })),
  mac: v.pipe(v.optional(macSchema), field({ title: 'MAC address', description: 'Assigned when absent, and then kept.' })),
})

/** A VM as it is asked for. Every field but `name` has a default. */
export const vmSpecSchema = closed({
  name: v.pipe(vmNameSchema, field({ title: 'Name', description: 'Unique on the host.', takesEffect: 'live' })),
  vcpus: v.pipe(
    v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(64)), 1),
    field({ title: 'vCPUs', unit: 'vCPUs', description: 'QEMU: -smp.', takesEffect: 'next-power-on' }),
  ),
  memoryMiB: v.pipe(
    v.optional(v.pipe(v.number(), v.integer(), v.minValue(64), v.maxValue(1_048_576)), 512),
    field({ title: 'Memory', unit: 'MiB', description: 'QEMU: -m.', takesEffect: 'next-power-on' }),
  ),
  boot: v.pipe(
    v.optional(bootSchema, { from: 'disk' }),
    field({ title: 'Boot source', description: 'The first disk, the CD, or a kernel.', takesEffect: 'next-power-on' }),
  ),
  disks: v.pipe(
    v.optional(
      v.pipe(
        v.array(diskSchema),
        v.maxLength(MAX_DISKS),
        rule('duplicate', 'must not name a file twice', (disks) => allDifferent(disks.map((disk) => `${disk.datastore}/${disk.file}`))),
      ),
      [],
    ),
    field({ title: 'Disks', description: 'virtio-blk, in this order.', takesEffect: 'next-power-on' }),
  ),
  cdrom: v.pipe(
    v.optional(v.nullable(fileReferenceSchema), null),
    field({ title: 'CD image', description: 'A read-only SATA CD drive, or null for none.', takesEffect: 'next-power-on' }),
  ),
  nics: v.pipe(
    v.optional(
      v.pipe(
        v.array(nicSchema),
        v.maxLength(MAX_NICS),
        rule('duplicate-mac', 'must not use a MAC address twice', (nics) =>
          allDifferent(nics.flatMap(({ mac }) => (mac === undefined ? [] : [mac]))),
        ),
      ),
      [],
    ),
    field({ title: 'NICs', description: 'virtio-net, in this order.', takesEffect: 'next-power-on' }),
  ),
})

/** With defaults filled in; NICs may still lack their MAC. */
export type VmDraft = v.InferOutput<typeof vmSpecSchema>
export type Disk = v.InferOutput<typeof diskSchema>
export interface Nic {
  readonly network: 'nat'
  readonly mac: string
}
/** What is wanted of a VM, complete. */
export interface VmSpec extends Readonly<Omit<VmDraft, 'nics'>> {
  readonly nics: readonly Nic[]
}

export const POWER_STATES = ['off', 'starting', 'running', 'paused', 'stopping', 'crashed', 'unknown'] as const
/** `crashed`: the last process ended without being asked to. `unknown`: it runs but does not answer. */
export type PowerState = (typeof POWER_STATES)[number]

/** How the last process of a VM ended. */
export interface LastExit {
  readonly at: string
  /** `guest-shutdown`, `host-qmp-quit`, …; `crashed` when nobody had asked; `unseen` when controld was not there to see it. */
  readonly reason: string
  readonly code: number | null
  readonly signal: number | null
}

/** What is seen of a VM; never stored as truth, `lastExit` excepted. */
export interface VmStatus {
  readonly powerState: PowerState
  readonly pid?: number
  readonly startedAt?: string
  readonly lastExit?: LastExit
}

export interface Vm {
  readonly id: string
  /** Counts the changes of `spec`, from 1. */
  readonly revision: number
  readonly spec: VmSpec
  readonly status: VmStatus
}

function allDifferent(values: readonly string[]): boolean {
  return new Set(values).size === values.length
}
