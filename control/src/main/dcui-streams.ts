// The streams of bytes that pages of the console have attached: opens, feeds, slows down and closes them.
import type { Connection } from 'hv:socket'
import { ControlFailure, type FrameClient } from '../adapters/frame-client.ts'
import type { Event } from '../console/app.ts'
import type { Command } from '../console/stack.ts'
import type { Clock } from '../ports/clock.ts'

const attachTimeoutMs = 10_000
/** After each piece a stream is left alone so long: one that never ends leaves time for keys and drawing. */
const restMs = 30

/** Null while it is being opened. */
type Streams = Map<number, Connection | null>

export interface StreamHost {
  readonly client: FrameClient
  readonly clock: Clock
  happened(event: Event): void
}

function detailOf(body: string, status: number): string {
  try {
    const { detail } = JSON.parse(body)
    return typeof detail === 'string' ? detail : `Refused with status ${status}.`
  } catch {
    return `Refused with status ${status}.`
  }
}

export class ConsoleStreams {
  readonly #host: StreamHost
  readonly #streams: Streams = new Map()

  constructor(host: StreamHost) {
    this.#host = host
  }

  async attach({ stream, path, token }: Extract<Command, { kind: 'attach' }>): Promise<void> {
    const { client, happened } = this.#host
    this.#streams.set(stream, null)
    const refused = (message: string) => {
      this.#streams.delete(stream)
      happened({ kind: 'stream', stream, state: 'refused', message })
    }
    try {
      const answer = await client.attach({ path, token, timeoutMs: attachTimeoutMs })
      if ('status' in answer) refused(detailOf(answer.body, answer.status))
      else if (this.#streams.has(stream)) this.#opened(stream, answer)
      else answer.close()
    } catch (error) {
      if (!(error instanceof ControlFailure)) throw error
      refused('The host does not answer.')
    }
  }

  #opened(stream: number, connection: Connection): void {
    const { clock, happened } = this.#host
    let closed = false
    this.#streams.set(stream, connection)
    happened({ kind: 'stream', stream, state: 'open', message: '' })
    connection.onClose(() => {
      closed = true
      if (this.#streams.delete(stream)) happened({ kind: 'stream', stream, state: 'ended', message: 'The console has ended.' })
    })
    connection.onData((bytes) => {
      connection.pause()
      happened({ kind: 'received', stream, bytes })
      clock.after(restMs, () => {
        if (!closed) connection.resume()
      })
    })
  }

  send(stream: number, text: string): void {
    try {
      this.#streams.get(stream)?.write(text)
    } catch {
      this.detach(stream)
    }
  }

  detach(stream: number): void {
    const connection = this.#streams.get(stream)
    this.#streams.delete(stream)
    connection?.close()
  }
}
