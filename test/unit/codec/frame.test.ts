// Frames survive any way of cutting the byte stream, and every breach of the format is named.
import { describe, expect, it } from 'vitest'
import {
  FRAMES_TO_CLIENT,
  FRAMES_TO_CONTROLD,
  type Frame,
  FrameDecoder,
  joinPayload,
  MAX_FRAME_PAYLOAD_BYTES,
  renderFrame,
  splitPayload,
} from '../../../control/src/codec/frame.ts'

function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values)
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}

/** A small linear congruential generator, so that a failing cut can be repeated. */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

function plain(frame: Frame): unknown {
  return { ...frame, payload: Array.from(frame.payload) }
}

function header(fields: { length?: number; type?: number; flags?: number; reserved?: number; stream?: number }): Uint8Array {
  const raw = new Uint8Array(12)
  const view = new DataView(raw.buffer)
  view.setUint32(0, fields.length ?? 0, true)
  view.setUint8(4, fields.type ?? 1)
  view.setUint8(5, fields.flags ?? 1)
  view.setUint16(6, fields.reserved ?? 0, true)
  view.setUint32(8, fields.stream ?? 1, true)
  return raw
}

describe('frame layout', () => {
  it('is a little-endian header of twelve bytes and the payload', () => {
    const rendered = renderFrame({ kind: 'response', stream: 0x01020304, end: true, payload: bytes(9, 8) })
    expect(Array.from(rendered)).toEqual([2, 0, 0, 0, 2, 1, 0, 0, 4, 3, 2, 1, 9, 8])
  })

  it('refuses to render a payload over the limit', () => {
    const payload = new Uint8Array(MAX_FRAME_PAYLOAD_BYTES + 1)
    expect(() => renderFrame({ kind: 'data', stream: 1, end: false, payload })).toThrow('limit')
  })
})

describe('decoding', () => {
  const sent: Frame[] = [
    { kind: 'response', stream: 1, end: false, payload: joinPayload(bytes(123, 125), bytes(1, 2, 3)) },
    { kind: 'data', stream: 1, end: false, payload: new Uint8Array(700).fill(7) },
    { kind: 'attach', stream: 4_294_967_295, end: true, payload: joinPayload(bytes(123, 125), bytes()) },
    { kind: 'data', stream: 1, end: true, payload: bytes() },
  ]
  const stream = concatenate(sent.map(renderFrame))

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('gives the same frames however the stream is cut (seed %i)', (seed) => {
    const next = numbers(seed)
    const decoder = new FrameDecoder(FRAMES_TO_CLIENT)
    const received: Frame[] = []
    for (let offset = 0; offset < stream.length; ) {
      const size = Math.floor(next() ** 3 * 200)
      const decoded = decoder.push(stream.subarray(offset, offset + size))
      expect(decoded.fault).toBeNull()
      received.push(...decoded.frames)
      offset += size
    }
    expect(received.map(plain)).toEqual(sent.map(plain))
  })

  it('gives frames byte by byte and all at once alike', () => {
    const decoder = new FrameDecoder(FRAMES_TO_CLIENT)
    const received = Array.from(stream, (byte) => decoder.push(bytes(byte)).frames).flat()
    expect(received.map(plain)).toEqual(sent.map(plain))
    expect(new FrameDecoder(FRAMES_TO_CLIENT).push(stream).frames.map(plain)).toEqual(sent.map(plain))
  })

  it('takes a payload of exactly the limit', () => {
    const frame: Frame = { kind: 'data', stream: 3, end: false, payload: new Uint8Array(MAX_FRAME_PAYLOAD_BYTES) }
    const { frames, fault } = new FrameDecoder(FRAMES_TO_CLIENT).push(renderFrame(frame))
    expect(fault).toBeNull()
    expect(frames[0]?.payload.length).toBe(MAX_FRAME_PAYLOAD_BYTES)
  })

  it('gives payloads that later chunks do not change', () => {
    const decoder = new FrameDecoder(FRAMES_TO_CLIENT)
    const [first] = decoder.push(renderFrame({ kind: 'data', stream: 1, end: false, payload: bytes(1, 2, 3) })).frames
    decoder.push(renderFrame({ kind: 'data', stream: 1, end: false, payload: bytes(9, 9, 9) }))
    expect(Array.from(first?.payload ?? [])).toEqual([1, 2, 3])
  })
})

describe('faults', () => {
  it.each([
    ['frame.too-large', header({ length: MAX_FRAME_PAYLOAD_BYTES + 1 })],
    ['frame.too-large', header({ length: 0xffffffff })],
    ['frame.unknown-type', header({ type: 0 })],
    ['frame.unknown-type', header({ type: 8 })],
    ['frame.unexpected-type', header({ type: 2 })],
    ['frame.reserved-bits', header({ flags: 3 })],
    ['frame.reserved-bits', header({ reserved: 256 })],
    ['frame.stream-zero', header({ stream: 0 })],
    ['frame.incomplete-request', header({ flags: 0 })],
    ['frame.cancel-with-payload', header({ type: 4, length: 1 })],
  ])('%s is told from the header alone', (fault, raw) => {
    expect(new FrameDecoder(FRAMES_TO_CONTROLD).push(raw)).toEqual({ frames: [], fault })
  })

  it('come after the frames before them and stay', () => {
    const decoder = new FrameDecoder(FRAMES_TO_CONTROLD)
    const good = renderFrame({ kind: 'request', stream: 1, end: true, payload: bytes(5) })
    const decoded = decoder.push(concatenate([good, header({ type: 99 }), good]))
    expect(decoded.frames).toHaveLength(1)
    expect(decoded.fault).toBe('frame.unknown-type')
    expect(decoder.push(good)).toEqual({ frames: [], fault: 'frame.unknown-type' })
  })
})

describe('payloads with a head', () => {
  it('split into what was joined', () => {
    const parts = splitPayload(joinPayload(bytes(1, 2), bytes(3)))
    expect(Array.from(parts?.head ?? [])).toEqual([1, 2])
    expect(Array.from(parts?.body ?? [])).toEqual([3])
  })

  it.each([
    ['no length', bytes(1, 0, 0)],
    ['a head longer than the payload', bytes(3, 0, 0, 0, 1, 2)],
    ['a length near 2^32', bytes(255, 255, 255, 255, 1)],
  ])('are refused with %s', (_name, payload) => {
    expect(splitPayload(payload)).toBeNull()
  })
})
