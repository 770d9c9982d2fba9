// controld's end of one connection of the control socket: which streams are open on it and what may be sent on them. No sockets, no HTTP, no rights.
// @source docs/architecture.md, "Frames on the control socket"
import {
  FRAMES_TO_CONTROLD,
  type Frame,
  FrameDecoder,
  type FrameKind,
  joinPayload,
  MAX_FRAME_PAYLOAD_BYTES,
  renderFrame,
  splitPayload,
} from '../codec/frame.ts'
import { parseRequestHead, type RequestHead, type ResponseHead, renderResponseHead } from '../codec/frame-head.ts'
import type { Log } from '../ports/log.ts'

/** Requests being answered at once; the next ones wait unread. */
export const MAX_ACTIVE_REQUESTS = 64
/** Streamed answers open at once; further ones are answered 503. */
export const MAX_OPEN_STREAMS = 256
/** With more than this unsent, no further request is begun. */
const CONGESTED_BYTES = 1024 * 1024
/** A peer that leaves more than this unread is dropped. */
export const MAX_UNSENT_BYTES = 8 * 1024 * 1024
/** Bodies are cut into frames of at most this size. */
const PIECE_BYTES = MAX_FRAME_PAYLOAD_BYTES / 2

export interface FrameSettings {
  readonly askCertificates: boolean
}

export type FramePeer = 'network' | 'console'

export interface FrameRequest extends RequestHead {
  readonly body: Uint8Array
  /** A body that the client has not sent yet. */
  readonly incoming?: {
    readonly sizeBytes: number
    /** Asks for it, once at most and before the answer: its bytes are written to the descriptor, which is the caller's no longer. */
    receive(descriptor: number): void
  }
}

/** What answers a request: whole, pushed piece by piece until `end` or until the function returned is called, or a descriptor, which the receiver owns. */
export type FrameAnswer =
  | ({ readonly kind: 'complete'; readonly body: string | Uint8Array } & ResponseHead)
  | ({ readonly kind: 'stream'; subscribe(push: (text: string) => void, end: () => void): () => void } & ResponseHead)
  | ({ readonly kind: 'attach'; readonly descriptor: number } & ResponseHead)

/** Never rejects. */
export type FrameHandler = (request: FrameRequest, peer: FramePeer) => Promise<FrameAnswer>

/** The bytes in both directions, and the few things that only native code can do. */
export interface FrameChannel {
  /** Throws once it is closed. Descriptors are duplicated. */
  write(bytes: Uint8Array, descriptors?: number[]): void
  readonly queuedBytes: number
  pause(): void
  resume(): void
  close(): void
}

export interface FrameTools {
  encodeUtf8(text: string): Uint8Array
  /** Throws when the bytes are no UTF-8. */
  decodeUtf8(bytes: Uint8Array): string
  closeDescriptor(descriptor: number): void
  readonly log: Log
}

const NOTHING = new Uint8Array(0)

export class FrameConnection {
  readonly #channel: FrameChannel
  readonly #peer: FramePeer
  readonly #handler: FrameHandler
  readonly #tools: FrameTools
  readonly #decoder = new FrameDecoder(FRAMES_TO_CONTROLD)
  readonly #waiting: Frame[] = []
  /** Requests without an answer yet, and streamed answers with what ends them early. */
  readonly #open = new Map<number, { unsubscribe: (() => void) | null }>()
  /** Answers that take several frames, the first of them under way. */
  readonly #large: { readonly stream: number; readonly body: Uint8Array; sent: number }[] = []
  #lastStream = 0
  #active = 0
  #streaming = 0
  #paused = false
  #closed = false

  constructor(channel: FrameChannel, peer: FramePeer, handler: FrameHandler, tools: FrameTools) {
    this.#channel = channel
    this.#peer = peer
    this.#handler = handler
    this.#tools = tools
  }

  /** Bytes from the peer. */
  receive(chunk: Uint8Array): void {
    const { frames, fault } = this.#decoder.push(chunk)
    this.#waiting.push(...frames)
    this.#advance()
    if (fault !== null) this.#breach(fault)
  }

