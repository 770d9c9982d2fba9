// One connection of the control socket: streams are answered, streamed, cancelled and attached as the frames say, and a breach ends it.
import { describe, expect, it } from 'vitest'
import {
  type FrameAnswer,
  MAX_ACTIVE_REQUESTS,
  MAX_OPEN_STREAMS,
  MAX_UNSENT_BYTES,
} from '../../../control/src/adapters/frame-connection.ts'
import { renderFrame } from '../../../control/src/codec/frame.ts'
import { Bench, complete, decode, encode, settle } from './frame-bench.ts'

describe('a request', () => {
  it('reaches the handler with head and body, and its answer the client', async () => {
    const bench = new Bench((request) => complete(`hello ${request.path}`))
    bench.request(1, { method: 'POST' }, 'body')
    await settle()
    expect(bench.requests[0]).toMatchObject({ method: 'POST', path: '/v1/vms' })
    expect(decode(bench.requests[0]?.body ?? new Uint8Array(0))).toBe('body')
    expect(bench.seen).toEqual([['response', 1, true, 'hello /v1/vms']])
  })

  it('is answered when its handler is done, whatever came first', async () => {
    const waiting: ((answer: FrameAnswer) => void)[] = []
    const bench = new Bench(() => new Promise((resolve) => waiting.push(resolve)))
    bench.request(1)
    bench.request(2)
    waiting[1]?.(complete('second'))
    await settle()
    waiting[0]?.(complete('first'))
    await settle()
    expect(bench.seen).toEqual([
      ['response', 2, true, 'second'],
      ['response', 1, true, 'first'],
    ])
  })

  it('gets a large answer in several frames, its length first and END last', async () => {
    const bench = new Bench(() => complete('x'.repeat(2_500_000)))
    bench.request(1)
    await settle()
    expect(bench.sent.map(({ kind, end, payload }) => [kind, end, kind === 'data' ? payload.length : 0])).toEqual([
      ['response', false, 0],
      ['data', false, 1_048_576],
      ['data', false, 1_048_576],
      ['data', true, 402_848],
    ])
    const head = bench.sent[0]?.payload ?? new Uint8Array()
    expect(decode(head)).toContain('"content-length":"2500000"')
  })

  it('gets of a large answer no more than it takes, the rest as it takes it', async () => {
    const bench = new Bench(() => complete('x'.repeat(20_000_000)))
    bench.request(1)
    bench.queuedBytes = 2_000_000
    await settle()
    expect(bench.sent.map(({ kind }) => kind)).toEqual(['response'])
    bench.queuedBytes = 0
    bench.connection.drained()
    expect(bench.sent).toHaveLength(21)
    expect(bench.sent.at(-1)?.end).toBe(true)
    expect(bench.closed).toBe(false)
  })

  it('that is cancelled within a large answer gets no more of it, and others get theirs', async () => {
    const bench = new Bench(({ path }) => complete(path === '/large' ? 'x'.repeat(3_000_000) : 'small'))
    bench.queuedBytes = 2_000_000
    bench.request(1, { path: '/large' })
    bench.queuedBytes = 2_000_000
    await settle()
    bench.queuedBytes = 0
    bench.cancel(1)
    bench.connection.drained()
    bench.request(2)
    await settle()
    expect(bench.sent.filter(({ stream }) => stream === 1).map(({ kind }) => kind)).not.toContain('data')
    expect(bench.seen.at(-1)).toEqual(['response', 2, true, 'small'])
  })

  it('that is cancelled gets nothing', async () => {
    let finish: (answer: FrameAnswer) => void = () => {}
    const bench = new Bench(() => new Promise((resolve) => (finish = resolve)))
    bench.request(1)
    bench.cancel(1)
    finish(complete('late'))
    await settle()
    expect(bench.seen).toEqual([])
  })

  it('is answered 500 when the handler fails all the same', async () => {
    const bench = new Bench(() => Promise.reject(new Error('boom')))
    bench.request(1)
    await settle()
    expect(bench.seen).toEqual([['response', 1, true, '']])
    expect(bench.log.join()).toContain('boom')
  })
})

