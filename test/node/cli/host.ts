// A host for the command line: the API itself over fakes, behind HTTPS on the loopback. What the gateway does is played here.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { type WebSocket, WebSocketServer } from 'ws'
import type { ApiResponse } from '../../../control/src/api/message.ts'
import { Client, PASSWORD } from '../../fakes/world.ts'
import { type Certificate, makeCertificate } from './certificate.ts'

/** Takes a request away from the API by returning true. */
type Hook = (request: IncomingMessage, response: ServerResponse) => boolean

export class TestHost {
  readonly client: Client
  readonly certificate: Certificate
  readonly port: number
  /** `GET /v1/vms`, in the order in which they came. */
  readonly requests: string[] = []
  /** What came on all connections, before anything was made of it: nothing, where a client went away after the certificate. */
  bytesReceived = 0
  /** Tried before the API. */
  hook: Hook = () => false
  /** Given consoles that the API has agreed to. */
  onConsole: (socket: WebSocket, path: string) => void = () => {}
  readonly #server: Server
  readonly #sockets = new Set<Duplex>()

  private constructor(client: Client, certificate: Certificate, server: Server) {
    this.client = client
    this.certificate = certificate
    this.#server = server
    this.port = (server.address() as AddressInfo).port
    server.on('secureConnection', (socket) => {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => this.#sockets.delete(socket))
      socket.on('data', (data: Buffer) => {
        this.bytesReceived += data.length
      })
    })
    server.on('request', (request, response) => void this.#answer(request, response))
    server.on('checkContinue', (request, response) => {
      if (!this.#taken(request, response)) response.writeContinue()
    })
    server.on('upgrade', (request, socket, head) => void this.#upgrade(request, socket, head))
  }

  static async start(certificate = makeCertificate(), port = 0, client?: Client): Promise<TestHost> {
    const open = client ?? (await Client.open())
    const server = createServer({ key: certificate.key, cert: certificate.cert, requestCert: true, rejectUnauthorized: false })
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
    return new TestHost(open, certificate, server)
  }

  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  /** As a script has it: logged in by the environment. */
  get env(): Readonly<Record<string, string>> {
    return { CORBEL_HOST: this.address, CORBEL_FINGERPRINT: this.certificate.fingerprint, CORBEL_TOKEN: this.client.token ?? '' }
  }

  get password(): string {
    return PASSWORD
  }

  /** Cuts every connection. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  async stop(): Promise<void> {
    this.drop()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  #taken(request: IncomingMessage, response: ServerResponse): boolean {
    this.requests.push(`${request.method} ${request.url}`)
    return this.hook(request, response)
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#taken(request, response)) return
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const answer = await this.#ask(request, Buffer.concat(parts))
    response.writeHead(answer.status, answer.headers as Record<string, string>)
    if (answer.kind === 'complete') response.end(answer.body)
    else if (answer.kind === 'stream') {
      const stop = answer.subscribe(
        (text) => response.write(text),
        () => response.end(),
      )
      response.on('close', stop)
    } else response.end()
  }

  #ask(request: IncomingMessage, body: Uint8Array, upgrade?: 'websocket'): Promise<ApiResponse> {
    const [path = '', query = ''] = (request.url ?? '').split('?')
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
    const shown = (request.socket as TLSSocket).getPeerX509Certificate()?.fingerprint256.replaceAll(':', '').toLowerCase()
    const sent = {
      ...{ method: request.method ?? '', path, query, headers, remote: '127.0.0.1:1', body },
      ...(shown === undefined ? {} : { certificate: shown }),
    }
    return this.client.api.handle(upgrade === undefined ? sent : { ...sent, upgrade }, 'network')
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    this.requests.push(`${request.method} ${request.url}`)
    const answer = await this.#ask(request, new Uint8Array(), 'websocket')
    if (answer.kind === 'attach') {
      const server = new WebSocketServer({ noServer: true, handleProtocols: () => 'corbel.serial' })
      server.handleUpgrade(request, socket, head, (console) => this.onConsole(console, request.url ?? ''))
      return
    }
    const body = answer.kind === 'complete' ? answer.body : ''
    socket.end(`HTTP/1.1 ${answer.status} Refused\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`)
  }
}

/** An answer of a hook's own. */
export function answerJson(response: ServerResponse, status: number, document: unknown): true {
  const type = status < 400 ? 'application/json' : 'application/problem+json'
  response.writeHead(status, { 'content-type': type })
  response.end(JSON.stringify(document))
  return true
}
