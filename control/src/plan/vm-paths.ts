// Where the things of one VM are: on the host, and inside its mount view. Paths only.
import type { VmSpec } from '../domain/vm.ts'

/** Host paths of a VM. */
export interface VmPaths {
  readonly runDirectory: string
  readonly qmpSocket: string
  readonly agentSocket: string
  /** By port. */
  readonly serialSocket: (port: number) => string
  readonly cloudInitSeed: string
  readonly logDirectory: string
  readonly serialLog: string
  /** What the VM keeps besides its disks: UEFI variables, TPM state, suspended memory. */
  readonly keptDirectory: string
  /** UEFI variables; those of another firmware are another file, since what enforces Secure Boot is in them. */
  readonly nvram: (firmware: VmSpec['firmware']) => string
  readonly tpmDirectory: string
  readonly suspended: string
}

export function vmPaths(id: string): VmPaths {
  const runDirectory = `/run/corbel/vm/${id}`
  const logDirectory = `/state/vm/${id}`
  const keptDirectory = `/datastores/local/.vm/${id}`
  return {
    runDirectory,
    qmpSocket: `${runDirectory}/qmp.sock`,
    agentSocket: `${runDirectory}/agent.sock`,
    serialSocket: (port) => (port === 0 ? `${runDirectory}/serial.sock` : `${runDirectory}/serial${port}.sock`),
    cloudInitSeed: `${runDirectory}/cloud-init.img`,
    logDirectory,
    serialLog: `${logDirectory}/serial.log`,
    keptDirectory,
    nvram: (firmware) => `${keptDirectory}/nvram.${firmware}.fd`,
    tpmDirectory: `${keptDirectory}/tpm`,
    suspended: `${keptDirectory}/memory`,
  }
}

/** Of the bounded serial log, bytes; the relay keeps up to twice that. */
export const SERIAL_LOG_BYTES = 1_048_576

/** A serial port and its log: the first one's is for reading afterwards, the others' only for what a new viewer is shown. */
export function serialPaths(id: string, port: number): { readonly path: string; readonly logPath: string; readonly maxLogBytes: number } {
  const { serialLog, serialSocket, logDirectory } = vmPaths(id)
  const log =
    port === 0
      ? { logPath: serialLog, maxLogBytes: SERIAL_LOG_BYTES }
      : { logPath: `${logDirectory}/serial${port}.log`, maxLogBytes: 65_536 }
  return { path: serialSocket(port), ...log }
}

/** UEFI for VMs, as every base has it: code, and variables as a new VM has them. */
export const OVMF = {
  code: '/usr/share/OVMF/OVMF_CODE_4M.fd',
  vars: '/usr/share/OVMF/OVMF_VARS_4M.fd',
  secureCode: '/usr/share/OVMF/OVMF_CODE_4M.secboot.fd',
  secureVars: '/usr/share/OVMF/OVMF_VARS_4M.ms.fd',
} as const

/** Inside the view. */
export const VIEW = {
  disk: (slot: number) => `/disk/${slot}`,
  cdrom: (slot: number) => `/cdrom/${slot}`,
  kernel: '/boot/kernel',
  initrd: '/boot/initrd',
  nvram: '/nvram',
  cloudInit: '/cloud-init',
  /** Of the TPM's own process. */
  tpm: '/tpm',
} as const

/** The lowest uid of a VM; see docs/architecture.md. */
export const FIRST_UID = 20_000

/** At most 15 bytes, unique as the uid is. @source IFNAMSIZ in linux/if.h */
export function tapName(uid: number, slot: number): string {
  return `vm${uid - FIRST_UID}n${slot}`
}
