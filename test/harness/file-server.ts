// A web server on this host's loopback with one file, which an appliance reaches as 10.0.2.2.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export class FileServer {
  readonly #server: Server
  /** The paths that were asked for, in order. */
  readonly asked: readonly string[]

  private constructor(server: Server, asked: readonly string[]) {
    this.#server = server
    this.asked = asked
  }

  /** Has it under any name, once it has said this often that it is not ready. */
  static async start(file: Buffer, refusals = 0): Promise<FileServer> {
    const asked: string[] = []
    const server = createServer(({ url = '' }, response) => {
      asked.push(url)
      if (asked.length <= refusals) response.writeHead(503, { 'content-length': 0 }).end()
      else response.writeHead(200, { 'content-length': file.length }).end(file)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new FileServer(server, asked)
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
