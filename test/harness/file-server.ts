// A web server on this host's loopback with one file, which an appliance reaches as 10.0.2.2.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export class FileServer {
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  /** Has it under any name. */
  static async start(file: Buffer): Promise<FileServer> {
    const server = createServer((_request, response) => response.writeHead(200, { 'content-length': file.length }).end(file))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new FileServer(server)
  }

  /** As the appliance calls it. */
  url(name: string): string {
    return `http://10.0.2.2:${(this.#server.address() as AddressInfo).port}/${name}`
  }

  stop(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}
