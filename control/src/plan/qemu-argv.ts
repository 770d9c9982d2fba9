// Renders the command line of QEMU for a VM. Pure; what each option is for stands beside it. @source QEMU 10 system emulation, qemu-system-x86_64(1)
import type { DeviceProperties } from '../domain/live-step.ts'
import type { VmSpec } from '../domain/vm.ts'
import { NOTHING_PASSED, type PassedDevices } from './passthrough.ts'
import { blockNodes, bootOrder, cdromDevice, cdromName, diskDevice, diskName, scsiController } from './qemu-disks.ts'
import { cpuOptions, identityOptions, machineOptions } from './qemu-machine.ts'
import { type MemoryPlace, memoryOptions } from './qemu-memory.ts'
import { nicBackend, nicDevice } from './qemu-nics.ts'
import { passedDevices } from './qemu-pci.ts'
import { placeOf, rootPorts, seedPlace } from './vm-layout.ts'
import { VIEW } from './vm-paths.ts'

export const QEMU = '/usr/bin/qemu-system-x86_64'

/** Numbers of inherited descriptors. */
export interface QemuDescriptors {
  readonly qmp: number
  /** By port. */
  readonly serials: readonly number[]
  /** Null where the spec has none. */
  readonly agent: number | null
  readonly tpm: number | null
  /** By slot. */
  readonly nics: Readonly<Record<number, number>>
}

export interface ArgvInput {
  readonly spec: VmSpec
  /** What the VM was or is started with; what the spec has above it is hot-added. */
  readonly bootMemoryMiB: number
  readonly descriptors: QemuDescriptors
  /** The VM's state comes from a file, by QMP. */
  readonly incoming: boolean
  readonly memory: MemoryPlace
  /** Default: none. */
  readonly passed?: PassedDevices
}

export function renderQemuArgv({
  spec,
  bootMemoryMiB,
  descriptors,
  incoming,
  memory,
  passed = NOTHING_PASSED,
}: ArgvInput): readonly string[] {
  return [
    QEMU,
    ...identityOptions(spec),
    ...process(),
    ...machineOptions(spec, memory),
    ...cpuOptions(spec),
    ...rootPorts(spec).flatMap(device),
    ...memoryOptions(spec, bootMemoryMiB, memory),
    ...control(descriptors),
    ...channels(spec, descriptors.agent),
    ...screenAndInput(spec),
    ...smallDevices(spec, descriptors.tpm),
    ...drives(spec),
    ...nics(spec, descriptors.nics),
    ...passedDevices(spec, passed).flatMap(device),
    ...kernel(spec),
    ...(incoming ? ['-incoming', 'defer'] : []),
  ]
}

function device(properties: DeviceProperties): string[] {
  return ['-device', JSON.stringify(properties)]
}

