// A collector in memory: it can be away, slow, and go in the middle of a message; what arrived is kept by message.
import type { SyslogMessage } from '../../control/src/domain/syslog.ts'
import type { CollectorEvents, CollectorLink, CollectorTarget, LogCollector } from '../../control/src/ports/log-collector.ts'

/** By the letter, for tests that count: what the real one makes of a message is longer. */
const BYTES = 1_000

export class FakeLogCollector implements LogCollector {
  /** Every message that arrived, duplicates too. */
  readonly arrived: SyslogMessage[] = []
  readonly dialled: CollectorTarget[] = []
  /** Answers connections. */
  isUp = true
  /** Takes messages. */
  isTaking = true
  #events: CollectorEvents | null = null
  #waiting: SyslogMessage[] = []
  #count = 0
  /** Most that was given and had not arrived. */
  mostWaiting = 0

  dial(target: CollectorTarget, events: CollectorEvents): CollectorLink {
    this.dialled.push(target)
    this.#events = events
    this.#waiting = []
    this.#count = 0
    void Promise.resolve().then(() => {
      if (this.#events !== events) return
      if (this.isUp) events.connected()
      else this.cut('connect', 'Connection refused')
    })
    return {
      send: (message) => {
        this.#waiting.push(message)
        this.mostWaiting = Math.max(this.mostWaiting, this.#waiting.length)
        if (this.isTaking) void Promise.resolve().then(() => this.#events === events && this.take())
        return BYTES
      },
      close: () => {
        this.#events = null
      },
    }
  }

  get isConnected(): boolean {
    return this.#events !== null
  }

  /** So many of what waits arrive; `unsaid`: the host never learns of it. */
  take(count = this.#waiting.length, unsaid = false): void {
    const some = this.#waiting.splice(0, count)
    if (some.length === 0) return
    this.arrived.push(...some)
    this.#count += some.length
    if (!unsaid) this.#events?.arrived(this.#count * BYTES)
  }

  /** What is on its way is lost. */
  cut(code = 'closed', message = 'the connection is lost'): void {
    const events = this.#events
    this.#events = null
    events?.ended(code, message)
  }
}