  /** What the gateway is to do from now on: ask clients for certificates, or not. */
  tell(settings: FrameSettings): void {
    this.#write({ kind: 'settings', stream: 0, end: true, payload: new Uint8Array([settings.askCertificates ? 1 : 0]) })
  }

  /** Everything that was queued has been taken by the kernel. */
  drained(): void {
    this.#sendLarge()
    this.#advance()
  }

  /** The channel is about to be closed: what is left of large answers is queued, whatever the peer has taken. */
  finish(): void {
    this.#sendLarge(Number.POSITIVE_INFINITY)
  }

  /** The channel is closed, whoever closed it. */
  ended(): void {
    if (this.#closed) return
    this.#closed = true
    this.#waiting.length = 0
    this.#large.length = 0
    for (const stream of [...this.#open.keys()]) this.#cancel(stream)
  }

  #advance(): void {
    while (!this.#closed && !this.#congested()) {
      const frame = this.#waiting.shift()
      if (frame === undefined) {
        this.#setPaused(false)
        return
      }
      if (frame.kind === 'cancel') this.#cancel(frame.stream)
      else this.#begin(frame)
    }
    if (!this.#closed) this.#setPaused(true)
  }

  #setPaused(paused: boolean): void {
    if (paused === this.#paused) return
    this.#paused = paused
    if (paused) this.#channel.pause()
    else this.#channel.resume()
  }

  #congested(): boolean {
    return this.#active >= MAX_ACTIVE_REQUESTS || this.#channel.queuedBytes > CONGESTED_BYTES
  }

  #begin(frame: Frame): void {
    const request = frame.stream > this.#lastStream ? this.#parseRequest(frame) : null
    if (request === null) {
      this.#breach(frame.stream > this.#lastStream ? 'frame.bad-head' : 'frame.stream-used')
      return
    }
    this.#lastStream = frame.stream
    this.#open.set(frame.stream, { unsubscribe: null })
    this.#active++
    this.#handler(request, this.#peer)
      .then((answer) => this.#answer(frame.stream, request, answer))
      .catch((error: unknown) => {
        this.#tools.log('error', `control socket: an answer failed: ${String(error)}`)
        this.#send('response', frame.stream, { status: 500, headers: {} }, NOTHING, true)
        this.#open.delete(frame.stream)
      })
      .finally(() => {
        this.#active--
        this.#advance()
      })
  }

  #parseRequest({ stream, payload }: Frame): FrameRequest | null {
    const parts = splitPayload(payload)
    if (parts === null) return null
    try {
      const head = parseRequestHead(this.#tools.decodeUtf8(parts.head))
      if (head === null || (head.bodyBytes !== undefined && parts.body.length > 0)) return null
      const { bodyBytes: sizeBytes, ...rest } = head
      const request = { ...rest, body: parts.body }
      return sizeBytes === undefined ? request : { ...request, incoming: { sizeBytes, receive: (fd) => this.#receive(stream, fd) } }
    } catch {
      return null
    }
  }

  /** Of a client that has gone, whoever reads the descriptor's other end learns by its end. */
  #receive(stream: number, descriptor: number): void {
    try {
      if (this.#open.has(stream)) this.#write({ kind: 'receive', stream, end: false, payload: NOTHING }, [descriptor])
    } finally {
      this.#tools.closeDescriptor(descriptor)
    }
  }

  #answer(stream: number, request: FrameRequest, answer: FrameAnswer): void {
    if (!this.#open.has(stream)) {
      if (answer.kind === 'attach') this.#tools.closeDescriptor(answer.descriptor)
      return
    }
    switch (answer.kind) {
      case 'complete':
        this.#sendWhole(stream, answer, typeof answer.body === 'string' ? this.#tools.encodeUtf8(answer.body) : answer.body)
        return
      case 'attach':
        try {
          if (request.upgrade === undefined) throw new TypeError('a descriptor for a request that asked for none')
          this.#send('attach', stream, answer, NOTHING, true, [answer.descriptor])
        } finally {
          this.#tools.closeDescriptor(answer.descriptor)
        }
        this.#open.delete(stream)
        return
      case 'stream':
        this.#stream(stream, answer)
        return
      default: {
        const unhandled: never = answer
        throw new TypeError(`unhandled answer ${JSON.stringify(unhandled)}`)
      }
    }
  }

  #sendWhole(stream: number, { status, headers }: ResponseHead, body: Uint8Array): void {
    if (body.length <= PIECE_BYTES) {
      this.#send('response', stream, { status, headers }, body, true)
      this.#open.delete(stream)
      return
    }
    this.#send('response', stream, { status, headers: { ...headers, 'content-length': String(body.length) } }, NOTHING, false)
    this.#large.push({ stream, body, sent: 0 })
    this.#sendLarge()
  }

  /** As much as the peer takes: what comes later goes when that has gone. */
  #sendLarge(mostQueuedBytes = CONGESTED_BYTES): void {
    while (!this.#closed && this.#channel.queuedBytes <= mostQueuedBytes) {
      const [first] = this.#large
      if (first === undefined) return
      const { stream, body } = first
      const piece = body.subarray(first.sent, first.sent + PIECE_BYTES)
      first.sent += piece.length
      const end = first.sent === body.length || !this.#open.has(stream)
      if (end) this.#large.shift()
      if (this.#open.has(stream)) this.#write({ kind: 'data', stream, end, payload: piece })
      if (end) this.#open.delete(stream)
    }
  }

  #stream(stream: number, answer: Extract<FrameAnswer, { kind: 'stream' }>): void {
    if (this.#streaming >= MAX_OPEN_STREAMS) {
      this.#send('response', stream, { status: 503, headers: { 'retry-after': '10' } }, NOTHING, true)
      this.#open.delete(stream)
      return
    }
    this.#send('response', stream, answer, NOTHING, false)
    if (!this.#open.has(stream)) return
    this.#streaming++
    let ended = false
    const push = (text: string) => {
      if (!ended && this.#open.has(stream)) this.#write({ kind: 'data', stream, end: false, payload: this.#tools.encodeUtf8(text) })
    }
    const end = () => {
      if (ended || !this.#open.delete(stream)) return
      ended = true
      this.#streaming--
      this.#write({ kind: 'data', stream, end: true, payload: NOTHING })
    }
    const unsubscribe = answer.subscribe(push, end)
    if (ended) return
    const entry = this.#open.get(stream)
    // Dropped while it subscribed, because the peer did not read what was pushed at once.
    if (entry === undefined) unsubscribe()
    else entry.unsubscribe = unsubscribe
  }

  #cancel(stream: number): void {
    const entry = this.#open.get(stream)
    if (entry === undefined) return
    this.#open.delete(stream)
    if (entry.unsubscribe === null) return
    this.#streaming--
    entry.unsubscribe()
  }

  #send(kind: FrameKind, stream: number, head: ResponseHead, body: Uint8Array, end: boolean, descriptors?: number[]): void {
    const { status, headers } = head
    const payload = joinPayload(this.#tools.encodeUtf8(renderResponseHead({ status, headers })), body)
    this.#write({ kind, stream, end, payload }, descriptors)
  }

  #write(frame: Frame, descriptors?: number[]): void {
    if (this.#closed) return
    if (this.#channel.queuedBytes + frame.payload.length > MAX_UNSENT_BYTES) this.#breach('frame.peer-does-not-read')
    else {
      try {
        this.#channel.write(renderFrame(frame), descriptors)
      } catch {
        // Closed by the peer, and not told yet. Whoever pushes has nothing to do with that.
        this.#breach('frame.peer-gone')
      }
    }
  }

  #breach(code: string): void {
    if (this.#closed) return
    this.#tools.log('warning', `control socket: ${this.#peer} connection closed: ${code}`)
    this.ended()
    this.#channel.close()
  }
}
