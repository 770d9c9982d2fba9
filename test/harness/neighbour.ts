// A machine next to the appliance, made of Ethernet frames: asks for its MAC address and knocks on every TCP port.
import { connect, type Socket } from 'node:net'
import { until } from './wait.ts'

const ownMac = Buffer.from('5254000000aa', 'hex')
const ownAddress = Buffer.from([10, 0, 2, 99])
const syn = 0x02
const ack = 0x10
const scanSourcePort = 40_000
/** Frames that an adapter's queue takes at once without losing one. */
const groupSize = 128

/** One's complement sum of 16-bit words. @source RFC 1071 */
function checksum(...parts: readonly Buffer[]): number {
  const data = Buffer.concat(parts)
  let sum = 0
  for (let at = 0; at + 1 < data.length; at += 2) sum += data.readUInt16BE(at)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}

/** @source RFC 826 */
function arpFrame(operation: 1 | 2, targetMac: Buffer, targetAddress: Buffer): Buffer {
  const header = Buffer.from([0, 1, 8, 0, 6, 4, 0, operation])
  const destination = operation === 1 ? Buffer.alloc(6, 0xff) : targetMac
  return Buffer.concat([destination, ownMac, Buffer.from([8, 6]), header, ownMac, ownAddress, targetMac, targetAddress])
}

/** @source RFC 791, RFC 9293 */
function synFrame(mac: Buffer, address: Buffer, port: number, sourcePort: number): Buffer {
  const tcp = Buffer.alloc(20)
  tcp.writeUInt16BE(sourcePort, 0)
  tcp.writeUInt16BE(port, 2)
  tcp.writeUInt32BE(port * 65_537, 4)
  tcp.writeUInt8(5 << 4, 12)
  tcp.writeUInt8(syn, 13)
  tcp.writeUInt16BE(1024, 14)
  tcp.writeUInt16BE(checksum(ownAddress, address, Buffer.from([0, 6, 0, tcp.length]), tcp), 16)
  const ip = Buffer.alloc(20)
  ip.writeUInt8(0x45, 0)
  ip.writeUInt16BE(40, 2)
  ip.writeUInt8(64, 8)
  ip.writeUInt8(6, 9)
  ownAddress.copy(ip, 12)
  address.copy(ip, 16)
  ip.writeUInt16BE(checksum(ip), 10)
  return Buffer.concat([mac, ownMac, Buffer.from([8, 0]), ip, tcp])
}

export interface ScanResult {
  readonly open: readonly number[]
  readonly refused: number
  readonly silent: number
}

export class Neighbour {
  readonly #socket: Socket
  readonly #open = new Set<number>()
  readonly #refused = new Set<number>()
  /** Own source ports that got a connection offered. */
  readonly #answered = new Set<number>()
  #received = Buffer.alloc(0)
  #mac: Buffer | null = null

  constructor(path: string) {
    this.#socket = connect(path)
    this.#socket.on('error', () => {})
    this.#socket.on('data', (data: Buffer) => this.#receive(data))
  }

  /**
   * Knocks on all of `ports` at `address`. After each group it knocks on `control`, which is open, and goes on when that has been
   * answered: then the group has been dealt with, and silence means that a port is closed and not that a frame was lost.
   */
  async scan(address: string, ports: readonly number[], control: number): Promise<ScanResult> {
    const target = Buffer.from(address.split('.').map(Number))
    const mac = await until(
      `MAC address of ${address}`,
      () => {
        this.#send(arpFrame(1, Buffer.alloc(6), target))
        return this.#mac
      },
      { timeoutMs: 10_000, intervalMs: 500 },
    )
    for (let at = 0; at < ports.length; at += groupSize) {
      for (const port of ports.slice(at, at + groupSize)) this.#send(synFrame(mac, target, port, scanSourcePort))
      await this.#knockUntilAnswered(mac, target, control, scanSourcePort + 1 + at / groupSize)
    }
    const open = [...this.#open].sort((a, b) => a - b)
    return { open, refused: this.#refused.size, silent: ports.length - open.length - this.#refused.size }
  }

  async #knockUntilAnswered(mac: Buffer, target: Buffer, port: number, sourcePort: number): Promise<void> {
    const look = () => {
      if (this.#answered.has(sourcePort)) return true
      this.#send(synFrame(mac, target, port, sourcePort))
      return false
    }
    await until(`answer of the port ${port}`, look, { timeoutMs: 20_000, intervalMs: 20 })
  }

  close(): void {
    this.#socket.destroy()
  }

  /** QEMU's stream netdev: each frame is preceded by its length. */
  #send(frame: Buffer): void {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(frame.length)
    this.#socket.write(Buffer.concat([length, frame]))
  }

  #receive(data: Buffer): void {
    this.#received = Buffer.concat([this.#received, data])
    while (this.#received.length >= 4) {
      const length = this.#received.readUInt32BE(0)
      if (this.#received.length < 4 + length) return
      this.#frame(this.#received.subarray(4, 4 + length))
      this.#received = this.#received.subarray(4 + length)
    }
  }

  #frame(frame: Buffer): void {
    const type = frame.readUInt16BE(12)
    const fromTarget = this.#mac?.equals(frame.subarray(6, 12)) === true
    if (type === 0x0806) this.#arp(frame.subarray(14))
    else if (type === 0x0800 && fromTarget && frame.readUInt8(23) === 6 && frame.subarray(30, 34).equals(ownAddress))
      this.#tcp(frame.subarray(14))
  }

  #arp(packet: Buffer): void {
    const [operation, senderMac, senderAddress] = [packet.readUInt16BE(6), packet.subarray(8, 14), packet.subarray(14, 18)]
    if (!packet.subarray(24, 28).equals(ownAddress)) return
    if (operation === 1) this.#send(arpFrame(2, Buffer.from(senderMac), Buffer.from(senderAddress)))
    else this.#mac = Buffer.from(senderMac)
  }

  #tcp(packet: Buffer): void {
    const tcp = packet.subarray((packet.readUInt8(0) & 15) * 4)
    const [port, ownPort, flags] = [tcp.readUInt16BE(0), tcp.readUInt16BE(2), tcp.readUInt8(13)]
    if ((flags & (syn | ack)) === (syn | ack)) {
      this.#answered.add(ownPort)
      if (ownPort === scanSourcePort) this.#open.add(port)
    } else if ((flags & 4) !== 0) this.#refused.add(port)
  }
}
