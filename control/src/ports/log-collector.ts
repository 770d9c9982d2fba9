// A collector of logs somewhere in the network, reached by TLS.
import type { SyslogMessage, SyslogSettings } from '../domain/syslog.ts'

export type CollectorTarget = Pick<SyslogSettings, 'host' | 'port' | 'authority' | 'fingerprint'>

export interface CollectorEvents {
  connected(): void
  /** So many bytes of all that were sent have arrived. */
  arrived(bytes: number): void
  /** Once, unless it was closed here. `code`: `resolve`, `connect`, `untrusted`, `name`, `time`, `fingerprint`, `timeout`, `tls`, `closed`, … */
  ended(code: string, message: string): void
}

export interface CollectorLink {
  /** Queues it; returns what it takes of `arrived`. */
  send(message: SyslogMessage): number
  /** Nothing is told any more. */
  close(): void
}

export interface LogCollector {
  dial(target: CollectorTarget, events: CollectorEvents): CollectorLink
}