describe('a streamed answer', () => {
  function streaming() {
    const calls = { push: (_text: string) => {}, end: () => {}, unsubscribed: 0 }
    const bench = new Bench(() => ({
      kind: 'stream',
      status: 200,
      headers: {},
      subscribe(push, end) {
        calls.push = push
        calls.end = end
        push('first')
        return () => calls.unsubscribed++
      },
    }))
    return { bench, calls }
  }

  it('is a head, pieces and an end', async () => {
    const { bench, calls } = streaming()
    bench.request(1)
    await settle()
    calls.push('second')
    calls.end()
    calls.push('after the end')
    expect(bench.seen).toEqual([
      ['response', 1, false, ''],
      ['data', 1, false, 'first'],
      ['data', 1, false, 'second'],
      ['data', 1, true, ''],
    ])
    bench.cancel(1)
    expect(calls.unsubscribed).toBe(0)
  })

  it.each<[string, (bench: Bench) => void]>([
    ['is cancelled', (bench) => bench.cancel(1)],
    ['loses its connection', (bench) => bench.connection.ended()],
  ])('is given up once when it %s', async (_name, act) => {
    const { bench, calls } = streaming()
    bench.request(1)
    await settle()
    act(bench)
    act(bench)
    calls.push('nobody hears')
    calls.end()
    expect(calls.unsubscribed).toBe(1)
    expect(bench.sent).toHaveLength(2)
  })

  it('does not trouble whoever pushes when the peer has gone', async () => {
    const { bench, calls } = streaming()
    bench.request(1)
    await settle()
    bench.write = () => {
      throw new Error('EPIPE')
    }
    calls.push('late')
    expect(bench.closed).toBe(true)
    expect(calls.unsubscribed).toBe(1)
  })

  it('that ends while it begins is not given up', async () => {
    let unsubscribed = false
    const bench = new Bench(() => ({
      kind: 'stream',
      status: 200,
      headers: {},
      subscribe(_push, end) {
        end()
        return () => (unsubscribed = true)
      },
    }))
    bench.request(1)
    await settle()
    bench.cancel(1)
    expect(unsubscribed).toBe(false)
    expect(bench.seen).toHaveLength(2)
  })

  it(`is refused past ${MAX_OPEN_STREAMS} of them, until one ends`, async () => {
    const { bench } = streaming()
    for (let stream = 1; stream <= MAX_OPEN_STREAMS; stream++) {
      bench.request(stream)
      await settle()
    }
    bench.request(1000)
    await settle()
    expect(bench.sent.at(-1)).toMatchObject({ kind: 'response', stream: 1000, end: true })
    bench.cancel(7)
    bench.request(1001)
    await settle()
    expect(bench.sent.at(-1)).toMatchObject({ kind: 'data', stream: 1001, end: false })
  })
})

describe('an attached descriptor', () => {
  const attach: FrameAnswer = { kind: 'attach', status: 101, headers: {}, descriptor: 42 }

  it('is passed with its frame, and our copy closed', async () => {
    const bench = new Bench(() => attach)
    bench.request(1, { upgrade: 'websocket' })
    await settle()
    expect(bench.seen).toEqual([['attach', 1, true, '']])
    expect(bench.passed).toEqual([42])
    expect(bench.closedDescriptors).toEqual([42])
  })

  it('is closed when the client has gone meanwhile', async () => {
    let finish: (answer: FrameAnswer) => void = () => {}
    const bench = new Bench(() => new Promise((resolve) => (finish = resolve)))
    bench.request(1, { upgrade: 'websocket' })
    bench.connection.ended()
    finish(attach)
    await settle()
    expect(bench.passed).toEqual([])
    expect(bench.closedDescriptors).toEqual([42])
  })

  it('is never passed to one who asked for none', async () => {
    const bench = new Bench(() => attach)
    bench.request(1)
    await settle()
    expect(bench.seen).toEqual([['response', 1, true, '']])
    expect(bench.closedDescriptors).toEqual([42])
  })
})

describe('a breach', () => {
  it.each<[string, string, (bench: Bench) => void]>([
    ['a stream number used again', 'frame.stream-used', (bench) => bench.request(5)],
    ['a lower stream number', 'frame.stream-used', (bench) => bench.request(4)],
    ['a head that breaks the rules', 'frame.bad-head', (bench) => bench.request(6, { user: 'root' })],
    [
      'another type of frame',
      'frame.unexpected-type',
      (bench) => bench.connection.receive(renderFrame({ kind: 'data', stream: 6, end: true, payload: encode('x') })),
    ],
  ])('(%s) closes the connection', async (_name, code, act) => {
    const bench = new Bench(() => complete(''))
    bench.request(5)
    await settle()
    act(bench)
    expect(bench.closed).toBe(true)
    expect(bench.log.join()).toContain(code)
    bench.request(9)
    await settle()
    expect(bench.requests).toHaveLength(1)
  })
})

describe('a peer that does not read', () => {
  it('has no further requests begun while a lot is unsent', async () => {
    const bench = new Bench(() => complete('x'))
    bench.queuedBytes = 2 * 1024 * 1024
    bench.request(1)
    await settle()
    expect(bench.requests).toHaveLength(0)
    expect(bench.paused).toBe(true)
    bench.queuedBytes = 0
    bench.connection.drained()
    await settle()
    expect(bench.requests).toHaveLength(1)
    expect(bench.paused).toBe(false)
  })

  it('is dropped past the bound', async () => {
    const bench = new Bench(() => {
      bench.queuedBytes = MAX_UNSENT_BYTES
      return complete('one more')
    })
    bench.request(1)
    await settle()
    expect(bench.closed).toBe(true)
    expect(bench.sent).toEqual([])
  })
})

describe('a peer that asks a lot at once', () => {
  it(`has ${MAX_ACTIVE_REQUESTS} requests under way and the others waiting`, async () => {
    const finish: ((answer: FrameAnswer) => void)[] = []
    const bench = new Bench(() => new Promise((resolve) => finish.push(resolve)))
    for (let stream = 1; stream <= MAX_ACTIVE_REQUESTS + 10; stream++) bench.request(stream)
    expect(bench.requests).toHaveLength(MAX_ACTIVE_REQUESTS)
    finish[0]?.(complete(''))
    await settle()
    expect(bench.requests).toHaveLength(MAX_ACTIVE_REQUESTS + 1)
  })
})
