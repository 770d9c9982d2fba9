// The programs of the control plane: what they are for, and how they do. None of them is needed for a VM to go on running.

export const SERVICE_WORDS = {
  controld: 'Control daemon: decides and does everything; VMs go on without it and are taken over again',
  'gateway-launch': 'Gateway: the network side of the API',
  'dcui-tty1': 'Console on the screen',
  'dcui-ttyS0': 'Console on the serial line',
  guard: 'Feeds the watchdog, and undoes an update that does not come up',
  logd: 'Keeps the log',
  'chrony-launch': 'Time client',
  'management-dhcp-launch': 'DHCP client of the management network',
  'nat-dhcp-launch': 'DHCP server of the VMs’ network',
} as const satisfies Readonly<Record<string, string>>

export type ServiceName = keyof typeof SERVICE_WORDS
export const SERVICE_NAMES = Object.keys(SERVICE_WORDS) as readonly ServiceName[]

export interface Service {
  readonly name: ServiceName
  readonly description: string
  /** Null while it does not run. */
  readonly pid: number | null
  /** Since its latest start. */
  readonly upForSeconds: number | null
  /** How often it has been started again in this boot. */
  readonly restarts: number
}
