// A reader of server-sent events from the appliance.
import type { ApiClient } from './api-client.ts'
import { until } from './wait.ts'

export interface ApiEvent {
  readonly id: number
  readonly code: string
  readonly severity: string
  readonly target: { readonly kind: string; readonly id: string }
  readonly message: string
}

export class EventStream {
  readonly events: ApiEvent[] = []
  readonly #stop: () => void
  readonly #listeners = new Set<() => void>()
  #text = ''
  #failure: Error | null = null
  /** The host has ended it. */
  ended = false

  private constructor(client: ApiClient, lastEventId: number | null) {
    const headers: Record<string, string> = { accept: 'text/event-stream', authorization: `Bearer ${client.token}` }
    if (lastEventId !== null) headers['last-event-id'] = String(lastEventId)
    const sent = client.open({ method: 'GET', path: '/v1/events', headers, agent: false }, (error) => {
      this.#failure = error
    })
    sent.on('response', (response) => {
      if (response.statusCode !== 200) this.#failure = new Error(`GET /v1/events: ${response.statusCode}`)
      response.setEncoding('utf8')
      response.on('data', (text: string) => this.#receive(text))
      response.on('error', () => {})
      response.on('end', () => {
        this.ended = true
      })
    })
    sent.end()
    this.#stop = () => sent.destroy()
  }

  static open(client: ApiClient, lastEventId: number | null = null): EventStream {
    return new EventStream(client, lastEventId)
  }

  /** Called after each event has been added. */
  onEvent(listener: () => void): void {
    this.#listeners.add(listener)
  }

  async waitFor(code: string, targetId: string, timeoutMs: number): Promise<ApiEvent> {
    const look = () => {
      if (this.#failure !== null) throw this.#failure
      return this.events.find((event) => event.code === code && event.target.id === targetId)
    }
    return until(`event ${code}`, look, { timeoutMs, seen: () => this.events.map((event) => event.code).join(' ') })
  }

  close(): void {
    this.#stop()
  }

  #receive(text: string): void {
    const blocks = (this.#text + text).split(/\r?\n\r?\n/)
    this.#text = blocks.pop() ?? ''
    for (const block of blocks) {
      const data = block
        .split(/\r?\n/)
        .filter((line) => line.startsWith('data:'))
        .map((line) => line.slice(5).trimStart())
        .join('\n')
      if (data === '') continue
      this.events.push(JSON.parse(data) as ApiEvent)
      for (const listener of this.#listeners) listener()
    }
  }
}
