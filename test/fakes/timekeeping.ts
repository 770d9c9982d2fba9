// A time client that is told whom to ask, and says what a test has it say.
import type { TimeClientStatus } from '../../control/src/domain/time.ts'
import type { Timekeeping } from '../../control/src/ports/timekeeping.ts'

export class FakeTimekeeping implements Timekeeping {
  offers: readonly string[] = []
  status: TimeClientStatus | Error = { synchronised: false, source: null, stratum: null, offsetSeconds: null }
  readonly asked: (readonly string[])[] = []
  readonly clocksSet: number[] = []

  offered(): readonly string[] {
    return [...new Set(this.offers)]
  }

  ask(servers: readonly string[]): void {
    if (JSON.stringify(servers) !== JSON.stringify(this.asked.at(-1) ?? [])) this.asked.push(servers)
  }

  observe(): Promise<TimeClientStatus> {
    return this.status instanceof Error ? Promise.reject(this.status) : Promise.resolve(this.status)
  }

  setClock(epochMs: number): void {
    this.clocksSet.push(epochMs)
  }
}
