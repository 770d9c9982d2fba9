// Keeps an emulated machine awake: datagrams that nobody there listens for, each of which interrupts its processor.
import { createSocket, type Socket } from 'node:dgram'

export class Nudge {
  /** Of this host's loopback: QEMU hands on what comes there. */
  readonly port: number
  readonly #socket: Socket
  #timer: NodeJS.Timeout | undefined

  private constructor(port: number, socket: Socket) {
    this.port = port
    this.#socket = socket
  }

  /** With a port that nothing listens on now. QEMU takes it at once, so the gap is short. */
  static async prepare(): Promise<Nudge> {
    const taken = await bound()
    const { port } = taken.address()
    await new Promise<void>((resolve) => taken.close(() => resolve()))
    return new Nudge(port, await bound())
  }

  start(everyMs: number): void {
    this.#timer = setInterval(() => this.#socket.send('.', this.port, '127.0.0.1'), everyMs)
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#socket.close()
  }
}

/** A socket that keeps no process from ending, and does not mind that nobody listens yet. */
async function bound(): Promise<Socket> {
  const socket = createSocket('udp4')
  socket.on('error', () => {})
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  return socket.unref()
}
