// Bodies of requests that go past the script: asked for by a descriptor, once, of a client that is still there.
import { describe, expect, it } from 'vitest'
import { Bench, complete, settle } from './frame-bench.ts'

describe('a body that has not been sent yet', () => {
  it('comes by the descriptor that the handler gives, before its answer', async () => {
    const bench = new Bench((request) => {
      request.incoming?.receive(7)
      return complete(String(request.incoming?.sizeBytes))
    })
    bench.request(1, { bodyBytes: 5_000_000_000 })
    await settle()
    expect(bench.sent.map(({ kind, stream, end }) => [kind, stream, end])).toEqual([
      ['receive', 1, false],
      ['response', 1, true],
    ])
    expect([bench.passed, bench.closedDescriptors]).toEqual([[7], [7]])
  })

  it('is not asked for of a client that has gone, and the descriptor is closed', async () => {
    let ask = () => {}
    const bench = new Bench((request) => new Promise(() => (ask = () => request.incoming?.receive(7))))
    bench.request(1, { bodyBytes: 1 })
    bench.cancel(1)
    ask()
    expect([bench.sent, bench.passed, bench.closedDescriptors]).toEqual([[], [], [7]])
  })

  it('has no part in the request: that is a breach', () => {
    const bench = new Bench(() => complete(''))
    bench.request(1, { bodyBytes: 4 }, 'body')
    expect(bench.closed).toBe(true)
  })

  it('is none where nothing was said of it', async () => {
    const bench = new Bench(() => complete(''))
    bench.request(1)
    await settle()
    expect(bench.requests[0]?.incoming).toBeUndefined()
  })
})
