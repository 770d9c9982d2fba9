// Renders the command line of QEMU for a VM. Pure; what each option is for stands beside it. @source QEMU 10 system emulation, qemu-system-x86_64(1)
import type { Disk, VmSpec } from '../domain/vm.ts'
import { VIEW } from './vm-paths.ts'

export const QEMU = '/usr/bin/qemu-system-x86_64'

/** Spare PCIe ports, for what is plugged in while the VM runs. */
const SPARE_PORTS = 4
/** Slots of the root bus that the ports take, eight functions each; the screen is at 0x1, the random number generator at 0x1e, q35's own devices at 0x1f. */
const FIRST_PORT_SLOT = 2

/** Numbers of inherited descriptors. */
export interface QemuDescriptors {
  readonly qmp: number
  readonly serial: number
  readonly nics: readonly number[]
}

export function renderQemuArgv(id: string, spec: VmSpec, descriptors: QemuDescriptors): readonly string[] {
  return [
    QEMU,
    ...identity(id, spec),
    ...machine(spec),
    ...control(descriptors),
    ...ports(spec.disks.length + spec.nics.length + SPARE_PORTS),
    ...spec.disks.flatMap((disk, index) => diskOptions(disk, index, bootIndex(spec, index))),
    ...cdrom(spec),
    ...spec.nics.flatMap(({ mac }, index) => nicOptions(mac, index, spec.disks.length + index, descriptors.nics[index])),
    ...kernel(spec),
  ]
}

/** Options in which a comma separates take one as two. */
function escaped(value: string): string {
  return value.replaceAll(',', ',,')
}

function identity(id: string, spec: VmSpec): string[] {
  return ['-name', `guest=${escaped(spec.name)},debug-threads=on`, '-uuid', id]
}

function machine(spec: VmSpec): string[] {
  return [
    '-nodefaults',
    '-no-user-config',
    // The process may neither gain rights, start others, nor change its own scheduling.
    ...['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
    // graphics=off makes SeaBIOS show on the serial port what it and boot loaders print; smm=off as nothing here needs SMM.
    ...['-machine', 'q35,accel=kvm,smm=off,vmport=off,graphics=off,dump-guest-core=off'],
    ...['-cpu', 'host'],
    ...['-smp', `cpus=${spec.vcpus}`],
    ...['-m', `size=${spec.memoryMiB}M`],
    ...['-rtc', 'base=utc'],
    // Only what has a bootindex is booted from.
    ...['-boot', 'strict=on'],
    ...['-display', 'none'],
    // Kernels and boot loaders that insist on a screen find one.
    ...['-device', 'VGA,id=video,addr=0x1'],
    // Sleep states would look like a hang from outside.
    ...['-global', 'ICH9-LPC.disable_s3=1', '-global', 'ICH9-LPC.disable_s4=1'],
    ...['-object', 'rng-random,id=entropy,filename=/dev/urandom', '-device', 'virtio-rng-pci,id=rng,rng=entropy,addr=0x1e'],
    // A panic is told, and left to the guest's own policy (dump, restart).
    ...['-device', 'pvpanic', '-action', 'panic=none'],
    // controld asks whether KVM is in use before it lets the guest run.
    '-S',
  ]
}

function control({ qmp, serial }: QemuDescriptors): string[] {
  return [
    ...['-chardev', `socket,id=qmp,fd=${qmp},server=on,wait=off`, '-mon', 'chardev=qmp,mode=control'],
    ...['-chardev', `socket,id=serial,fd=${serial},server=on,wait=off`, '-serial', 'chardev:serial'],
  ]
}

function ports(count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const slot = (FIRST_PORT_SLOT + (index >> 3)).toString(16)
    const first = index % 8 === 0 ? ',multifunction=on' : ''
    return ['-device', `pcie-root-port,id=port${index},chassis=${index + 1},addr=0x${slot}.0x${index % 8}${first}`]
  }).flat()
}

/** 1 is first. A CD that is booted from comes before all disks, otherwise after them. */
function bootIndex(spec: VmSpec, disk: number): number {
  return disk + (spec.boot.from === 'cdrom' ? 2 : 1)
}

function diskOptions(disk: Disk, index: number, bootindex: number): string[] {
  const node = `disk${index}`
  return [
    ...blockdev(node, VIEW.disk(index), disk.format, disk.readOnly),
    // Flushes of the guest reach the medium.
    ...['-device', `virtio-blk-pci,id=${node}-device,drive=${node},bus=port${index},bootindex=${bootindex},write-cache=on`],
  ]
}

function cdrom(spec: VmSpec): string[] {
  if (spec.cdrom === null) return []
  const bootindex = spec.boot.from === 'cdrom' ? 1 : spec.disks.length + 1
  return [...blockdev('cdrom', VIEW.cdrom, 'raw', true), '-device', `ide-cd,id=cdrom-device,drive=cdrom,bus=ide.0,bootindex=${bootindex}`]
}

/** Two nodes: the file, and its format. The page cache is used (a tmpfs has nothing else), flushes are kept. */
function blockdev(node: string, filename: string, format: 'raw' | 'qcow2', readOnly: boolean): string[] {
  const common = { 'read-only': readOnly, discard: 'unmap', cache: { direct: false, 'no-flush': false } }
  const file = { driver: 'file', 'node-name': `${node}-file`, filename, aio: 'threads', ...common }
  return [
    '-blockdev',
    JSON.stringify(file),
    '-blockdev',
    JSON.stringify({ driver: format, 'node-name': node, file: `${node}-file`, ...common }),
  ]
}

function nicOptions(mac: string, index: number, port: number, descriptor: number | undefined): string[] {
  if (descriptor === undefined) throw new Error(`no descriptor for nic ${index}`)
  return [
    ...['-netdev', `tap,id=nic${index},fd=${descriptor},vhost=off`],
    // No romfile: nothing is booted from the network.
    ...['-device', `virtio-net-pci,id=nic${index}-device,netdev=nic${index},mac=${mac},bus=port${port},romfile=`],
  ]
}

function kernel({ boot }: VmSpec): string[] {
  if (boot.from !== 'kernel') return []
  return [
    ...['-kernel', VIEW.kernel],
    ...(boot.initrd === null ? [] : ['-initrd', VIEW.initrd]),
    ...(boot.commandLine === '' ? [] : ['-append', boot.commandLine]),
  ]
}
