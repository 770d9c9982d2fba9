// The client of the control socket against a real one: every request ends, whatever the other side does.
import { closeFd, readDir } from 'hv:fs'
import { type Connection, fromFd, type Listener, listenUnix, socketPair } from 'hv:socket'
import { decodeUtf8, encodeUtf8 } from 'hv:text'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createClock } from '../../control/src/adapters/clock.ts'
import { FrameClient } from '../../control/src/adapters/frame-client.ts'
import { FRAMES_TO_CONTROLD, type Frame, FrameDecoder, joinPayload, renderFrame, splitPayload } from '../../control/src/codec/frame.ts'
import { removeDirectory, temporaryDirectory } from './temporary.ts'

let directory = ''
let listener: Listener | null = null
let clients: FrameClient[] = []
let lost = 0
const clock = createClock()
const path = () => `${directory}/control.sock`

beforeEach(() => {
  directory = temporaryDirectory()
  lost = 0
})
afterEach(() => {
  for (const client of clients) client.close()
  clients = []
  listener?.close()
  listener = null
  removeDirectory(directory)
})

type Serve = (frame: Frame, connection: Connection) => void

function serve(answer: Serve): void {
  listener = listenUnix(path())
  listener.onConnection((connection) => {
    const decoder = new FrameDecoder(FRAMES_TO_CONTROLD)
    connection.onData((chunk) => {
      for (const frame of decoder.push(chunk).frames) answer(frame, connection)
    })
  })
}

function makeClient(): FrameClient {
  const client = new FrameClient(path(), clock, () => {
    lost++
  })
  clients.push(client)
  return client
}

const response = (stream: number, status: number, body: string, end = true): Frame => ({
  kind: 'response',
  stream,
  end,
  payload: joinPayload(encodeUtf8(JSON.stringify({ status, headers: {} })), encodeUtf8(body)),
})
const data = (stream: number, body: string, end: boolean): Frame => ({ kind: 'data', stream, end, payload: encodeUtf8(body) })

const get = (client: FrameClient, timeoutMs = 5_000) => client.request({ method: 'GET', path: '/v1/x', timeoutMs })

async function codeOf(request: Promise<unknown>): Promise<string> {
  try {
    await request
    return 'answered'
  } catch (error) {
    return (error as { code?: string }).code ?? 'no code'
  }
}

/** Resolves when `condition` holds; rejects after five seconds. */
async function until(condition: () => boolean): Promise<void> {
  const deadline = clock.monotonicMs() + 5_000
  while (!condition()) {
    if (clock.monotonicMs() > deadline) throw new Error('the condition did not come true in five seconds')
    await new Promise<void>((resolve) => clock.after(5, resolve))
  }
}

