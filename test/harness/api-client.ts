// A client of the appliance's API as an administrator's program would be: HTTPS with the certificate pinned, a session token, JSON.
import type { ClientRequest } from 'node:http'
import { Agent, type RequestOptions, request } from 'node:https'
import { connect, type TLSSocket } from 'node:tls'
import { PATIENCE_MS, within } from './wait.ts'

export interface ApiAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly bytes: Buffer
  readonly text: string
  /** The body, parsed; null when it is empty or not JSON. */
  readonly json: unknown
}

export interface ApiRequest {
  readonly body?: unknown
  /** Sent as they are, instead of `body`. */
  readonly rawBody?: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
  /** Whose connections are used; its certificate is checked all the same. */
  readonly agent?: Agent
}

/** An answer that was not the expected one. */
class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly answer: ApiAnswer
  constructor(what: string, answer: ApiAnswer) {
    super(`${what}: ${answer.status} ${answer.text.slice(0, 2000)}`)
    this.answer = answer
  }
}

export class ApiClient {
  readonly port: number
  /** SHA-256 of the certificate as AA:BB:…; null until the first connection, which is then trusted for good. */
  fingerprint: string | null
  token: string | null = null
  readonly #agent: Agent

  constructor(port: number, fingerprint: string | null = null, connections = 8) {
    this.port = port
    this.fingerprint = fingerprint
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections })
  }

  /** Any answer, whatever its status. */
  async request(method: string, path: string, options: ApiRequest = {}): Promise<ApiAnswer> {
    const body = options.rawBody ?? (options.body === undefined ? undefined : JSON.stringify(options.body))
    const headers: Record<string, string> = { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...options.headers }
    if (body !== undefined) headers['content-length'] = String(Buffer.byteLength(body))
    if (this.token !== null && headers.authorization === undefined) headers.authorization = `Bearer ${this.token}`
    const timeoutMs = options.timeoutMs ?? PATIENCE_MS
    let sent: ClientRequest | undefined
    const answer = new Promise<ApiAnswer>((resolve, reject) => {
      sent = this.open({ method, path, headers, ...(options.agent === undefined ? {} : { agent: options.agent }) }, reject)
      sent.on('response', (response) => {
        const parts: Buffer[] = []
        response.on('data', (part: Buffer) => parts.push(part))
        response.on('error', reject)
        response.on('end', () => {
          const bytes = Buffer.concat(parts)
          const text = bytes.toString()
          resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes, text, json: parse(text) })
        })
      })
      sent.end(body)
    })
    try {
      return await within(`answer to ${method} ${path}`, answer, timeoutMs)
    } finally {
      sent?.removeAllListeners('error').on('error', () => {})
      if (sent?.writableFinished === false) sent.destroy()
    }
  }

  /** The JSON of a 2xx answer; throws {@link ApiError} for any other. */
  async call<T>(method: string, path: string, options: ApiRequest = {}): Promise<T> {
    const answer = await this.request(method, path, options)
    if (answer.status < 200 || answer.status > 299) throw new ApiError(`${method} ${path}`, answer)
    return answer.json as T
  }

  async login(password: string, username = 'administrator'): Promise<void> {
    // One that is no longer valid would be refused.
    this.token = null
    const { token } = await this.call<{ token: string }>('POST', '/v1/login', { body: { username, password } })
    this.token = token
  }

  /** A request whose body and answer the caller handles; its connection is checked against the pinned certificate. */
  open(options: RequestOptions, onError: (error: Error) => void): ClientRequest {
    const sent = request({ host: '127.0.0.1', port: this.port, agent: this.#agent, rejectUnauthorized: false, ...options })
    sent.on('error', onError)
    sent.on('socket', (socket) => {
      const check = () => this.#check(socket as TLSSocket, (error) => sent.destroy(error))
      // A kept connection has its certificate already, a new one when TLS is up.
      if ((socket as TLSSocket).getPeerCertificate().fingerprint256 === undefined) socket.once('secureConnect', check)
      else check()
    })
    return sent
  }

  /** A bare TLS connection, for what no HTTP library would send. */
  async rawConnection(): Promise<TLSSocket> {
    const socket = connect({ host: '127.0.0.1', port: this.port, rejectUnauthorized: false })
    socket.on('error', () => {})
    await within(
      'TLS connection',
      new Promise<void>((resolve, reject) => {
        socket.once('secureConnect', resolve)
        socket.once('close', () => reject(new Error('connection closed before TLS was up')))
      }),
      PATIENCE_MS,
    )
    this.#check(socket, (error) => {
      throw error
    })
    return socket
  }

  close(): void {
    this.#agent.destroy()
  }

  #check(socket: TLSSocket, fail: (error: Error) => void): void {
    const seen = socket.getPeerCertificate().fingerprint256
    if (seen !== undefined) this.fingerprint ??= seen
    if (seen === undefined || seen !== this.fingerprint) fail(new Error(`the certificate is ${seen}, expected ${this.fingerprint}`))
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
