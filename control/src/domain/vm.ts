// What is wanted of a VM: `VmSpec`. The schema is the one table of its fields, ranges, defaults, descriptions, and when a change takes effect.
import * as v from 'valibot'
import { closed, rule } from './check.ts'
import { field } from './field.ts'
import { GUEST_TYPES } from './guest-type.ts'
import { vmNameSchema } from './names.ts'
import { PCI_SLOTS, passedDeviceSchema } from './pci-device.ts'
import { CDROM_SLOTS, cdromSchema, DISK_SLOTS, diskSchema, NIC_SLOTS, nicSchema } from './vm-devices.ts'
import { bootSchema, CPU_MODELS, cloudInitSchema, coreSchedulingSchema, smbiosSchema, topologySchema } from './vm-hardware.ts'
import {
  autostartSchema,
  onCrashSchema,
  onHostShutdownSchema,
  onIoErrorSchema,
  onPanicSchema,
  shutdownSchema,
  watchdogSchema,
} from './vm-policies.ts'
import { resourceFields } from './vm-resources.ts'

const MAX_VCPUS = 128
const MAX_MEMORY_MIB = 4_194_304

const vcpus = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_VCPUS))
const memory = v.pipe(v.number(), v.integer(), v.minValue(64), v.maxValue(MAX_MEMORY_MIB))