describe('a request to controld', () => {
  it('ends in its answer, with the body in UTF-8 in both directions', async () => {
    const heads: string[] = []
    serve((frame, connection) => {
      const parts = splitPayload(frame.payload)
      heads.push(decodeUtf8(parts?.head ?? new Uint8Array(0)))
      connection.write(renderFrame(response(frame.stream, 201, `<${decodeUtf8(parts?.body ?? new Uint8Array(0))}>`)))
    })
    const answer = await makeClient().request({ method: 'POST', path: '/v1/setup', body: { password: 'é€' }, timeoutMs: 5_000 })
    expect(answer).toMatchObject({ status: 201, body: '<{"password":"é€"}>' })
    expect(JSON.parse(heads[0] ?? '')).toEqual({
      method: 'POST',
      path: '/v1/setup',
      query: '',
      headers: { 'content-type': 'application/json' },
      remote: 'console',
    })
  })

  it('ends in its own answer when answers come in pieces and out of order', async () => {
    const streams: number[] = []
    serve((frame, connection) => {
      streams.push(frame.stream)
      if (streams.length < 2) return
      const [first = 0, second = 0] = streams
      connection.write(renderFrame(response(second, 200, 'sec', false)))
      connection.write(renderFrame(response(first, 200, 'first')))
      connection.write(renderFrame(data(second, 'o', false)))
      connection.write(renderFrame(data(second, 'nd', true)))
    })
    const client = makeClient()
    const answers = await Promise.all([get(client), get(client)])
    expect(answers.map(({ body }) => body)).toEqual(['first', 'second'])
    expect(lost).toBe(0)
  })

  it('ends with control.unreachable where nobody listens, and reaches who listens later', async () => {
    const client = makeClient()
    expect(await codeOf(get(client))).toBe('control.unreachable')
    serve((frame, connection) => connection.write(renderFrame(response(frame.stream, 200, ''))))
    expect(await codeOf(get(client))).toBe('answered')
  })

  it('ends with control.timeout at its deadline, is cancelled, and its late answer is nobody else’s', async () => {
    const kinds: string[] = []
    serve((frame, connection) => {
      kinds.push(`${frame.kind} ${frame.stream}`)
      if (frame.stream === 2) {
        connection.write(renderFrame(response(1, 200, 'late')))
        connection.write(renderFrame(response(2, 200, 'in time')))
      }
    })
    const client = makeClient()
    expect(await codeOf(get(client, 50))).toBe('control.timeout')
    expect((await get(client)).body).toBe('in time')
    expect(kinds).toEqual(['request 1', 'cancel 1', 'request 2'])
    expect(lost).toBe(0)
  })

  it('ends with control.closed, all of them at once, when controld goes, which is told, and the next one connects anew', async () => {
    let stay = false
    serve((frame, connection) => {
      if (stay) connection.write(renderFrame(response(frame.stream, 200, '')))
      else if (frame.stream === 2) connection.close()
    })
    const client = makeClient()
    const codes = await Promise.all([codeOf(get(client)), codeOf(get(client))])
    expect(codes).toEqual(['control.closed', 'control.closed'])
    expect(lost).toBe(1)
    stay = true
    expect(await codeOf(get(client))).toBe('answered')
  })

  it('ends with control.closed when the client is closed', async () => {
    let asked = false
    serve(() => {
      asked = true
    })
    const client = makeClient()
    const code = codeOf(get(client))
    await until(() => asked)
    client.close()
    expect(await code).toBe('control.closed')
  })

  it.each<[string, (stream: number) => Uint8Array]>([
    ['bytes that are no frame', () => encodeUtf8('HTTP/1.1 200 OK\r\n')],
    ['a frame of the wrong direction', (stream) => renderFrame({ kind: 'cancel', stream, end: true, payload: new Uint8Array(0) })],
    ['an answer to what was never asked', (stream) => renderFrame(response(stream + 1, 200, ''))],
    ['data before the head', (stream) => renderFrame(data(stream, 'x', true))],
    [
      'a head that is none',
      (stream) => renderFrame({ ...response(stream, 200, ''), payload: joinPayload(encodeUtf8('{'), new Uint8Array(0)) }),
    ],
    ['a payload shorter than it says', (stream) => renderFrame({ ...response(stream, 200, ''), payload: Uint8Array.of(9, 0, 0, 0) })],
  ])('ends with control.malformed on %s', async (_name, bytes) => {
    serve((frame, connection) => connection.write(bytes(frame.stream)))
    expect(await codeOf(get(makeClient()))).toBe('control.malformed')
    await until(() => lost === 1)
  })

  it('gets a stream of bytes where it asked for one, and the answer that refuses it', async () => {
    const [ours, theirs] = socketPair()
    serve((frame, connection) => {
      const head = JSON.parse(decodeUtf8(splitPayload(frame.payload)?.head ?? new Uint8Array()))
      const answer =
        head.path === '/v1/good' ? { ...response(frame.stream, 101, ''), kind: 'attach' as const } : response(frame.stream, 409, 'no')
      connection.write(renderFrame(answer), answer.kind === 'attach' ? [theirs] : [])
    })
    const client = makeClient()
    const stream = await client.attach({ path: '/v1/good', timeoutMs: 5_000 })
    closeFd(theirs)
    const guest = fromFd(ours)
    let heard = ''
    guest.onData((chunk) => {
      heard += decodeUtf8(chunk)
    })
    if ('status' in stream) throw new Error('no stream')
    stream.write('hello')
    await until(() => heard === 'hello')
    stream.close()
    guest.close()
    expect(await client.attach({ path: '/v1/bad', timeoutMs: 5_000 })).toMatchObject({ status: 409, body: 'no' })
  })

  it('keeps no descriptor that comes with an answer', async () => {
    serve((frame, connection) => {
      const pair = socketPair()
      connection.write(renderFrame({ ...response(frame.stream, 101, ''), kind: 'attach' }), [pair[0]])
      for (const fd of pair) closeFd(fd)
    })
    const descriptors = () => readDir('/proc/self/fd').length
    const before = descriptors()
    const client = makeClient()
    for (let round = 0; round < 5; round++) expect(await codeOf(get(client))).toBe('control.malformed')
    // The connections themselves are closed a moment later.
    await until(() => descriptors() === before)
  })
})
