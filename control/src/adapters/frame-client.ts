// A client of the control socket: a request ends in its answer, a deadline, the connection's end or a breach of the frames. Connects when asked, again when lost.
import { closeFd } from 'hv:fs'
import { type Connection, connectUnix } from 'hv:socket'
import { decodeUtf8, encodeUtf8 } from 'hv:text'
import {
  FRAMES_TO_CLIENT,
  type Frame,
  FrameDecoder,
  joinPayload,
  MAX_FRAME_PAYLOAD_BYTES,
  renderFrame,
  splitPayload,
} from '../codec/frame.ts'
import { parseResponseHead, renderRequestHead } from '../codec/frame-head.ts'
import type { Clock } from '../ports/clock.ts'

export interface ControlRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** Sent as JSON. */
  readonly body?: unknown
  /** From connecting to the last byte of the answer. */
  readonly timeoutMs: number
}

export interface ControlAnswer {
  /** An HTTP status. */
  readonly status: number
  readonly body: string
}

export type ControlFailureCode = 'control.unreachable' | 'control.closed' | 'control.timeout' | 'control.malformed'

export class ControlFailure extends Error {
  override readonly name = 'ControlFailure'
  constructor(
    readonly code: ControlFailureCode,
    message: string,
  ) {
    super(message)
  }
}

interface Pending {
  /** The status, once the head has come, and the body so far. */
  status: number | null
  chunks: Uint8Array[]
  bytes: number
  readonly resolve: (answer: ControlAnswer) => void
  readonly reject: (failure: ControlFailure) => void
  readonly cancelDeadline: () => void
}

interface Link {
  readonly connection: Connection
  readonly decoder: FrameDecoder
  readonly pending: Map<number, Pending>
  nextStream: number
  /** Null while it is of use. */
  fault: ControlFailure | null
}

export class FrameClient {
  readonly #path: string
  readonly #clock: Clock
  readonly #onLost: () => void
  #link: Promise<Link> | null = null

  /** `onLost` is called whenever an established connection has ended, whoever ended it. */
  constructor(path: string, clock: Clock, onLost: () => void = () => {}) {
    this.#path = path
    this.#clock = clock
    this.#onLost = onLost
  }

  /** Rejects with ControlFailure only. After a deadline the stream is cancelled and the connection stays. */
  request(request: ControlRequest): Promise<ControlAnswer> {
    return new Promise((resolve, reject) => {
      let ended = false
      let cancelStream = () => {}
      const cancelDeadline = this.#clock.after(request.timeoutMs, () => {
        ended = true
        cancelStream()
        reject(new ControlFailure('control.timeout', `no answer within ${request.timeoutMs} ms`))
      })
      this.#connect().then(
        (link) => {
          if (!ended) cancelStream = send(link, request, { resolve, reject, cancelDeadline })
        },
        (failure: ControlFailure) => {
          cancelDeadline()
          reject(failure)
        },
      )
    })
  }

  /** Ends the connection, if there is one; requests under way end with `control.closed`. */
  close(): void {
    this.#link?.then(
      (link) => link.connection.close(),
      () => {},
    )
  }

  #connect(): Promise<Link> {
    this.#link ??= this.#open()
    return this.#link
  }

  async #open(): Promise<Link> {
    try {
      const connection = await connectUnix(this.#path)
      const decoder = new FrameDecoder(FRAMES_TO_CLIENT)
      const link: Link = { connection, decoder, pending: new Map(), nextStream: 1, fault: null }
      connection.onClose(() => {
        this.#link = null
        failAll(link, link.fault ?? new ControlFailure('control.closed', 'the connection has ended'))
        this.#onLost()
      })
      connection.onData((chunk, fds) => receive(link, chunk, fds))
      return link
    } catch (error) {
      this.#link = null
      throw new ControlFailure('control.unreachable', error instanceof Error ? error.message : String(error))
    }
  }
}

/** Returns what cancels the stream. */
function send(link: Link, request: ControlRequest, ends: Pick<Pending, 'resolve' | 'reject' | 'cancelDeadline'>): () => void {
  const stream = link.nextStream++
  const head = renderRequestHead({
    method: request.method,
    path: request.path,
    query: '',
    headers: request.body === undefined ? {} : { 'content-type': 'application/json' },
    remote: 'console',
  })
  const body = request.body === undefined ? '' : JSON.stringify(request.body)
  link.pending.set(stream, { status: null, chunks: [], bytes: 0, ...ends })
  write(link, { kind: 'request', stream, end: true, payload: joinPayload(encodeUtf8(head), encodeUtf8(body)) })
  return () => {
    if (link.pending.delete(stream)) write(link, { kind: 'cancel', stream, end: true, payload: new Uint8Array(0) })
  }
}

function write(link: Link, frame: Frame): void {
  try {
    link.connection.write(renderFrame(frame))
  } catch {
    failAll(link, new ControlFailure('control.closed', 'the connection takes nothing more'))
    link.connection.close()
  }
}

function receive(link: Link, chunk: Uint8Array, fds: readonly number[]): void {
  // No request here asks for a descriptor.
  for (const fd of fds) closeFd(fd)
  const { frames, fault } = link.decoder.push(chunk)
  const fine = frames.every((frame) => take(link, frame))
  if (!fine) breach(link, 'an answer that breaks the rules')
  else if (fault !== null) breach(link, fault)
}

function breach(link: Link, reason: string): void {
  link.fault = new ControlFailure('control.malformed', reason)
  link.connection.close()
}

/** False when the frame breaks the rules. Frames of streams that were given up are dropped. */
function take(link: Link, frame: Frame): boolean {
  if (frame.stream >= link.nextStream || frame.kind === 'attach' || frame.kind === 'receive') return false
  const pending = link.pending.get(frame.stream)
  if (pending === undefined) return true
  if (frame.kind === 'response') {
    const parts = splitPayload(frame.payload)
    const head = parts === null ? null : parseResponseHead(decodeUtf8(parts.head))
    if (parts === null || head === null || pending.status !== null) return false
    pending.status = head.status
    pending.chunks.push(parts.body)
    pending.bytes = parts.body.length
  } else {
    if (pending.status === null) return false
    pending.chunks.push(frame.payload)
    pending.bytes += frame.payload.length
  }
  if (pending.bytes > MAX_FRAME_PAYLOAD_BYTES) return false
  if (frame.end) {
    link.pending.delete(frame.stream)
    pending.cancelDeadline()
    pending.resolve({ status: pending.status, body: decodeUtf8(joined(pending.chunks, pending.bytes)) })
  }
  return true
}

function joined(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  const all = new Uint8Array(bytes)
  let at = 0
  for (const chunk of chunks) {
    all.set(chunk, at)
    at += chunk.length
  }
  return all
}

function failAll(link: Link, failure: ControlFailure): void {
  for (const [stream, pending] of [...link.pending]) {
    link.pending.delete(stream)
    pending.cancelDeadline()
    pending.reject(failure)
  }
}