/** A VM as it is asked for. Every field but `name` has a default. */
export const vmSpecSchema = closed({
  name: v.pipe(vmNameSchema, field({ title: 'Name', description: 'Unique on the host.', takesEffect: 'live' })),
  description: v.pipe(
    v.optional(v.pipe(v.string(), v.maxLength(2048)), ''),
    field({ title: 'Description', description: 'For people.', takesEffect: 'live' }),
  ),
  guestType: v.pipe(
    v.optional(v.picklist(GUEST_TYPES), 'linux'),
    field({ title: 'Guest type', description: 'The defaults of other fields follow from it.', takesEffect: 'live' }),
  ),
  uuid: v.pipe(
    v.optional(v.pipe(v.string(), v.uuid('must be a UUID'), v.toLowerCase())),
    field({
      title: 'UUID',
      description: 'That the guest sees (SMBIOS); the VM’s id when absent, and then kept. QEMU: -uuid.',
      takesEffect: 'next-power-on',
    }),
  ),
  chipset: v.pipe(
    v.optional(v.picklist(['q35', 'i440fx'])),
    field({
      title: 'Chipset',
      description: '`q35` has PCI Express and SATA, `i440fx` is for systems that know only PCI and IDE. QEMU: -machine.',
      presets: { linux: 'q35', windows: 'q35', other: 'i440fx' },
      takesEffect: 'next-power-on',
    }),
  ),
  firmware: v.pipe(
    v.optional(v.picklist(['bios', 'uefi', 'uefi-secure-boot'])),
    field({
      title: 'Firmware',
      description:
        '`uefi-secure-boot` starts only what is signed for it, and needs the chipset q35. UEFI’s variables are kept for each VM.',
      presets: { linux: 'bios', windows: 'uefi-secure-boot', other: 'bios' },
      takesEffect: 'next-power-on',
    }),
  ),
  tpm: v.pipe(
    v.optional(v.boolean()),
    field({
      title: 'TPM',
      description: 'A TPM 2.0 of the VM’s own, its state kept.',
      presets: { linux: false, windows: true, other: false },
      takesEffect: 'next-power-on',
    }),
  ),
  cpuModel: v.pipe(
    v.optional(v.picklist(CPU_MODELS), 'host'),
    field({
      title: 'CPU model',
      description: '`host` has all that this host’s CPU has; a named level is the same on every host that has it. QEMU: -cpu.',
      takesEffect: 'next-power-on',
    }),
  ),
  nestedVirtualisation: v.pipe(
    v.optional(v.boolean(), false),
    field({ title: 'Nested virtualisation', description: 'Whether the guest can run VMs itself.', takesEffect: 'next-power-on' }),
  ),
  coreScheduling: coreSchedulingSchema,
  hypervEnlightenments: v.pipe(
    v.optional(v.boolean()),
    field({
      title: 'Hyper-V enlightenments',
      description: 'What Windows uses to run well on a hypervisor.',
      presets: { linux: false, windows: true, other: false },
      takesEffect: 'next-power-on',
    }),
  ),
  vcpus: v.pipe(
    v.optional(vcpus, 1),
    field({
      title: 'vCPUs',
      unit: 'vCPUs',
      description: 'Live up to `maxVcpus`. QEMU: -smp; QMP: device_add, device_del.',
      takesEffect: 'live-where-possible',
    }),
  ),
  maxVcpus: v.pipe(
    v.optional(v.nullable(vcpus), null),
    field({
      title: 'Most vCPUs',
      unit: 'vCPUs',
      description: 'To which vCPUs can be added live; null: none can.',
      takesEffect: 'next-power-on',
    }),
  ),
  topology: v.pipe(
    v.optional(v.nullable(topologySchema), null),
    field({
      title: 'CPU topology',
      description: 'Its product is `maxVcpus`, or `vcpus` where that is null. Null: one socket with as many cores.',
      takesEffect: 'next-power-on',
    }),
  ),
  memoryMiB: v.pipe(
    v.optional(memory, 512),
    field({
      title: 'Memory',
      unit: 'MiB',
      description: 'Live between what the VM was started with and `maxMemoryMiB`, in steps of 4 MiB. QEMU: -m, virtio-mem.',
      takesEffect: 'live-where-possible',
    }),
  ),
  maxMemoryMiB: v.pipe(
    v.optional(v.nullable(memory), null),
    field({
      title: 'Most memory',
      unit: 'MiB',
      description: 'To which memory can be added live; null: none can.',
      takesEffect: 'next-power-on',
    }),
  ),
  memoryTargetMiB: v.pipe(
    v.optional(v.nullable(memory), null),
    field({
      title: 'Balloon target',
      unit: 'MiB',
      description:
        'The guest is asked to give back what it has above this; null: nothing. It may have less while the host is short of memory. QMP: balloon.',
      takesEffect: 'live',
    }),
  ),
  ...resourceFields,
  boot: v.pipe(
    v.optional(bootSchema, { from: 'disk' }),
    field({
      title: 'Boot source',
      description: '`disk`: disks, then CDs. `cdrom`: CDs, then disks. `order`: devices named. `kernel`: a kernel.',
      takesEffect: 'next-power-on',
    }),
  ),
  disks: v.pipe(
    v.optional(
      v.pipe(
        v.array(diskSchema),
        v.maxLength(DISK_SLOTS),
        rule('duplicate', 'must not name a file twice', (disks) => allDifferent(disks.map((disk) => `${disk.datastore}/${disk.file}`))),
        rule('duplicate-slot', 'must not use a slot twice', (disks) => slotsDiffer(disks)),
      ),
      [],
    ),
    field({ title: 'Disks', description: 'Added and removed live on a virtio bus.', takesEffect: 'live-where-possible' }),
  ),
  cdroms: v.pipe(
    v.optional(
      v.pipe(
        v.array(cdromSchema),
        v.maxLength(CDROM_SLOTS),
        rule('duplicate-slot', 'must not use a slot twice', (drives) => slotsDiffer(drives)),
      ),
      [],
    ),
    field({ title: 'CD drives', description: 'Their media change live, the drives do not.', takesEffect: 'next-power-on' }),
  ),
  nics: v.pipe(
    v.optional(
      v.pipe(
        v.array(nicSchema),
        v.maxLength(NIC_SLOTS),
        rule('duplicate-mac', 'must not use a MAC address twice', (nics) =>
          allDifferent(nics.flatMap(({ mac }) => (mac === undefined ? [] : [mac]))),
        ),
        rule('duplicate-slot', 'must not use a slot twice', (nics) => slotsDiffer(nics)),
      ),
      [],
    ),
    field({ title: 'NICs', description: 'Added and removed live.', takesEffect: 'live-where-possible' }),
  ),
  pciDevices: v.pipe(
    v.optional(
      v.pipe(
        v.array(passedDeviceSchema),
        v.maxLength(PCI_SLOTS),
        rule('duplicate', 'must not name a device twice', (devices) => allDifferent(devices.map(({ device }) => device))),
        rule('duplicate-slot', 'must not use a slot twice', (devices) => slotsDiffer(devices)),
      ),
      [],
    ),
    field({
      title: 'PCI devices',
      description: 'Devices of the host that the guest has for itself, by VFIO. The VM’s memory is then fixed, and counts as reserved.',
      takesEffect: 'next-power-on',
    }),
  ),
  serialPorts: v.pipe(
    v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(4)), 1),
    field({
      title: 'Serial ports',
      description: 'The first has a log and a console; the others have consoles.',
      takesEffect: 'next-power-on',
    }),
  ),
  display: v.pipe(
    v.optional(v.picklist(['vga', 'virtio', 'none']), 'vga'),
    field({ title: 'Display', description: '`virtio` is for guests with a driver for virtio-gpu.', takesEffect: 'next-power-on' }),
  ),
  usb: v.pipe(
    v.optional(v.boolean(), true),
    field({ title: 'USB', description: 'A controller with a tablet and a keyboard.', takesEffect: 'next-power-on' }),
  ),
  rng: v.pipe(
    v.optional(v.boolean(), true),
    field({ title: 'Random numbers', description: 'virtio-rng, fed by the host.', takesEffect: 'next-power-on' }),
  ),
  guestAgent: v.pipe(
    v.optional(v.boolean(), true),
    field({ title: 'Guest agent', description: 'A channel to qemu-guest-agent in the guest.', takesEffect: 'next-power-on' }),
  ),
  clock: v.pipe(
    v.optional(v.picklist(['utc', 'localtime'])),
    field({
      title: 'Clock',
      description: 'What the VM’s clock shows. QEMU: -rtc.',
      presets: { linux: 'utc', windows: 'localtime', other: 'utc' },
      takesEffect: 'next-power-on',
    }),
  ),
  smbios: v.pipe(
    v.optional(smbiosSchema, {}),
    field({ title: 'SMBIOS', description: 'System information that the guest sees; null: QEMU’s.', takesEffect: 'next-power-on' }),
  ),
  cloudInit: v.pipe(
    v.optional(v.nullable(cloudInitSchema), null),
    field({ title: 'cloud-init', description: 'A NoCloud seed; null: none.', takesEffect: 'next-power-on' }),
  ),
  watchdog: v.pipe(
    v.optional(v.nullable(watchdogSchema), null),
    field({
      title: 'Watchdog',
      description: 'What happens when the guest stops serving its i6300ESB; null: the VM has none.',
      takesEffect: 'next-power-on',
    }),
  ),
  onPanic: v.pipe(
    v.optional(onPanicSchema, 'none'),
    field({
      title: 'On a panic',
      description: 'Of the guest, as far as it tells (pvpanic). `none`: left to the guest. QMP: set-action.',
      takesEffect: 'live',
    }),
  ),
  onIoError: v.pipe(
    v.optional(onIoErrorSchema, 'report'),
    field({
      title: 'On an I/O error',
      description: '`report`: the guest sees it. `pause`: the VM stands still. A full datastore pauses it always. QEMU: werror, rerror.',
      takesEffect: 'next-power-on',
    }),
  ),
  onCrash: v.pipe(v.optional(onCrashSchema, {}), field({ title: 'Restart after a crash', takesEffect: 'live' })),
  shutdown: v.pipe(v.optional(shutdownSchema, {}), field({ title: 'Shutdown', takesEffect: 'live' })),
  autostart: v.pipe(v.optional(autostartSchema, {}), field({ title: 'Autostart', takesEffect: 'live' })),
  onHostShutdown: v.pipe(v.optional(onHostShutdownSchema, {}), field({ title: 'Host shutdown', takesEffect: 'live' })),
})

/** As checked: fields whose default depends on the guest type, and those that are assigned, may still be missing. */
export type VmDraft = v.InferOutput<typeof vmSpecSchema>

/** Nothing missing. */
type Complete<T> = T extends readonly (infer Item)[]
  ? readonly Complete<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]-?: Complete<Exclude<T[Key], undefined>> }
    : T

/** What is wanted of a VM, complete. */
export type VmSpec = Complete<VmDraft>
export type Disk = VmSpec['disks'][number]
export type Cdrom = VmSpec['cdroms'][number]
export type Nic = VmSpec['nics'][number]
export type PassedDevice = VmSpec['pciDevices'][number]

function allDifferent(values: readonly unknown[]): boolean {
  return new Set(values).size === values.length
}

function slotsDiffer(devices: readonly { readonly slot?: number | undefined }[]): boolean {
  return allDifferent(devices.flatMap(({ slot }) => (slot === undefined ? [] : [slot])))
}
