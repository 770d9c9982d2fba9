// Where the things of one VM are: on the host, and inside its mount view. Paths only.

/** Host paths of a VM. */
export interface VmPaths {
  readonly runDirectory: string
  readonly cgroup: string
  readonly qmpSocket: string
  readonly serialSocket: string
  readonly logDirectory: string
  readonly serialLog: string
}

export function vmPaths(id: string): VmPaths {
  const runDirectory = `/run/corbel/vm/${id}`
  const logDirectory = `/state/vm/${id}`
  return {
    runDirectory,
    cgroup: `/sys/fs/cgroup/corbel.vm/${id}`,
    qmpSocket: `${runDirectory}/qmp.sock`,
    serialSocket: `${runDirectory}/serial.sock`,
    logDirectory,
    serialLog: `${logDirectory}/serial.log`,
  }
}

/** Of the bounded serial log, bytes; the relay keeps up to twice that. */
export const SERIAL_LOG_BYTES = 1_048_576

/** Inside the view. */
export const VIEW = {
  disk: (index: number) => `/disk/${index}`,
  cdrom: '/cdrom',
  kernel: '/boot/kernel',
  initrd: '/boot/initrd',
} as const

/** The lowest uid of a VM; see docs/architecture.md. */
export const FIRST_UID = 20_000

/** At most 15 bytes, unique as the uid is. @source IFNAMSIZ in linux/if.h */
export function tapName(uid: number, nic: number): string {
  return `vm${uid - FIRST_UID}n${nic}`
}
