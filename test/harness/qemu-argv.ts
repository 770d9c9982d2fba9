// The argv of the outer QEMU: the server that the appliance is started on, as plain data. Starts nothing.
import { type Hardware, renderCards, renderIommu, renderProcessors } from './outer-hardware.ts'

export type Firmware = 'bios' | 'uefi' | 'secure-boot' | 'direct'

/** How the installation medium is seen by the machine. */
export type Medium = 'cdrom' | 'usb' | 'disk'

export interface DirectBoot {
  readonly kernel: string
  readonly initrd: string
  readonly commandLine: string
}

export interface OuterMachine {
  readonly accelerator: readonly string[]
  /** Both give way to what `hardware` says. */
  readonly cpus: number
  readonly memoryMiB: number
  readonly hardware?: Hardware
  readonly firmware: Firmware
  /** This run's own copy of the UEFI variables. */
  readonly uefiVariables?: string
  readonly medium: Medium
  readonly iso: string
  readonly direct?: DirectBoot
  /** A qcow2 file, seen as a virtio disk with this serial. */
  readonly dataDisk?: { readonly file: string; readonly serial: string }
  /** A directory, seen as a FAT volume labelled CORBEL-SEED. */
  readonly seedDirectory?: string
  /** Loopback port here → port of the appliance. */
  readonly forwards: readonly (readonly [number, number])[]
  /** A socket that QEMU listens on: whoever connects is a neighbour on the network of the management adapter. */
  readonly neighbour?: string
  /** Sockets that QEMU listens on: the console, the kernel log, the probe. */
  readonly serials: readonly string[]
  readonly monitor: string
  /** A failing boot ends QEMU instead of going round. */
  readonly noReboot: boolean
}

/** Of the adapter that the API is reached by. */
export const managementMac = '52:54:00:c0:be:01'

const uefiCode: Record<'uefi' | 'secure-boot', { readonly code: string; readonly variables: string }> = {
  uefi: { code: '/usr/share/OVMF/OVMF_CODE_4M.fd', variables: '/usr/share/OVMF/OVMF_VARS_4M.fd' },
  'secure-boot': { code: '/usr/share/OVMF/OVMF_CODE_4M.ms.fd', variables: '/usr/share/OVMF/OVMF_VARS_4M.ms.fd' },
}

/** The variables that a fresh machine with this firmware starts from, or null. */
export function pristineVariables(firmware: Firmware): string | null {
  return firmware === 'uefi' || firmware === 'secure-boot' ? uefiCode[firmware].variables : null
}

export function renderQemuArgv(machine: OuterMachine): string[] {
  const { hardware = {} } = machine
  return [
    ...machine.accelerator,
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-vga', 'std'],
    ...['-machine', machine.firmware === 'secure-boot' ? 'q35,smm=on' : 'q35'],
    ...renderProcessors(hardware, machine.cpus, machine.memoryMiB),
    ...renderIommu(hardware),
    ...['-device', 'virtio-rng-pci'],
    ...firmwareArgv(machine),
    ...mediumArgv(machine),
    ...dataArgv(machine),
    ...seedArgv(machine),
    ...networkArgv(machine),
    ...renderCards(hardware),
    ...machine.serials.flatMap((path, n) => [
      ...['-chardev', `socket,id=serial${n},path=${path},server=on,wait=off`],
      ...['-serial', `chardev:serial${n}`],
    ]),
    ...['-qmp', `unix:${machine.monitor},server=on,wait=off`],
    // Held until every serial port has its reader.
    '-S',
    ...(machine.noReboot ? ['-no-reboot'] : []),
  ]
}

function firmwareArgv(machine: OuterMachine): string[] {
  if (machine.firmware === 'direct') {
    if (machine.direct === undefined) throw new Error('direct boot needs a kernel')
    const { kernel, initrd, commandLine } = machine.direct
    return ['-kernel', kernel, '-initrd', initrd, '-append', commandLine]
  }
  if (machine.firmware === 'bios') return []
  if (machine.uefiVariables === undefined) throw new Error('UEFI needs its variables')
  return [
    ...['-drive', `if=pflash,format=raw,unit=0,readonly=on,file=${uefiCode[machine.firmware].code}`],
    ...['-drive', `if=pflash,format=raw,unit=1,file=${machine.uefiVariables}`],
    ...(machine.firmware === 'secure-boot' ? ['-global', 'driver=cfi.pflash01,property=secure,value=on'] : []),
  ]
}

function mediumArgv(machine: OuterMachine): string[] {
  const drive = `if=none,id=medium,format=raw,readonly=on,file=${machine.iso}`
  switch (machine.medium) {
    case 'cdrom':
      return ['-drive', `${drive},media=cdrom`, '-device', 'ide-cd,drive=medium,bus=ide.0,bootindex=1']
    case 'usb':
      return ['-drive', drive, '-device', 'qemu-xhci,id=usb', '-device', 'usb-storage,drive=medium,bus=usb.0,bootindex=1']
    case 'disk':
      return ['-drive', drive, '-device', 'virtio-blk-pci,drive=medium,bootindex=1']
  }
}

function dataArgv(machine: OuterMachine): string[] {
  if (machine.dataDisk === undefined) return []
  const { file, serial } = machine.dataDisk
  // Writes that the appliance was told are durable must be in the file when QEMU is killed: the host's cache survives that.
  return ['-drive', `if=none,id=data,format=qcow2,cache=writeback,file=${file}`, '-device', `virtio-blk-pci,drive=data,serial=${serial}`]
}

function seedArgv(machine: OuterMachine): string[] {
  if (machine.seedDirectory === undefined) return []
  const blockdev = { driver: 'vvfat', 'node-name': 'seed', dir: machine.seedDirectory, label: 'CORBEL-SEED', 'read-only': true }
  return ['-blockdev', JSON.stringify(blockdev), '-device', 'virtio-blk-pci,drive=seed,serial=SEED']
}

/** Port forwarding alone, or a hub of the forwarding, the appliance and its neighbour. */
function networkArgv(machine: OuterMachine): string[] {
  const forwards = machine.forwards.map(([here, there]) => `,hostfwd=tcp:127.0.0.1:${here}-:${there}`).join('')
  const adapter = (netdev: string) => ['-device', `virtio-net-pci,netdev=${netdev},mac=${managementMac},romfile=`]
  const user = (options: string) => ['-netdev', `user,id=management${options}${forwards}`]
  if (machine.neighbour === undefined) return [...user(''), ...adapter('management')]
  return [
    // It hears the neighbour's connections too; restricted, it does not try to make them itself.
    ...user(',restrict=on'),
    ...['-netdev', `stream,id=neighbour,server=on,addr.type=unix,addr.path=${machine.neighbour}`],
    ...['management', 'neighbour'].flatMap((netdev) => ['-netdev', `hubport,id=${netdev}-port,hubid=0,netdev=${netdev}`]),
    ...['-netdev', 'hubport,id=adapter-port,hubid=0'],
    ...adapter('adapter-port'),
  ]
}
