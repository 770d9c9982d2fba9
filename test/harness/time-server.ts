// A time server on this host's loopback, which an appliance reaches as 10.0.2.2: a fixed clock's offset, and how often it was asked.
import { createSocket, type Socket } from 'node:dgram'

/** From 1900 to 1970, in seconds. @source RFC 5905, section 6 */
const EPOCH = 2_208_988_800
const NTP_PORT = 123

export class TimeServer {
  asked = 0
  readonly #socket: Socket

  private constructor(socket: Socket) {
    this.#socket = socket
  }

  /** Its clock is `aheadSeconds` ahead of this host's. */
  static async start(aheadSeconds: number): Promise<TimeServer> {
    const socket = createSocket('udp4')
    const server = new TimeServer(socket)
    socket.on('message', (request, { port, address }) => {
      server.asked++
      socket.send(answer(request, Date.now() / 1000 + aheadSeconds), port, address)
    })
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject)
      socket.bind(NTP_PORT, '127.0.0.1', resolve)
    })
    return server
  }

  stop(): void {
    this.#socket.close()
  }
}

function answer(request: Buffer, now: number): Buffer {
  const packet = Buffer.alloc(48)
  const time = (at: number) => {
    packet.writeUInt32BE(Math.floor(now) + EPOCH, at)
    packet.writeUInt32BE(Math.floor((now % 1) * 2 ** 32), at + 4)
  }
  // No leap second, version 4, server; stratum 1, a poll of 64 s, a precision of a microsecond.
  packet.set([0x24, 1, 6, 0xec])
  packet.write('TEST', 12, 'latin1')
  time(16)
  request.copy(packet, 24, 40, 48)
  time(32)
  time(40)
  return packet
}
