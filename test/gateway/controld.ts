// A controld that says what a test tells it to; speaks frames over a unix socket, and breaks their rules on request.
import { chmodSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'

export const frameTypes = { request: 1, response: 2, data: 3, cancel: 4, attach: 5, settings: 7 } as const

export interface RequestHead {
  method: string
  path: string
  query: string
  headers: Record<string, string>
  remote: string
  connectedMs?: number
  certificate?: string
  upgrade?: string
}

export interface ControlRequest {
  readonly stream: number
  readonly head: RequestHead
  readonly body: Buffer
  /** Resolves when the gateway cancels this stream. */
  readonly cancelled: Promise<void>
  respond(status: number, headers?: Record<string, string>, body?: string | Buffer): void
  /** A RESPONSE without END; `data` follows. */
  begin(status: number, headers?: Record<string, string>, body?: string | Buffer): void
  data(bytes: string | Buffer, end?: boolean): void
  /** Bytes as they are. */
  raw(bytes: Buffer): void
  /** Closes the whole connection. */
  hangUp(): void
}

export function frame(type: number, stream: number, payload: Buffer, flags = 1): Buffer {
  const header = Buffer.alloc(12)
  header.writeUInt32LE(payload.length, 0)
  header.writeUInt8(type, 4)
  header.writeUInt8(flags, 5)
  header.writeUInt32LE(stream, 8)
  return Buffer.concat([header, payload])
}

export function responsePayload(head: unknown, body: string | Buffer = ''): Buffer {
  const text = Buffer.from(typeof head === 'string' ? head : JSON.stringify(head))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(text.length, 0)
  return Buffer.concat([length, text, Buffer.from(body)])
}

export interface Controld {
  readonly requests: ControlRequest[]
  readonly connections: () => number
  handler: (request: ControlRequest) => void
  /** A SETTINGS frame, to whoever is connected. */
  tell(settings: number): void
  stop(): Promise<void>
}

function serve(socket: Socket, controld: Controld): void {
  let input: Buffer = Buffer.alloc(0)
  const cancels = new Map<number, () => void>()
  const handle = (type: number, stream: number, payload: Buffer) => {
    if (type === frameTypes.cancel) {
      cancels.get(stream)?.()
      return
    }
    const headLength = payload.readUInt32LE(0)
    const request: ControlRequest = {
      stream,
      head: JSON.parse(payload.subarray(4, 4 + headLength).toString()) as RequestHead,
      body: payload.subarray(4 + headLength),
      cancelled: new Promise((resolve) => cancels.set(stream, resolve)),
      respond: (status, headers = {}, body = '') =>
        socket.write(frame(frameTypes.response, stream, responsePayload({ status, headers }, body))),
      begin: (status, headers = {}, body = '') =>
        socket.write(frame(frameTypes.response, stream, responsePayload({ status, headers }, body), 0)),
      data: (bytes, end = false) => socket.write(frame(frameTypes.data, stream, Buffer.from(bytes), end ? 1 : 0)),
      raw: (bytes) => socket.write(bytes),
      hangUp: () => socket.destroy(),
    }
    controld.requests.push(request)
    controld.handler(request)
  }
  socket.on('data', (chunk) => {
    input = Buffer.concat([input, chunk])
    while (input.length >= 12) {
      const length = input.readUInt32LE(0)
      if (input.length < 12 + length) return
      handle(input.readUInt8(4), input.readUInt32LE(8), input.subarray(12, 12 + length))
      input = input.subarray(12 + length)
    }
  })
  socket.on('error', () => socket.destroy())
}

export async function startControld(path: string, handler: (request: ControlRequest) => void): Promise<Controld> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    serve(socket, controld)
  })
  const controld: Controld = {
    requests: [],
    connections: () => sockets.size,
    handler,
    tell: (settings) => {
      for (const socket of sockets) socket.write(frame(frameTypes.settings, 0, Buffer.from([settings])))
    },
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
  rmSync(path, { force: true })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  chmodSync(path, 0o666)
  return controld
}
