// A client of the control socket: a request ends in its answer, a deadline, the connection's end or a breach of the frames. Connects when asked, again when lost.
import { closeFd } from 'hv:fs'
import { type Connection, connectUnix, fromFd } from 'hv:socket'
import { decodeUtf8, encodeUtf8 } from 'hv:text'
import { FRAMES_TO_CLIENT, type Frame, FrameDecoder, joinPayload, renderFrame, splitPayload } from '../codec/frame.ts'
import { parseResponseHead, type RequestHead, type ResponseHead, renderRequestHead } from '../codec/frame-head.ts'
import type { Clock } from '../ports/clock.ts'

export interface ControlRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With its query string, if it has one. */
  readonly path: string
  /** Sent as JSON. */
  readonly body?: unknown
  /** The bearer token of a session. */
  readonly token?: string | null
  readonly ifMatch?: string
  /** From connecting to the last byte of the answer. */
  readonly timeoutMs: number
}

export interface ControlAnswer {
  /** An HTTP status. */
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
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

/** A list of a thousand VMs is a few MiB. */
const maxAnswerBytes = 8 * 1024 * 1024
const maxDescriptors = 4

interface Pending {
  /** Once it has come; then the body so far. */
  head: ResponseHead | null
  chunks: Uint8Array[]
  bytes: number
  /** A stream of bytes was asked for: `resolve` gets it, or the answer that refuses it. */
  readonly upgrade: boolean
  readonly resolve: (answer: ControlAnswer | Connection) => void
  readonly reject: (failure: ControlFailure) => void
  readonly cancelDeadline: () => void
}

interface Link {
  readonly connection: Connection
  readonly decoder: FrameDecoder
  /** That have come and whose frame has not been read yet. */
  readonly descriptors: number[]
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
  async request(request: ControlRequest): Promise<ControlAnswer> {
    const answer = await this.#ask(request, false)
    if ('status' in answer) return answer
    // The frames refuse it before it comes here.
    answer.close()
    throw new ControlFailure('control.malformed', 'a stream of bytes that nobody asked for')
  }

  /** Opens a stream of bytes; an answer instead refuses it. Rejects as `request` does. The caller closes what it gets. */
  attach(request: Pick<ControlRequest, 'path' | 'token' | 'timeoutMs'>): Promise<ControlAnswer | Connection> {
    return this.#ask({ ...request, method: 'GET' }, true)
  }

  #ask(request: ControlRequest, upgrade: boolean): Promise<ControlAnswer | Connection> {
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
          if (!ended) cancelStream = send(link, request, { upgrade, resolve, reject, cancelDeadline })
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
      const link: Link = { connection, decoder, descriptors: [], pending: new Map(), nextStream: 1, fault: null }
      connection.onClose(() => {
        this.#link = null
        for (const descriptor of link.descriptors.splice(0)) closeFd(descriptor)
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

function headersOf({ body, token, ifMatch }: ControlRequest): RequestHead['headers'] {
  return {
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(token === undefined || token === null ? {} : { authorization: `Bearer ${token}` }),
    ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
  }
}

/** Returns what cancels the stream. */
function send(link: Link, request: ControlRequest, ends: Pick<Pending, 'upgrade' | 'resolve' | 'reject' | 'cancelDeadline'>): () => void {
  const stream = link.nextStream++
  const [path = '', query = ''] = request.path.split('?')
  const head = renderRequestHead({
    ...{ method: request.method, path, query, headers: headersOf(request), remote: 'console' },
    ...(ends.upgrade ? { upgrade: 'websocket' as const } : {}),
  })
  const body = request.body === undefined ? '' : JSON.stringify(request.body)
  link.pending.set(stream, { head: null, chunks: [], bytes: 0, ...ends })
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
  link.descriptors.push(...fds)
  const { frames, fault } = link.decoder.push(chunk)
  const fine = frames.every((frame) => take(link, frame))
  if (!fine) breach(link, 'an answer that breaks the rules')
  else if (fault !== null) breach(link, fault)
  // Its frame comes with a descriptor or right after it.
  else if (link.descriptors.length > maxDescriptors) breach(link, 'descriptors without frames')
}

/** The descriptor of an `attach`, for whoever asked; false when it breaks the rules. */
function takeAttached(link: Link, stream: number): boolean {
  const descriptor = link.descriptors.shift()
  if (descriptor === undefined) return false
  const pending = link.pending.get(stream)
  if (pending === undefined || !pending.upgrade || pending.head !== null) {
    closeFd(descriptor)
    // Given up in between, it may come all the same.
    return pending === undefined
  }
  link.pending.delete(stream)
  pending.cancelDeadline()
  pending.resolve(fromFd(descriptor))
  return true
}

function breach(link: Link, reason: string): void {
  link.fault = new ControlFailure('control.malformed', reason)
  link.connection.close()
}

/** False when the frame breaks the rules. Frames of streams that were given up are dropped. */
function take(link: Link, frame: Frame): boolean {
  if (frame.stream >= link.nextStream || frame.kind === 'receive') return false
  if (frame.kind === 'attach') return takeAttached(link, frame.stream)
  const pending = link.pending.get(frame.stream)
  if (pending === undefined) return true
  if (frame.kind === 'response') {
    const parts = splitPayload(frame.payload)
    const head = parts === null ? null : parseResponseHead(decodeUtf8(parts.head))
    if (parts === null || head === null || pending.head !== null) return false
    pending.head = head
    pending.chunks.push(parts.body)
    pending.bytes = parts.body.length
  } else {
    if (pending.head === null) return false
    pending.chunks.push(frame.payload)
    pending.bytes += frame.payload.length
  }
  if (pending.bytes > maxAnswerBytes) return false
  if (frame.end) {
    link.pending.delete(frame.stream)
    pending.cancelDeadline()
    pending.resolve({ ...pending.head, body: decodeUtf8(joined(pending.chunks, pending.bytes)) })
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
