// Every QMP command ends: in its return, its error, the close of the connection or its deadline.
import { describe, expect, it } from 'vitest'
import { type LineChannel, QmpClient, type QmpEvent } from '../../../control/src/adapters/qmp-client.ts'
import type { Clock } from '../../../control/src/ports/clock.ts'

const GREETING = '{"QMP":{"version":{"qemu":{"major":10,"minor":0,"micro":0}},"capabilities":[]}}'

/** QEMU's end of a channel and a clock that only the test moves. */
class Peer implements LineChannel, Clock {
  readonly sent: { execute: string; arguments?: unknown; id: number }[] = []
  closed = false
  #line: (line: string) => void = () => {}
  #close: (malformed: boolean) => void = () => {}
  #nowMs = 0
  #timers: { atMs: number; callback: () => void }[] = []

  onLine(handler: (line: string) => void): void {
    this.#line = handler
  }
  onClose(handler: (malformed: boolean) => void): void {
    this.#close = handler
  }
  write(text: string): void {
    if (this.closed) throw new Error('closed')
    this.sent.push(JSON.parse(text))
  }
  close(): void {
    if (this.closed) return
    this.closed = true
    this.#close(false)
  }
  now(): string {
    return new Date(this.#nowMs).toISOString()
  }
  monotonicMs(): number {
    return this.#nowMs
  }
  after(delayMs: number, callback: () => void): () => void {
    const timer = { atMs: this.#nowMs + delayMs, callback }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  say(message: unknown): void {
    this.#line(typeof message === 'string' ? message : JSON.stringify(message))
  }
  hangUp(malformed: boolean): void {
    this.closed = true
    this.#close(malformed)
  }
  advance(ms: number): void {
    this.#nowMs += ms
    const due = this.#timers.filter((timer) => timer.atMs <= this.#nowMs)
    this.#timers = this.#timers.filter((timer) => timer.atMs > this.#nowMs)
    for (const timer of due) timer.callback()
  }
  get timerCount(): number {
    return this.#timers.length
  }
}

/** Lets promise reactions run. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve()
}

async function connected(): Promise<{ peer: Peer; client: QmpClient }> {
  const peer = new Peer()
  const opening = QmpClient.open(peer, peer, 5000)
  peer.say(GREETING)
  await settle()
  peer.say({ return: {}, id: peer.sent[0]?.id })
  return { peer, client: await opening }
}

describe('opening', () => {
  it('waits for the greeting, then leaves negotiation', async () => {
    const { peer } = await connected()
    expect(peer.sent).toEqual([{ execute: 'qmp_capabilities', id: 1 }])
    expect(peer.timerCount).toBe(0)
  })

  it.each<[string, string, (peer: Peer) => void]>([
    ['there is no greeting', 'qmp.timeout', (peer) => peer.advance(5000)],
    ['QEMU hangs up', 'qmp.closed', (peer) => peer.hangUp(false)],
    ['the line is too long', 'qmp.malformed', (peer) => peer.hangUp(true)],
    ['the greeting is no JSON', 'qmp.malformed', (peer) => peer.say('hello')],
  ])('fails and closes when %s', async (_name, code, act) => {
    const peer = new Peer()
    const opening = QmpClient.open(peer, peer, 5000)
    act(peer)
    await expect(opening).rejects.toMatchObject({ name: 'HostFailure', code })
    expect(peer.closed).toBe(true)
    expect(peer.timerCount).toBe(0)
  })

  it('gives greeting and negotiation one deadline together', async () => {
    const peer = new Peer()
    const opening = QmpClient.open(peer, peer, 5000)
    peer.advance(4000)
    peer.say(GREETING)
    await settle()
    peer.advance(1000)
    await expect(opening).rejects.toMatchObject({ code: 'qmp.timeout', step: 'qmp_capabilities' })
    expect(peer.closed).toBe(true)
  })
})

describe('a command', () => {
  it('ends in its return', async () => {
    const { peer, client } = await connected()
    const answer = client.execute('query-status')
    peer.say({ return: { status: 'running' }, id: 2 })
    await expect(answer).resolves.toEqual({ status: 'running' })
    expect(peer.timerCount).toBe(0)
  })

  it('ends in its error', async () => {
    const { peer, client } = await connected()
    const answer = client.execute('device_add', { driver: 'x' })
    peer.say({ error: { class: 'GenericError', desc: 'no such driver' }, id: 2 })
    await expect(answer).rejects.toMatchObject({ code: 'qmp.error.GenericError', step: 'device_add', message: 'no such driver' })
  })

  it('ends when the connection closes', async () => {
    const { peer, client } = await connected()
    const answers = [client.execute('stop'), client.execute('cont')]
    peer.hangUp(false)
    for (const answer of answers) await expect(answer).rejects.toMatchObject({ code: 'qmp.closed' })
    await expect(client.execute('cont')).rejects.toMatchObject({ code: 'qmp.closed', step: 'cont' })
    expect(peer.timerCount).toBe(0)
  })

  it('ends at its deadline, and a late answer is ignored', async () => {
    const { peer, client } = await connected()
    const answer = client.execute('stop', undefined, { timeoutMs: 300 })
    peer.advance(300)
    await expect(answer).rejects.toMatchObject({ code: 'qmp.timeout', step: 'stop' })
    peer.say({ return: {}, id: 2 })
    const next = client.execute('cont')
    peer.say({ return: 'second', id: 3 })
    await expect(next).resolves.toBe('second')
  })

  it('gets its own answer when answers come in another order', async () => {
    const { peer, client } = await connected()
    const first = client.execute('a')
    const second = client.execute('b')
    peer.say({ return: 'of b', id: 3 })
    peer.say({ return: 'of a', id: 2 })
    await expect(first).resolves.toBe('of a')
    await expect(second).resolves.toBe('of b')
  })
})

describe('a conversation', () => {
  it('passes events on without mixing them with answers', async () => {
    const { peer, client } = await connected()
    const events: QmpEvent[] = []
    client.onEvent((event) => events.push(event))
    const answer = client.execute('stop')
    peer.say({ event: 'STOP' })
    peer.say({ return: {}, id: 2 })
    await answer
    expect(events).toEqual([{ name: 'STOP', data: {} }])
  })

  it.each<[string, (peer: Peer) => void]>([
    ['a line that is no JSON', (peer) => peer.say('{')],
    ['a second greeting', (peer) => peer.say(GREETING)],
    ['an error without id', (peer) => peer.say({ error: { class: 'GenericError', desc: 'JSON parse error' } })],
    ['a line over the limit', (peer) => peer.hangUp(true)],
  ])('ends at %s', async (_name, act) => {
    const { peer, client } = await connected()
    const ends: string[] = []
    client.onEnd((failure) => ends.push(failure.code))
    const answer = client.execute('stop')
    act(peer)
    await expect(answer).rejects.toMatchObject({ code: 'qmp.malformed' })
    expect(peer.closed).toBe(true)
    peer.say({ event: 'STOP' })
    expect(ends).toEqual(['qmp.malformed'])
  })

  it('tells of its end even when asked afterwards', async () => {
    const { peer, client } = await connected()
    peer.hangUp(false)
    const ends: string[] = []
    client.onEnd((failure) => ends.push(failure.code))
    expect(ends).toEqual(['qmp.closed'])
  })
})
