// The parts of a VM's spec that there is one of: processor topology, boot source, SMBIOS strings, cloud-init. Schemas, ranges and defaults.
import * as v from 'valibot'
import { closed } from './check.ts'
import { field } from './field.ts'
import { fileReferenceSchema } from './vm-devices.ts'

export const CPU_MODELS = ['host', 'x86-64-v2-aes', 'x86-64-v3', 'x86-64-v4'] as const
export type CpuModel = (typeof CPU_MODELS)[number]

const few = (most: number) => v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(most))

export const topologySchema = closed({
  sockets: v.pipe(few(8), field({ title: 'Sockets' })),
  cores: v.pipe(few(128), field({ title: 'Cores', description: 'Of each socket.' })),
  threads: v.pipe(few(2), field({ title: 'Threads', description: 'Of each core.' })),
})

/** @source Linux Documentation/admin-guide/hw-vuln/core-scheduling.rst */
export const coreSchedulingSchema = v.pipe(
  v.optional(v.boolean(), false),
  field({
    title: 'Core scheduling',
    description:
      'While a vCPU is on a thread of a core, nothing but this VM runs on the core’s other thread, and so learns nothing by what the two share. ' +
      'Costs what others could have done there. Without effect where no core has two threads. prctl: PR_SCHED_CORE.',
    takesEffect: 'next-power-on',
  }),
)

/** `disk0`, `cdrom1`: kind and slot. */
const bootDeviceSchema = v.pipe(
  v.string(),
  v.regex(/^(disk([0-9]|1[0-5])|cdrom[0-3])$/, 'must be disk or cdrom with its slot, such as disk0'),
)

export const bootSchema = v.variant('from', [
  closed({ from: v.literal('disk') }),
  closed({ from: v.literal('cdrom') }),
  closed({
    from: v.literal('order'),
    devices: v.pipe(
      v.array(bootDeviceSchema),
      v.minLength(1),
      v.maxLength(20),
      field({ title: 'Devices', description: 'By kind and slot, such as `cdrom0`; the others are not booted from.' }),
    ),
  }),
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

const smbiosString = (title: string) =>
  v.pipe(
    v.optional(v.nullable(v.pipe(v.string(), v.regex(/^[\u0020-\u007e]{1,64}$/, 'must be 1 to 64 of printable ASCII'))), null),
    field({ title }),
  )

/** System information, type 1. @source DMTF DSP0134 */
export const smbiosSchema = closed({
  manufacturer: smbiosString('Manufacturer'),
  product: smbiosString('Product'),
  version: smbiosString('Version'),
  serial: smbiosString('Serial number'),
  sku: smbiosString('SKU number'),
  family: smbiosString('Family'),
})

const document = (title: string, description: string) =>
  v.pipe(v.optional(v.nullable(v.pipe(v.string(), v.minLength(1), v.maxLength(16_384))), null), field({ title, description }))

/** @source cloud-init, NoCloud */
export const cloudInitSchema = closed({
  userData: document('User data', 'Begins with `#cloud-config` or another of cloud-init’s marks.'),
  metaData: document('Meta data', 'YAML; null: the VM’s UUID as `instance-id` and its name as `local-hostname`.'),
  networkConfig: document('Network configuration', 'YAML, version 1 or 2; null: the guest’s own default.'),
})
