// The log of the host, as it is kept: lines by kind. Says nothing of where they lie.

/** Where a line belongs, by who said it. `logd` has what the keeper of the log says itself: what it missed, where a boot begins. */
export const LOG_KINDS = ['kernel', 'boot', 'controld', 'gateway', 'console', 'network', 'time', 'audit', 'vms', 'logd', 'other'] as const
export type LogKind = (typeof LOG_KINDS)[number]

export const LOG_KIND_WORDS: Readonly<Record<LogKind, string>> = {
  kernel: 'the kernel and its drivers',
  boot: 'boot jobs, setup, programs started again, shutdown',
  controld: 'the control daemon',
  gateway: 'the network side of the API',
  console: 'the console on screen and serial line',
  network: 'DHCP client and server',
  time: 'the time client',
  audit: 'the forwarder of the audit log',
  vms: 'what QEMU said of VMs',
  logd: 'the log itself: boots, lines that were missed',
  other: 'whatever else wrote to the log',
}

/** @source syslog(3), LOG_EMERG to LOG_DEBUG */
export const LOG_SEVERITIES = ['emergency', 'alert', 'critical', 'error', 'warning', 'notice', 'info', 'debug'] as const
export type LogSeverity = (typeof LOG_SEVERITIES)[number]

export interface LogLine {
  /** Increases over all kinds and boots: what comes later has more. */
  readonly number: number
  /** By the clock as it was then. */
  readonly at: string
  readonly severity: LogSeverity
  readonly kind: LogKind
  readonly text: string
}

/** What is kept of one kind. */
export interface LogKindSummary {
  readonly kind: LogKind
  readonly description: string
  readonly sizeBytes: number
}

const BY_SOURCE: Readonly<Record<string, LogKind>> = {
  boot: 'boot',
  setup: 'boot',
  service: 'boot',
  shutdown: 'boot',
  kvm: 'boot',
  init: 'boot',
  controld: 'controld',
  receive: 'controld',
  'medium-read': 'controld',
  'medium-write': 'controld',
  gatewayd: 'gateway',
  'gateway-launch': 'gateway',
  udhcpc: 'network',
  udhcpd: 'network',
  'management-dhcp-launch': 'network',
  'nat-dhcp-launch': 'network',
  chronyd: 'time',
  'chrony-launch': 'time',
  syslog: 'audit',
  logd: 'logd',
}

/** By the name that a text begins with. */
export function kindOf(isKernel: boolean, text: string): LogKind {
  if (isKernel) return 'kernel'
  const source = /^([A-Za-z][\w-]{0,30})(?:\[\d+\])?: /.exec(text)?.[1] ?? ''
  if (source.startsWith('dcui')) return 'console'
  if (source === 'controld' && /^controld: vm [0-9a-f-]{36}: qemu: /.test(text)) return 'vms'
  return Object.hasOwn(BY_SOURCE, source) ? (BY_SOURCE[source] ?? 'other') : 'other'
}
