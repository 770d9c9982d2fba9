// Requests to one host, with the session's token, over connections whose certificate has been checked.
import type { ClientRequest, RequestOptions } from 'node:http'
import { request } from 'node:https'
import { type Address, renderAddress } from './address.ts'
import { type Answer, documentOf, failureOf, readAnswer, succeeded } from './answer.ts'
import { type ClientCertificate, PinnedAgent } from './pinned-agent.ts'
import { unreachable } from './unreachable.ts'

export interface Target {
  readonly address: Address
  readonly fingerprint: string
  /** Null before the log-in. */
  readonly token: string | null
  /** Shown on every connection; without a token it says who asks. */
  readonly clientCertificate?: ClientCertificate
}

export interface RequestBody {
  /** A document, sent as JSON. */
  readonly json?: unknown
  readonly mediaType?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
}

/** A little longer than the gateway waits for its control daemon. */
const ANSWER_TIMEOUT_MS = 65_000

export class Client {
  readonly target: Target
  readonly agent: PinnedAgent
  readonly #interrupted: AbortSignal

  constructor(target: Target, interrupted: AbortSignal) {
    this.target = target
    this.agent = new PinnedAgent(target.address, target.fingerprint, target.clientCertificate)
    this.#interrupted = interrupted
  }

  /** The document of a 2xx answer, undefined where it has none; throws a Failure for any other. */
  async call<T>(method: string, path: string, body: RequestBody = {}): Promise<T> {
    return documentOf(await this.request(method, path, body)) as T
  }

  /** A 2xx answer; throws a Failure for any other. */
  async request(method: string, path: string, body: RequestBody = {}): Promise<Answer> {
    const answer = await this.ask(method, path, body)
    if (!succeeded(answer)) throw failureOf(answer)
    return answer
  }

  /** Any answer, whatever its status. */
  ask(
    method: string,
    path: string,
    { json, mediaType = 'application/json', headers = {}, timeoutMs = ANSWER_TIMEOUT_MS }: RequestBody,
  ): Promise<Answer> {
    const text = json === undefined ? null : JSON.stringify(json)
    const about: Record<string, string | number> =
      text === null ? {} : { 'content-type': mediaType, 'content-length': Buffer.byteLength(text) }
    return new Promise((resolve, reject) => {
      const sent = this.open({ method, path, headers: { ...about, ...headers }, timeout: timeoutMs }, reject)
      sent.on('timeout', () => sent.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)))
      sent.on('response', (response) => readAnswer(response).then(resolve, (error: Error) => reject(this.#reason(error))))
      sent.end(text ?? undefined)
    })
  }

  /** A request whose body and answer the caller handles; `failed` is told everything in the way of one as a Failure, or the reason of an interruption. */
  open(options: RequestOptions, failed: (error: Error) => void): ClientRequest {
    const { address } = this.target
    const authorization = this.#authorization()
    const headers = {
      host: renderAddress(address),
      'user-agent': 'corbel',
      ...authorization,
      ...(options.headers as Record<string, string>),
    }
    const sent = request({ ...options, agent: this.agent, host: address.host, port: address.port, headers, signal: this.#interrupted })
    sent.on('error', (error) => failed(this.#reason(error)))
    return sent
  }

  #authorization(): { authorization?: string } {
    const { token, clientCertificate } = this.target
    if (token !== null) return { authorization: `Bearer ${token}` }
    return clientCertificate === undefined ? {} : { authorization: 'Certificate' }
  }

  get interrupted(): AbortSignal {
    return this.#interrupted
  }

  close(): void {
    this.agent.destroy()
  }

  #reason(error: Error): Error {
    return this.#interrupted.aborted ? error : unreachable(this.target.address, error)
  }
}
