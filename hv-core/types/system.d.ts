// The machine as a whole, clocks, signals, log, TAP devices.
declare module 'hv:system' {
  /** Since boot, including suspend (CLOCK_BOOTTIME), with fractions. */
  export function monotonicMs(): number
  export function setHostname(name: string): void
  export function hostname(): string
  export function pageSize(): number
  export function sync(): void

  export type SignalName = 'SIGTERM' | 'SIGINT' | 'SIGHUP' | 'SIGUSR1' | 'SIGUSR2' | 'SIGCHLD' | 'SIGWINCH'
  /** One handler a signal; null restores the default. SIGPIPE is always ignored. */
  export function onSignal(name: SignalName, handler: (() => void) | null): void

  /** Sets the wall clock, and the machine's own (UTC) where there is one. Milliseconds since the epoch, below 2^42. */
  export function setClock(epochMs: number): void

  /** Syslog severities. */
  export type Severity = 'error' | 'warning' | 'notice' | 'info' | 'debug'
  /**
   * One record to the log: `<N>NAME: text` in one write(2) to stderr, N the severity, control characters replaced, cut at 900 bytes.
   * On the appliance stderr is /dev/kmsg.
   */
  export function log(severity: Severity, text: string): void
  /** The NAME in records; default the bundle's name. */
  export function setLogName(name: string): void

  /** A TAP device with virtio-net headers (IFF_VNET_HDR, IFF_NO_PI), gone when its last descriptor closes. Returns the descriptor. */
  export function openTap(name: string): number

  /** A file without a name, empty, gone with its last descriptor; its pages belong to whoever writes them. Returns the descriptor, which `/proc/self/fd` opens anew for reading or writing alone. */
  export function memoryFile(): number
}
