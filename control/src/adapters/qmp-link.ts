// A VM's QMP connection for as long as its process lives: it comes back by itself after a breach of the protocol.
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import { toHostFailure, VmHostFailure } from './host-failure.ts'
import { type ExecuteOptions, type LineChannel, QmpClient, type QmpEvent } from './qmp-client.ts'

const RECONNECT_MS = 1_000
const OPEN_TIMEOUT_MS = 10_000

export class QmpLink {
  readonly #connect: () => Promise<LineChannel>
  readonly #clock: Clock
  readonly #log: Log
  readonly #ends: (() => void)[] = []
  #client: QmpClient | null = null
  #closed = false
  #cancelReconnect: () => void = () => {}
  #eventHandler: (event: QmpEvent) => void = () => {}
  #reopenHandler: () => void = () => {}

  /** `connect` gives a fresh channel to the same QEMU. */
  constructor(connect: () => Promise<LineChannel>, clock: Clock, log: Log) {
    this.#connect = connect
    this.#clock = clock
    this.#log = log
  }

  /** Connects and negotiates; throws a HostFailure, after which the link is down and `keepTrying` decides. */
  async open(timeoutMs: number): Promise<void> {
    let channel: LineChannel
    try {
      channel = await this.#connect()
    } catch (error) {
      throw toHostFailure(error, 'connect-qmp')
    }
    const client = await QmpClient.open(channel, this.#clock, timeoutMs)
    if (this.#closed) {
      client.close()
      throw new VmHostFailure('qmp.closed', 'connect-qmp', 'closed here')
    }
    this.#client = client
    client.onEvent((event) => this.#eventHandler(event))
    client.onEnd((failure) => this.#lost(failure.message))
  }

  /** Tries again each second until it is up or closed; for a QEMU that lives but did not answer. */
  keepTrying(): void {
    this.#cancelReconnect()
    this.#cancelReconnect = this.#clock.after(RECONNECT_MS, () => {
      this.open(OPEN_TIMEOUT_MS).then(
        () => this.#reopenHandler(),
        () => {
          if (!this.#closed) this.keepTrying()
        },
      )
    })
  }

  onEvent(handler: (event: QmpEvent) => void): void {
    this.#eventHandler = handler
  }

  /** Called when the link is up again; events in between are lost. One handler. */
  onReopen(handler: () => void): void {
    this.#reopenHandler = handler
  }

  /** Rejects with `qmp.closed` while the link is down. */
  execute(command: string, commandArguments?: Readonly<Record<string, unknown>>, options?: ExecuteOptions): Promise<unknown> {
    if (this.#client === null) return Promise.reject(new VmHostFailure('qmp.closed', command, 'not connected'))
    return this.#client.execute(command, commandArguments, options)
  }

  /** Resolves once QEMU's end of the connection is closed and all that it said has been read; at once when the link is down. */
  drained(): Promise<void> {
    return this.#client === null ? Promise.resolve() : new Promise((resolve) => this.#ends.push(resolve))
  }

  close(): void {
    this.#closed = true
    this.#cancelReconnect()
    this.#client?.close()
  }

  #lost(reason: string): void {
    this.#client = null
    for (const resolve of this.#ends.splice(0)) resolve()
    if (this.#closed) return
    this.#log('info', `qmp: connection lost: ${reason}`)
    this.keepTrying()
  }
}
