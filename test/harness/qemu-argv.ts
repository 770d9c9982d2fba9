// The argv of the outer QEMU: the server that the appliance is started on, as plain data. Starts nothing.
import { type Hardware, renderCards, renderIommu, renderProcessors } from './outer-hardware.ts'
import { enrolledVariables } from './paths.ts'

/** `secure-boot` knows Microsoft's keys, `own-keys` the build's alone. */
export type Firmware = 'bios' | 'uefi' | 'secure-boot' | 'own-keys' | 'direct'

/** How the installation medium is seen by the machine; `none`: it starts from its data disk. */
export type Medium = 'cdrom' | 'usb' | 'disk' | 'none'

/** How the data disk is attached. */
export type DiskBus = 'virtio' | 'nvme' | 'sata' | 'usb'

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
  /** A qcow2 file, or raw where its name ends with that, seen as a disk with this serial; virtio unless it says otherwise. */
  readonly dataDisk?: { readonly file: string; readonly serial: string; readonly bus?: DiskBus; readonly writeLog?: string }
  /** A second one, of the same kinds, on virtio, after the data disk. */
  readonly secondDisk?: { readonly file: string; readonly serial: string }
  /** Firmware starts from the data disk if it can, and from the medium otherwise. */
  readonly diskFirst?: boolean
  /** A directory, seen as a FAT volume labelled CORBEL-SEED. */
  readonly seedDirectory?: string
  /** A raw image with a seed in it, in place of the directory; it can be written to. */
  readonly seedImage?: string
  /** Loopback port here → port of the appliance. */
  readonly forwards: readonly (readonly [number, number])[]
  /** A loopback port here whose datagrams come to the appliance, where nobody listens. */
  readonly nudge?: number
  /** The card that the API is reached by is one of the hardware's, with `netdev=management`. */
  readonly listsManagementCard?: boolean
  /** A socket that QEMU listens on: whoever connects is a neighbour on the network of the management adapter. */
  readonly neighbour?: string
  /** Sockets that QEMU listens on: the console, the kernel log, the probe. */
  readonly serials: readonly string[]
  readonly monitor: string
  /** A USB controller, `usb`, into which a test plugs things while the machine runs. */
  readonly usb?: boolean
  /** The control socket of a TPM 2.0. */
  readonly tpmSocket?: string
  /** A failing boot ends QEMU instead of going round. */
  readonly noReboot: boolean
}

/** Of the adapter that the API is reached by. */
export const managementMac = '52:54:00:c0:be:01'

interface Uefi {
  readonly code: string
  readonly variables: string
  /** Only the firmware writes its variables. */
  readonly secure: boolean
}

const uefi: Partial<Record<Firmware, Uefi>> = {
  uefi: { code: '/usr/share/OVMF/OVMF_CODE_4M.fd', variables: '/usr/share/OVMF/OVMF_VARS_4M.fd', secure: false },
  'secure-boot': { code: '/usr/share/OVMF/OVMF_CODE_4M.ms.fd', variables: '/usr/share/OVMF/OVMF_VARS_4M.ms.fd', secure: true },
  'own-keys': { code: '/usr/share/OVMF/OVMF_CODE_4M.ms.fd', variables: enrolledVariables, secure: true },
}

/** The variables that a fresh machine with this firmware starts from, or null. */
export function pristineVariables(firmware: Firmware): string | null {
  return uefi[firmware]?.variables ?? null
}

