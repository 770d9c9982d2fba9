// The clock of the machine and the client that asks time servers.
import type { TimeClientStatus } from '../domain/time.ts'

export interface Timekeeping {
  /** Time servers that the DHCP server of the management network offers. */
  offered(): readonly string[]
  /** Has the client ask these from now on, and no others; none: it asks nobody. Nothing happens when that is so already. */
  ask(servers: readonly string[]): void
  /** Not synchronised while the client does not answer. */
  observe(): Promise<TimeClientStatus>
  /** Sets the clock, and the machine's own that goes on without power. Throws HostError. */
  setClock(epochMs: number): void
}
