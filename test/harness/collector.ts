// A collector of logs: a TLS server that keeps the messages of RFC 5425 that it is sent. It can go away and come back on its port.
import type { AddressInfo } from 'node:net'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import { type Certificate, makeCertificate } from '../node/cli/certificate.ts'

export class Collector {
  readonly certificate: Certificate = makeCertificate()
  readonly messages: string[] = []
  port = 0
  #server: Server | null = null
  readonly #sockets = new Set<TLSSocket>()

  async start(): Promise<void> {
    const server = createServer({ key: this.certificate.key, cert: this.certificate.cert }, (socket) => this.#receive(socket))
    server.on('tlsClientError', () => {})
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve))
    this.port = (server.address() as AddressInfo).port
    this.#server = server
  }

  stop(): void {
    this.#server?.close()
    this.#server = null
    for (const socket of this.#sockets) socket.destroy()
  }

  /** The audit entries that came, each once, as the host exports them. */
  auditLines(): string[] {
    return [
      ...new Set(
        this.messages.filter((message) => message.includes(' corbel - audit [')).map((message) => message.split('\ufeff')[1] ?? ''),
      ),
    ]
  }

  #receive(socket: TLSSocket): void {
    this.#sockets.add(socket)
    let rest = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk])
      for (;;) {
        const space = rest.indexOf(0x20)
        const length = Number(rest.subarray(0, Math.max(0, space)).toString())
        if (space < 0 || rest.length < space + 1 + length) return
        this.messages.push(rest.subarray(space + 1, space + 1 + length).toString())
        rest = rest.subarray(space + 1 + length)
      }
    })
  }
}
