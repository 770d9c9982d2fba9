// The frames of the control socket: bytes in chunks of any size → frames, and frames → bytes. It knows neither sockets nor what the heads say.
// @source docs/architecture.md, "Frames on the control socket"

const FRAME_HEADER_BYTES = 12
/** Largest payload of one frame. */
export const MAX_FRAME_PAYLOAD_BYTES = 2 * 1024 * 1024
const FLAG_END = 1

/** The type byte of each kind of frame. */
export const FRAME_TYPES = { request: 1, response: 2, data: 3, cancel: 4, attach: 5, receive: 6, settings: 7 } as const
export type FrameKind = keyof typeof FRAME_TYPES

export interface Frame {
  readonly kind: FrameKind
  /** Chosen by the client, 1 upwards, each used once. */
  readonly stream: number
  /** Nothing follows on this stream in this direction. */
  readonly end: boolean
  readonly payload: Uint8Array
}

/** How the bytes broke the format; the connection is of no use afterwards. */
export type FrameFault =
  | 'frame.too-large'
  | 'frame.unknown-type'
  | 'frame.unexpected-type'
  | 'frame.reserved-bits'
  | 'frame.stream-zero'
  | 'frame.incomplete-request'
  | 'frame.cancel-with-payload'

/** What one side takes from the other. */
export const FRAMES_TO_CONTROLD: readonly FrameKind[] = ['request', 'cancel']
export const FRAMES_TO_CLIENT: readonly FrameKind[] = ['response', 'data', 'attach', 'receive']

/** The frames that a chunk completed, in order, and the fault that ended the stream after them, if any. */
export interface Decoded {
  readonly frames: readonly Frame[]
  readonly fault: FrameFault | null
}

const KIND_BY_TYPE = new Map<number, FrameKind>(Object.entries(FRAME_TYPES).map(([kind, type]) => [type, kind as FrameKind]))

interface Header {
  readonly kind: FrameKind
  readonly end: boolean
  readonly stream: number
  readonly payloadBytes: number
}

/** Takes one direction of a connection apart. Holds at most one incomplete frame and the chunk that came last. */
export class FrameDecoder {
  readonly #accepts: readonly FrameKind[]
  #buffer = new Uint8Array(256)
  #filled = 0
  #fault: FrameFault | null = null

  constructor(accepts: readonly FrameKind[]) {
    this.#accepts = accepts
  }

  /** After a fault every further chunk gives that fault again and no frames. */
  push(chunk: Uint8Array): Decoded {
    if (this.#fault !== null) return { frames: [], fault: this.#fault }
    this.#append(chunk)
    const frames: Frame[] = []
    let offset = 0
    while (this.#filled - offset >= FRAME_HEADER_BYTES) {
      const header = this.#readHeader(offset)
      if (typeof header === 'string') {
        this.#fault = header
        this.#buffer = new Uint8Array(0)
        this.#filled = 0
        return { frames, fault: header }
      }
      const payloadStart = offset + FRAME_HEADER_BYTES
      if (this.#filled - payloadStart < header.payloadBytes) break
      const payload = this.#buffer.slice(payloadStart, payloadStart + header.payloadBytes)
      frames.push({ kind: header.kind, stream: header.stream, end: header.end, payload })
      offset = payloadStart + header.payloadBytes
    }
    this.#drop(offset)
    return { frames, fault: null }
  }

  #readHeader(offset: number): Header | FrameFault {
    const view = new DataView(this.#buffer.buffer, offset, FRAME_HEADER_BYTES)
    const payloadBytes = view.getUint32(0, true)
    const kind = KIND_BY_TYPE.get(view.getUint8(4))
    const flags = view.getUint8(5)
    const stream = view.getUint32(8, true)
    const end = (flags & FLAG_END) !== 0
    if (payloadBytes > MAX_FRAME_PAYLOAD_BYTES) return 'frame.too-large'
    if (kind === undefined) return 'frame.unknown-type'
    if (!this.#accepts.includes(kind)) return 'frame.unexpected-type'
    if ((flags & ~FLAG_END) !== 0 || view.getUint16(6, true) !== 0) return 'frame.reserved-bits'
    if (stream === 0) return 'frame.stream-zero'
    if (kind === 'request' && !end) return 'frame.incomplete-request'
    if (kind === 'cancel' && payloadBytes !== 0) return 'frame.cancel-with-payload'
    return { kind, end, stream, payloadBytes }
  }

  #append(chunk: Uint8Array): void {
    const needed = this.#filled + chunk.length
    if (needed > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2))
      grown.set(this.#buffer.subarray(0, this.#filled))
      this.#buffer = grown
    }
    this.#buffer.set(chunk, this.#filled)
    this.#filled = needed
  }

  #drop(count: number): void {
    if (count === 0) return
    this.#buffer.copyWithin(0, count, this.#filled)
    this.#filled -= count
    // A large frame's buffer is not kept for the life of the connection.
    if (this.#filled === 0 && this.#buffer.length > 65_536) this.#buffer = new Uint8Array(256)
  }
}

/** Throws RangeError when the payload is over {@link MAX_FRAME_PAYLOAD_BYTES}: a caller's mistake, never the peer's. */
export function renderFrame(frame: Frame): Uint8Array {
  if (frame.payload.length > MAX_FRAME_PAYLOAD_BYTES) throw new RangeError('frame payload over its limit')
  const bytes = new Uint8Array(FRAME_HEADER_BYTES + frame.payload.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, frame.payload.length, true)
  view.setUint8(4, FRAME_TYPES[frame.kind])
  view.setUint8(5, frame.end ? FLAG_END : 0)
  view.setUint32(8, frame.stream, true)
  bytes.set(frame.payload, FRAME_HEADER_BYTES)
  return bytes
}

/** The payload of REQUEST, RESPONSE and ATTACH: `u32 headLength`, head, body. */
export function joinPayload(head: Uint8Array, body: Uint8Array): Uint8Array {
  const payload = new Uint8Array(4 + head.length + body.length)
  new DataView(payload.buffer).setUint32(0, head.length, true)
  payload.set(head, 4)
  payload.set(body, 4 + head.length)
  return payload
}

/** Null when the payload is shorter than it says. The parts share the payload's memory. */
export function splitPayload(payload: Uint8Array): { readonly head: Uint8Array; readonly body: Uint8Array } | null {
  if (payload.length < 4) return null
  const headBytes = new DataView(payload.buffer, payload.byteOffset, 4).getUint32(0, true)
  if (headBytes > payload.length - 4) return null
  return { head: payload.subarray(4, 4 + headBytes), body: payload.subarray(4 + headBytes) }
}