export function renderQemuArgv(machine: OuterMachine): string[] {
  const { hardware = {} } = machine
  return [
    ...machine.accelerator,
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-vga', 'std'],
    ...['-machine', uefi[machine.firmware]?.secure === true ? 'q35,smm=on' : 'q35'],
    ...renderProcessors(hardware, machine.cpus, machine.memoryMiB),
    ...renderIommu(hardware),
    ...['-device', 'virtio-rng-pci'],
    ...firmwareArgv(machine),
    ...mediumArgv(machine),
    ...dataArgv(machine),
    ...secondArgv(machine),
    ...seedArgv(machine),
    ...networkArgv(machine),
    ...renderCards(hardware),
    ...tpmArgv(machine),
    ...(machine.usb === true ? ['-device', 'qemu-xhci,id=usb'] : []),
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
  const firmware = uefi[machine.firmware]
  if (firmware === undefined) return []
  if (machine.uefiVariables === undefined) throw new Error('UEFI needs its variables')
  return [
    ...['-drive', `if=pflash,format=raw,unit=0,readonly=on,file=${firmware.code}`],
    ...['-drive', `if=pflash,format=raw,unit=1,file=${machine.uefiVariables}`],
    ...(firmware.secure ? ['-global', 'driver=cfi.pflash01,property=secure,value=on'] : []),
  ]
}

function tpmArgv({ tpmSocket }: OuterMachine): string[] {
  if (tpmSocket === undefined) return []
  return [
    ...['-chardev', `socket,id=tpm-control,path=${tpmSocket}`, '-tpmdev', 'emulator,id=tpm,chardev=tpm-control'],
    ...['-device', 'tpm-crb,tpmdev=tpm'],
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
    case 'none':
      return []
  }
}

function formatOf(file: string): 'raw' | 'qcow2' {
  return file.endsWith('.raw') ? 'raw' : 'qcow2'
}

function dataArgv(machine: OuterMachine): string[] {
  if (machine.dataDisk === undefined) return []
  const { file, serial, bus = 'virtio', writeLog } = machine.dataDisk
  const device = { virtio: 'virtio-blk-pci', nvme: 'nvme', sata: 'ide-hd,bus=ide.2', usb: 'usb-storage,bus=sticks.0' }[bus]
  const controller = bus === 'usb' ? ['-device', 'qemu-xhci,id=sticks'] : []
  // Where there is no medium, firmware is to start from it.
  const order = machine.medium === 'none' || machine.diskFirst === true ? ',bootindex=0' : ''
  // A server's watchdog restarts it; QEMU's is told not to, otherwise.
  const watchdog = order === '' ? [] : ['-global', 'ICH9-LPC.noreboot=false']
  // Writes that the appliance was told are durable must be in the file when QEMU is killed: the host's cache survives that.
  const format = formatOf(file)
  const plain = ['-drive', `if=none,id=data,format=${format},cache=writeback,file=${file}`]
  const drive = writeLog === undefined ? plain : loggedDrive(format, file, writeLog)
  return [...watchdog, ...drive, ...controller, '-device', `${device},drive=data,serial=${serial}${order}`]
}

function secondArgv({ secondDisk, medium }: OuterMachine): string[] {
  if (secondDisk === undefined) return []
  const order = medium === 'none' ? ',bootindex=1' : ''
  const drive = `if=none,id=second,format=${formatOf(secondDisk.file)},cache=writeback,file=${secondDisk.file}`
  return ['-drive', drive, '-device', `virtio-blk-pci,drive=second,serial=${secondDisk.serial}${order}`]
}

function loggedDrive(format: string, file: string, log: string): string[] {
  return [
    { driver: 'file', 'node-name': 'data-file', filename: file },
    { driver: format, 'node-name': 'data-disk', file: 'data-file' },
    { driver: 'file', 'node-name': 'log', filename: log },
    { driver: 'blklogwrites', 'node-name': 'data', file: 'data-disk', log: 'log' },
  ].flatMap((node) => ['-blockdev', JSON.stringify(node)])
}

function seedArgv(machine: OuterMachine): string[] {
  if (machine.seedImage !== undefined) {
    return ['-drive', `if=none,id=seed,format=raw,file=${machine.seedImage}`, '-device', 'virtio-blk-pci,drive=seed,serial=SEED']
  }
  if (machine.seedDirectory === undefined) return []
  const blockdev = { driver: 'vvfat', 'node-name': 'seed', dir: machine.seedDirectory, label: 'CORBEL-SEED', 'read-only': true }
  return ['-blockdev', JSON.stringify(blockdev), '-device', 'virtio-blk-pci,drive=seed,serial=SEED']
}

/** Port forwarding alone, or a hub of the forwarding, the appliance and its neighbour. */
function networkArgv(machine: OuterMachine): string[] {
  const forwards = machine.forwards.map(([here, there]) => `,hostfwd=tcp:127.0.0.1:${here}-:${there}`).join('')
  const nudge = machine.nudge === undefined ? '' : `,hostfwd=udp:127.0.0.1:${machine.nudge}-:9`
  const adapter = (netdev: string) => ['-device', `virtio-net-pci,netdev=${netdev},mac=${managementMac},romfile=`]
  const user = (options: string) => ['-netdev', `user,id=management${options}${forwards}${nudge}`]
  if (machine.listsManagementCard === true) return user('')
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
