// A QMP conversation over a line channel: every command ends in its return, its error, the channel's close or a deadline.
import { parseQmpLine, type QmpMessage, renderQmpCommand } from '../codec/qmp-message.ts'
import type { Clock } from '../ports/clock.ts'
import { VmHostFailure } from './host-failure.ts'

/** Longest line that QEMU may send; the channel ends the connection beyond it. */
export const MAX_QMP_LINE_BYTES = 1024 * 1024

/** Lines of UTF-8 text in both directions. */
export interface LineChannel {
  onLine(handler: (line: string) => void): void
  /** Called once. `malformed` is true when the peer sent an over-long line or bytes that are no UTF-8. */
  onClose(handler: (malformed: boolean) => void): void
  /** Throws once the channel is closed. `descriptors` go with the text's first byte and are duplicated: the caller keeps its own. */
  write(text: string, descriptors?: readonly number[]): void
  close(): void
}

export interface QmpEvent {
  readonly name: string
  readonly data: Readonly<Record<string, unknown>>
}

interface Pending {
  readonly command: string
  readonly resolve: (value: unknown) => void
  readonly reject: (failure: VmHostFailure) => void
  readonly cancelDeadline: () => void
}

export interface ExecuteOptions {
  /** Default 10000. */
  readonly timeoutMs?: number
  /** Passed on with the command, for `getfd` and `add-fd`; the caller keeps its own. */
  readonly descriptors?: readonly number[]
}

const TIMEOUT_MS = 10_000

/** Ends with `qmp.error.CLASS`, `qmp.closed`, `qmp.timeout` or `qmp.malformed` where it does not end well. */
export class QmpClient {
  readonly #channel: LineChannel
  readonly #clock: Clock
  readonly #pending = new Map<number, Pending>()
  #nextId = 1
  /** Why nothing more can be asked; null while the conversation goes on. */
  #end: VmHostFailure | null = null
  #greeted: { resolve: (version: string) => void; reject: (failure: VmHostFailure) => void } | null = null
  #eventHandler: (event: QmpEvent) => void = () => {}
  #endHandler: (failure: VmHostFailure) => void = () => {}

  private constructor(channel: LineChannel, clock: Clock) {
    this.#channel = channel
    this.#clock = clock
  }

  /**
   * Waits for the greeting and leaves capability negotiation mode, both within `timeoutMs`.
   * Events may come from then on; the channel is closed when this throws.
   */
  static async open(channel: LineChannel, clock: Clock, timeoutMs: number): Promise<QmpClient> {
    const client = new QmpClient(channel, clock)
    const deadline = clock.monotonicMs() + timeoutMs
    try {
      await client.#greeting(timeoutMs)
      await client.execute('qmp_capabilities', undefined, { timeoutMs: Math.max(1, deadline - clock.monotonicMs()) })
      return client
    } catch (error) {
      client.close()
      throw error
    }
  }

  /** One handler; events before it is set are lost. */
  onEvent(handler: (event: QmpEvent) => void): void {
    this.#eventHandler = handler
  }

  /** Called once when the conversation ends, whoever ends it; at once when it has ended already. */
  onEnd(handler: (failure: VmHostFailure) => void): void {
    this.#endHandler = handler
    if (this.#end !== null) handler(this.#end)
  }

  /** Resolves with QMP's `return` value. A late answer to a command whose deadline has passed is ignored. */
  execute(command: string, commandArguments?: Readonly<Record<string, unknown>>, options: ExecuteOptions = {}): Promise<unknown> {
    const { timeoutMs = TIMEOUT_MS, descriptors } = options
    return new Promise((resolve, reject) => {
      if (this.#end !== null) {
        reject(new VmHostFailure(this.#end.code, command, this.#end.message))
        return
      }
      const id = this.#nextId++
      const cancelDeadline = this.#clock.after(timeoutMs, () => {
        this.#pending.delete(id)
        reject(new VmHostFailure('qmp.timeout', command, `no answer within ${timeoutMs} ms`))
      })
      this.#pending.set(id, { command, resolve, reject, cancelDeadline })
      try {
        this.#channel.write(renderQmpCommand(id, command, commandArguments), descriptors)
      } catch {
        this.#finish('qmp.closed', 'the connection is closed')
      }
    })
  }

  close(): void {
    this.#finish('qmp.closed', 'closed here')
  }

  #greeting(timeoutMs: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const cancel = this.#clock.after(timeoutMs, () =>
        reject(new VmHostFailure('qmp.timeout', 'greeting', `no greeting within ${timeoutMs} ms`)),
      )
      this.#greeted = {
        resolve: (version) => {
          cancel()
          resolve(version)
        },
        reject: (failure) => {
          cancel()
          reject(failure)
        },
      }
      this.#channel.onClose((malformed) => {
        if (malformed) this.#finish('qmp.malformed', 'a line was too long or no UTF-8')
        else this.#finish('qmp.closed', 'closed by QEMU')
      })
      this.#channel.onLine((line) => this.#receive(parseQmpLine(line)))
    })
  }

  #receive(message: QmpMessage): void {
    if (this.#end !== null) return
    switch (message.kind) {
      case 'greeting':
        if (this.#greeted === null) this.#finish('qmp.malformed', 'a second greeting')
        this.#greeted?.resolve(message.version)
        this.#greeted = null
        return
      case 'event':
        this.#eventHandler({ name: message.event, data: message.data })
        return
      case 'return':
        this.#take(message.id)?.resolve(message.value)
        return
      case 'error':
        this.#receiveError(message.id, message.errorClass, message.description)
        return
      case 'malformed':
        this.#finish('qmp.malformed', message.reason)
        return
      default: {
        const unhandled: never = message
        throw new TypeError(`unhandled QMP message ${JSON.stringify(unhandled)}`)
      }
    }
  }

  #receiveError(id: number | null, errorClass: string, description: string): void {
    // Without an id QEMU could not read what we sent, so nothing on this connection can be trusted to be answered.
    if (id === null) {
      this.#finish('qmp.malformed', `QEMU could not read a command: ${description}`)
      return
    }
    const pending = this.#take(id)
    pending?.reject(new VmHostFailure(`qmp.error.${errorClass}`, pending.command, description))
  }

  #take(id: number): Pending | undefined {
    const pending = this.#pending.get(id)
    if (pending === undefined) return undefined
    this.#pending.delete(id)
    pending.cancelDeadline()
    return pending
  }

  #finish(code: string, message: string): void {
    if (this.#end !== null) return
    const end = new VmHostFailure(code, 'qmp', message)
    this.#end = end
    this.#greeted?.reject(end)
    this.#greeted = null
    for (const id of [...this.#pending.keys()]) {
      const pending = this.#take(id)
      pending?.reject(new VmHostFailure(code, pending.command, message))
    }
    this.#channel.close()
    this.#endHandler(end)
  }
}
