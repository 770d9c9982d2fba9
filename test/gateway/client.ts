// HTTPS as a test wants to see it: whole requests by Node's client, and raw bytes over TLS where the form of a request matters.
import type { IncomingHttpHeaders } from 'node:http'
import { type Agent, request as httpsRequest } from 'node:https'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import { within } from '../harness/wait.ts'

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  text: string
}

export interface RequestOptions {
  method?: string
  headers?: Record<string, string | string[]>
  body?: string | Buffer
  agent?: Agent
}

export function fetchFrom(port: number, path: string, options: RequestOptions = {}): Promise<Answer> {
  const answer = new Promise<Answer>((resolve, reject) => {
    const { method = 'GET', body, agent } = options
    // Node frames a body by itself only with some methods.
    const headers = body === undefined ? options.headers : { 'content-length': `${Buffer.byteLength(body)}`, ...options.headers }
    const request = httpsRequest(
      { host: '127.0.0.1', port, path, method, headers: headers ?? {}, agent: agent ?? false, rejectUnauthorized: false },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text: Buffer.concat(chunks).toString() })
        })
        response.on('error', reject)
      },
    )
    request.on('error', reject)
    request.end(body)
  })
  return within(`answer to ${path}`, answer, 20_000)
}

export interface RawConnection {
  readonly socket: TLSSocket
  readonly received: () => string
  readonly closed: Promise<void>
}

export function connectRaw(port: number, options: ConnectionOptions = {}): Promise<RawConnection> {
  const connected = new Promise<RawConnection>((resolve, reject) => {
    const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options })
    let received = ''
    const closed = new Promise<void>((done) => socket.once('close', () => done()))
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1')
    })
    socket.once('error', reject)
    socket.once('secureConnect', () => {
      socket.on('error', () => undefined) // resets are seen as a close
      resolve({ socket, received: () => received, closed })
    })
  })
  return within('TLS connection', connected, 20_000)
}

/** Sends bytes over a fresh connection and gives all that comes back until the server closes. */
export async function exchange(port: number, bytes: string | Buffer): Promise<string> {
  const connection = await connectRaw(port)
  connection.socket.write(bytes)
  await within('end of the connection', connection.closed, 25_000)
  return connection.received()
}

/** The problem's code in an answer with a problem body. */
export const problemCode = (text: string): string | undefined => text.match(/"code":"([^"]+)"/)?.[1]
export const statusOf = (text: string): number => Number(text.match(/^HTTP\/1\.1 (\d+)/)?.[1])
