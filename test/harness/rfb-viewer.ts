// A viewer of a VM's screen over the API's WebSocket: as much of the RFB protocol as it takes to be shown a picture. @source RFC 6143
import { WebSocket } from 'ws'
import type { ApiClient } from './api-client.ts'
import { until, within } from './wait.ts'

const TIMEOUT_MS = 60_000

export class RfbViewer {
  readonly #socket: WebSocket
  #received = Buffer.alloc(0)
  #bytesPerPixel = 4
  width = 0
  height = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data: Buffer) => {
      this.#received = Buffer.concat([this.#received, data])
    })
  }

  /** Connects to `path` without any credentials but what is in it; rejects with the status where it is refused. */
  static async open(client: ApiClient, path: string): Promise<RfbViewer> {
    const socket = new WebSocket(`wss://127.0.0.1:${client.port}${path}`, { rejectUnauthorized: false })
    const viewer = new RfbViewer(socket)
    const opened = new Promise<void>((resolve, reject) => {
      socket.once('open', () => resolve())
      socket.once('unexpected-response', (_request, response) => reject(new Error(`refused with ${response.statusCode}`)))
      socket.once('error', reject)
    })
    await within('WebSocket to the screen', opened, TIMEOUT_MS)
    await viewer.#shakeHands()
    return viewer
  }

  /** Asks for the whole screen and waits for it; how many of its pixels are not black. */
  async litPixels(): Promise<number> {
    const request = Buffer.from([3, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    request.writeUInt16BE(this.width, 6)
    request.writeUInt16BE(this.height, 8)
    this.#socket.send(request)
    const head = await this.#take(4)
    if (head[0] !== 0) throw new Error(`no update but message ${head[0]}`)
    let lit = 0
    for (let left = head.readUInt16BE(2); left > 0; left--) {
      const rectangle = await this.#take(12)
      // Without having named encodings a viewer is sent the only one that all have.
      if (rectangle.readInt32BE(8) !== 0) throw new Error(`not raw but encoding ${rectangle.readInt32BE(8)}`)
      const pixels = await this.#take(rectangle.readUInt16BE(4) * rectangle.readUInt16BE(6) * this.#bytesPerPixel)
      for (let offset = 0; offset < pixels.length; offset += this.#bytesPerPixel)
        if (pixels.readUIntBE(offset, this.#bytesPerPixel) !== 0) lit++
    }
    return lit
  }

  close(): void {
    this.#socket.close()
  }

  async #shakeHands(): Promise<void> {
    const version = await this.#take(12)
    if (version.toString('latin1') !== 'RFB 003.008\n') throw new Error(`not RFB 3.8: ${version.toString('latin1')}`)
    this.#socket.send(version)
    const [count = 0] = await this.#take(1)
    const types = await this.#take(count)
    if (!types.includes(1)) throw new Error('the server wants a password')
    this.#socket.send(Buffer.from([1]))
    const result = await this.#take(4)
    if (result.readUInt32BE(0) !== 0) throw new Error('not let in')
    // Shared with others.
    this.#socket.send(Buffer.from([1]))
    const init = await this.#take(24)
    this.width = init.readUInt16BE(0)
    this.height = init.readUInt16BE(2)
    this.#bytesPerPixel = init.readUInt8(4) / 8
    await this.#take(init.readUInt32BE(20))
  }

  async #take(count: number): Promise<Buffer> {
    await until(`${count} bytes of RFB`, () => this.#received.length >= count || null, { timeoutMs: TIMEOUT_MS })
    const taken = this.#received.subarray(0, count)
    this.#received = this.#received.subarray(count)
    return taken
  }
}
