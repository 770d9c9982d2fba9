// The specs whose command lines are kept in golden/: one whole, and for each field of the table what it changes.
import { spec } from '../../fakes/spec.ts'

export const ID = '6b9f2a52-8a3c-4c1e-9a58-0f6d1c2b3a4d'

const file = (name: string) => ({ datastore: 'local', file: name })

const BASE = {
  ...{ name: 'base', uuid: ID },
  ...{ disks: [{ ...file('a.qcow2'), format: 'qcow2' }], cdroms: [{}], nics: [{ network: 'nat', mac: '52:54:00:00:00:01' }] },
}
const disk = (rest: object) => ({ disks: [{ ...BASE.disks[0], ...rest }] })
const passed = (rest: object) => ({
  pciDevices: [{ device: 'PCI0-1c.0-00.0', vendorId: '8086', deviceId: '10d3', serial: null, ...rest }],
})
const nic = (rest: object) => ({ nics: [{ ...BASE.nics[0], ...rest }] })

/** What each field is set to, on top of the same base, to see what it does. Fields that never reach QEMU are not here. */
export const ROWS: Readonly<Record<string, object>> = {
  'guestType (windows)': { guestType: 'windows' },
  'guestType (other)': { guestType: 'other' },
  uuid: { uuid: '00000000-0000-4000-8000-000000000001' },
  chipset: { chipset: 'i440fx', ...disk({ bus: 'ide' }) },
  firmware: { firmware: 'uefi' },
  'firmware (secure)': { firmware: 'uefi-secure-boot' },
  tpm: { tpm: true },
  cpuModel: { cpuModel: 'x86-64-v2-aes' },
  'cpuModel (v3)': { cpuModel: 'x86-64-v3' },
  'cpuModel (v4)': { cpuModel: 'x86-64-v4' },
  nestedVirtualisation: { nestedVirtualisation: true },
  hypervEnlightenments: { hypervEnlightenments: true },
  vcpus: { vcpus: 3 },
  maxVcpus: { maxVcpus: 4 },
  topology: { vcpus: 8, topology: { sockets: 2, cores: 2, threads: 2 } },
  'topology.sockets': { vcpus: 2, topology: { sockets: 2, cores: 1, threads: 1 } },
  'topology.cores': { vcpus: 2, topology: { sockets: 1, cores: 2, threads: 1 } },
  'topology.threads': { vcpus: 2, topology: { sockets: 1, cores: 1, threads: 2 } },
  memoryMiB: { memoryMiB: 1024 },
  maxMemoryMiB: { maxMemoryMiB: 1024 },
  numaNodes: { numaNodes: [1] },
  guestNumaNodes: { guestNumaNodes: 2, numaNodes: [1, 0], vcpus: 4 },
  'guestNumaNodes (sockets)': { guestNumaNodes: 2, numaNodes: [0, 1], vcpus: 4, topology: { sockets: 4, cores: 1, threads: 1 } },
  hugePages: { hugePages: '2MiB' },
  'hugePages (nodes)': { hugePages: '1GiB', memoryMiB: 2048, guestNumaNodes: 2, numaNodes: [0, 1], vcpus: 2 },
  boot: { boot: { from: 'cdrom' } },
  'boot.devices': { boot: { from: 'order', devices: ['cdrom0'] } },
  'boot.kernel': { boot: { from: 'kernel', kernel: file('k') } },
  'boot.initrd': { boot: { from: 'kernel', kernel: file('k'), initrd: file('i') } },
  'boot.commandLine': { boot: { from: 'kernel', kernel: file('k'), commandLine: 'quiet' } },
  disks: { disks: [...BASE.disks, { ...file('b.raw'), format: 'raw' }] },
  'disks[].slot': disk({ slot: 9 }),
  'disks[].format': disk({ format: 'raw' }),
  'disks[].readOnly': disk({ readOnly: true }),
  'disks[].bus': disk({ bus: 'virtio-scsi' }),
  'disks[].bus (sata)': disk({ bus: 'sata' }),
  'disks[].serial': disk({ serial: 'S1' }),
  cdroms: { cdroms: [{}, {}] },
  'cdroms[].slot': { cdroms: [{ slot: 2 }] },
  'cdroms[].medium': { cdroms: [{ medium: file('x.iso') }] },
  nics: { nics: [...BASE.nics, { network: 'nat', mac: '52:54:00:00:00:02' }] },
  'nics[].slot': nic({ slot: 5 }),
  'nics[].mac': nic({ mac: '52:54:00:00:00:09' }),
  'nics[].model': nic({ model: 'e1000e' }),
  'nics[].model (e1000)': nic({ model: 'e1000' }),
  pciDevices: passed({}),
  'pciDevices[].slot': passed({ slot: 7 }),
  serialPorts: { serialPorts: 2 },
  display: { display: 'virtio' },
  'display (none)': { display: 'none' },
  usb: { usb: false },
  rng: { rng: false },
  guestAgent: { guestAgent: false },
  clock: { clock: 'localtime' },
  smbios: { smbios: { manufacturer: 'A, B', product: 'P', version: '1', serial: 'S', sku: 'K', family: 'F' } },
  'smbios.manufacturer': { smbios: { manufacturer: 'M' } },
  'smbios.product': { smbios: { product: 'P' } },
  'smbios.version': { smbios: { version: 'V' } },
  'smbios.serial': { smbios: { serial: 'S' } },
  'smbios.sku': { smbios: { sku: 'K' } },
  'smbios.family': { smbios: { family: 'F' } },
  cloudInit: { cloudInit: {} },
  watchdog: { watchdog: 'reset' },
  onPanic: { onPanic: 'pause' },
  onIoError: { onIoError: 'pause' },
}

