// A VM's serial port over the API's WebSocket: what the guest prints, and a way to type.

import { WebSocket } from 'ws'
import type { ApiClient } from './api-client.ts'
import { plainText } from './plain-text.ts'
import { PATIENCE_MS, until, within } from './wait.ts'

export class SerialSocket {
  readonly #socket: WebSocket
  readonly #listeners = new Set<(data: Buffer) => void>()
  #text = ''
  #closed = false

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data: Buffer) => {
      this.#text += data.toString('latin1')
      for (const listener of this.#listeners) listener(data)
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      this.#closed = true
    })
  }

  /** `credentials: 'subprotocol'` sends the token as a browser has to. */
  static async open(client: ApiClient, vmId: string, credentials: 'header' | 'subprotocol' = 'header'): Promise<SerialSocket> {
    const url = `wss://127.0.0.1:${client.port}/v1/vms/${vmId}/console/serial`
    const options = { rejectUnauthorized: false, headers: credentials === 'header' ? { authorization: `Bearer ${client.token}` } : {} }
    const protocols = credentials === 'header' ? ['corbel.serial'] : ['corbel.serial', `bearer.${client.token}`]
    const socket = new WebSocket(url, protocols, options)
    const opened = new Promise<void>((resolve, reject) => {
      socket.once('open', () => resolve())
      socket.once('error', reject)
    })
    const serial = new SerialSocket(socket)
    await within('WebSocket to the serial console', opened, PATIENCE_MS)
    return serial
  }

  get text(): string {
    return plainText(this.#text)
  }

  /** Nothing that was received so far is waited for any more; a port gives everyone what was printed before, by an earlier boot too. */
  forget(): void {
    this.#text = ''
  }

  get closed(): boolean {
    return this.#closed
  }

  onData(listener: (data: Buffer) => void): void {
    this.#listeners.add(listener)
  }

  send(text: string | Buffer): void {
    this.#socket.send(Buffer.from(text))
  }

  async waitFor(pattern: RegExp, timeoutMs: number, signal?: AbortSignal): Promise<RegExpExecArray> {
    const seen = () => JSON.stringify(this.text.slice(-400))
    return until(
      `${pattern} from the guest`,
      () => pattern.exec(this.text),
      signal === undefined ? { timeoutMs, seen } : { timeoutMs, seen, signal },
    )
  }

  close(): void {
    this.#socket.close()
  }
}