function process(): string[] {
  return [
    '-nodefaults',
    '-no-user-config',
    // The process may neither gain rights, start others, nor change its own scheduling.
    ...['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
    // Only what has a bootindex is booted from.
    ...['-boot', 'strict=on'],
    // controld asks whether KVM is in use before it lets the guest run.
    '-S',
  ]
}

function control({ qmp, serials }: QemuDescriptors): string[] {
  return [
    ...['-chardev', `socket,id=qmp,fd=${qmp},server=on,wait=off`, '-mon', 'chardev=qmp,mode=control'],
    ...serials.flatMap((fd, port) => [
      ...['-chardev', `socket,id=serial${port},fd=${fd},server=on,wait=off`],
      ...['-serial', `chardev:serial${port}`],
    ]),
  ]
}

/** @source qemu-ga(8) */
function channels({ chipset }: VmSpec, agent: number | null): string[] {
  if (agent === null) return []
  return [
    ...device({ driver: 'virtio-serial-pci', id: 'channels', ...placeOf(chipset, 'channels') }),
    ...['-chardev', `socket,id=agent,fd=${agent},server=on,wait=off`],
    ...device({ driver: 'virtserialport', id: 'agent', bus: 'channels.0', nr: 1, chardev: 'agent', name: 'org.qemu.guest_agent.0' }),
  ]
}

function screenAndInput({ chipset, display, usb }: VmSpec): string[] {
  const video = { vga: 'VGA', virtio: 'virtio-vga', none: null }[display]
  return [
    // The VNC server listens nowhere: controld hands it each viewer. Several may look at once.
    ...(video === null
      ? ['-display', 'none']
      : ['-vnc', 'none,share=force-shared', ...device({ driver: video, id: 'video', ...placeOf(chipset, 'video') })]),
    ...(usb
      ? [
          ...device({ driver: chipset === 'q35' ? 'qemu-xhci' : 'piix3-usb-uhci', id: 'usb', ...placeOf(chipset, 'usb') }),
          ...device({ driver: 'usb-tablet', id: 'tablet', bus: 'usb.0', port: '1' }),
          ...device({ driver: 'usb-kbd', id: 'keyboard', bus: 'usb.0', port: '2' }),
        ]
      : []),
  ]
}

function smallDevices({ chipset, rng, watchdog, onPanic }: VmSpec, tpm: number | null): string[] {
  const watchdogAction = { none: 'none', reset: 'reset', 'power-off': 'poweroff', pause: 'pause' }
  return [
    ...(rng
      ? [
          ...['-object', JSON.stringify({ 'qom-type': 'rng-random', id: 'entropy', filename: '/dev/urandom' })],
          ...device({ driver: 'virtio-rng-pci', id: 'rng', rng: 'entropy', ...placeOf(chipset, 'rng') }),
        ]
      : []),
    // Without free-page reporting a balloon takes only what it is told to.
    ...device({ driver: 'virtio-balloon-pci', id: 'balloon', 'deflate-on-oom': true, ...placeOf(chipset, 'balloon') }),
    ...device({ driver: 'pvpanic', id: 'panic' }),
    ...['-action', `panic=${PANIC_ACTION[onPanic]}`],
    ...(watchdog === null
      ? []
      : [
          ...device({ driver: 'i6300esb', id: 'watchdog', ...placeOf(chipset, 'watchdog') }),
          ...['-action', `watchdog=${watchdogAction[watchdog]}`],
        ]),
    ...(tpm === null
      ? []
      : [
          ...['-chardev', `socket,id=tpm,fd=${tpm}`, '-tpmdev', 'emulator,id=tpm,chardev=tpm'],
          ...device({ driver: chipset === 'q35' ? 'tpm-crb' : 'tpm-tis', id: 'tpm-device', tpmdev: 'tpm' }),
        ]),
  ]
}

/** A panic is told in any case; the guest's own policy (dump, restart) goes first where nothing is wanted, and a reset is controld's. */
export const PANIC_ACTION: Readonly<Record<VmSpec['onPanic'], string>> = {
  none: 'none',
  reset: 'none',
  'power-off': 'shutdown',
  pause: 'pause',
}

function drives(spec: VmSpec): string[] {
  const order = bootOrder(spec)
  const nodes = (name: string, filename: string, format: 'raw' | 'qcow2', readOnly: boolean) =>
    blockNodes(name, filename, format, readOnly).flatMap((node) => ['-blockdev', JSON.stringify(node)])
  return [
    ...scsiController(spec).flatMap(device),
    ...spec.disks.flatMap((disk) => {
      const name = diskName(disk.slot)
      return [...nodes(name, VIEW.disk(disk.slot), disk.format, disk.readOnly), ...device(diskDevice(spec, disk, order(name)))]
    }),
    ...spec.cdroms.flatMap((drive) => {
      const name = cdromName(drive.slot)
      const medium = drive.medium === null ? [] : nodes(name, VIEW.cdrom(drive.slot), 'raw', true)
      return [...medium, ...device(cdromDevice(spec, drive, order(name)))]
    }),
    ...(spec.cloudInit === null
      ? []
      : [
          ...nodes('cloud-init', VIEW.cloudInit, 'raw', true),
          ...device({ driver: 'virtio-blk-pci', id: 'cloud-init', drive: 'cloud-init', ...seedPlace(spec.chipset) }),
        ]),
  ]
}

function nics(spec: VmSpec, descriptors: Readonly<Record<number, number>>): string[] {
  return spec.nics.flatMap((nic) => {
    const fd = descriptors[nic.slot]
    if (fd === undefined) throw new Error(`no descriptor for nic${nic.slot}`)
    return ['-netdev', JSON.stringify(nicBackend(nic, String(fd))), ...device(nicDevice(spec, nic))]
  })
}

function kernel({ boot }: VmSpec): string[] {
  if (boot.from !== 'kernel') return []
  return [
    ...['-kernel', VIEW.kernel],
    ...(boot.initrd === null ? [] : ['-initrd', VIEW.initrd]),
    ...(boot.commandLine === '' ? [] : ['-append', boot.commandLine]),
  ]
}