/** Fields that are no option of QEMU's, and why. */
export const NOT_ON_THE_COMMAND_LINE: Readonly<Record<string, string>> = {
  pool: 'where its cgroup is',
  coreScheduling: 'a mark of its processes',
  memoryTargetMiB: 'by QMP before the guest runs',
  'disks[].datastore': 'part of the path outside the view',
  'disks[].file': 'part of the path outside the view',
  'disks[].limits': 'by QMP before the guest runs',
  ...Object.fromEntries(
    ['readIops', 'writeIops', 'readBytesPerSecond', 'writeBytesPerSecond', 'burstFactor', 'burstSeconds'].map((name) => [
      `disks[].limits.${name}`,
      'with the others',
    ]),
  ),
  'nics[].limits': 'in the kernel, by tc',
  ...Object.fromEntries(
    ['receiveBytesPerSecond', 'transmitBytesPerSecond', 'burstFactor', 'burstSeconds'].map((name) => [
      `nics[].limits.${name}`,
      'with the others',
    ]),
  ),
  'nics[].network': 'the bridge of the TAP',
  'nics[].connected': 'by QMP before the guest runs',
  'cloudInit.userData': 'in the seed',
  'cloudInit.metaData': 'in the seed',
  'cloudInit.networkConfig': 'in the seed',
  'boot.kernel.datastore': 'part of the path outside the view',
  'boot.kernel.file': 'part of the path outside the view',
  'boot.initrd.datastore': 'part of the path outside the view',
  'boot.initrd.file': 'part of the path outside the view',
  'cdroms[].medium.datastore': 'part of the path outside the view',
  'cdroms[].medium.file': 'part of the path outside the view',
  'pciDevices[].device': 'where it is now is found out at each power-on',
  ...Object.fromEntries(['vendorId', 'deviceId', 'serial'].map((name) => [`pciDevices[].${name}`, 'what has to be there'])),
}

export const BASE_SPEC = spec(ID, BASE)

export function rowSpec(name: string) {
  return spec(ID, { ...BASE, ...ROWS[name] })
}
