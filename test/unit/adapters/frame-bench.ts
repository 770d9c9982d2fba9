// A connection of the control socket with both ends in a test's hands.
import { type FrameAnswer, type FrameChannel, FrameConnection, type FrameRequest } from '../../../control/src/adapters/frame-connection.ts'
import { FRAMES_TO_CLIENT, type Frame, FrameDecoder, joinPayload, renderFrame, splitPayload } from '../../../control/src/codec/frame.ts'

/** Enough for what the tests say: ASCII. */
export const encode = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0))
export const decode = (bytes: Uint8Array) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')

/** The client's end, the handler's side, and all that native code would do. */
export class Bench implements FrameChannel {
  readonly sent: Frame[] = []
  readonly passed: number[] = []
  readonly closedDescriptors: number[] = []
  readonly requests: FrameRequest[] = []
  readonly log: string[] = []
  queuedBytes = 0
  paused = false
  closed = false
  readonly connection: FrameConnection
  readonly #decoder = new FrameDecoder(FRAMES_TO_CLIENT)

  constructor(answer: (request: FrameRequest) => Promise<FrameAnswer> | FrameAnswer) {
    const handler = async (request: FrameRequest) => {
      this.requests.push(request)
      return answer(request)
    }
    this.connection = new FrameConnection(this, 'network', handler, {
      encodeUtf8: encode,
      decodeUtf8: decode,
      closeDescriptor: (descriptor) => this.closedDescriptors.push(descriptor),
      log: (_severity, text) => this.log.push(text),
    })
  }

  write(bytes: Uint8Array, descriptors: number[] = []): void {
    this.sent.push(...this.#decoder.push(bytes).frames)
    this.passed.push(...descriptors)
  }
  pause(): void {
    this.paused = true
  }
  resume(): void {
    this.paused = false
  }
  close(): void {
    this.closed = true
    this.connection.ended()
  }

  request(stream: number, extra: object = {}, body = ''): void {
    const head = { method: 'GET', path: '/v1/vms', query: '', headers: {}, remote: '10.0.2.2:1', ...extra }
    const payload = joinPayload(encode(JSON.stringify(head)), encode(body))
    this.connection.receive(renderFrame({ kind: 'request', stream, end: true, payload }))
  }
  cancel(stream: number): void {
    this.connection.receive(renderFrame({ kind: 'cancel', stream, end: false, payload: new Uint8Array(0) }))
  }
  /** Kind, stream, END and text of everything sent, bodies only for answers with a head. */
  get seen(): unknown[] {
    return this.sent.map(({ kind, stream, end, payload }) => {
      const parts = kind === 'data' ? null : splitPayload(payload)
      return [kind, stream, end, decode(parts === null ? payload : parts.body)]
    })
  }
}

export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

export const complete = (body: string): FrameAnswer => ({ kind: 'complete', status: 200, headers: {}, body })
