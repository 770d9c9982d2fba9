// controld away, dying, coming back, and talking rubbish; the gateway answers for it and finds it again.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { until, within } from '../harness/wait.ts'
import { connectRaw, fetchFrom, problemCode } from './client.ts'
import { type Controld, type ControlRequest, frame, frameTypes, responsePayload, startControld } from './controld.ts'
import { type Gateway, startGateway } from './gateway.ts'

let gateway: Gateway
let controld: Controld | undefined

beforeEach(async () => {
  gateway = await startGateway('control-loss')
})
afterEach(async () => {
  await controld?.stop()
  controld = undefined
  await gateway.stop()
})

const ok = (request: ControlRequest) => request.respond(200, {}, 'ok')

it('without controld a request is told after 2 s to come back', async () => {
  const begun = performance.now()
  const answer = await fetchFrom(gateway.port, '/v1/x')
  expect([answer.status, problemCode(answer.text), answer.headers['retry-after']]).toEqual([503, 'gateway.control-unavailable', '1'])
  expect(performance.now() - begun).toBeGreaterThan(1500)
  expect(performance.now() - begun).toBeLessThan(4000)
})

it('a request waits for a controld that is about to come', async () => {
  const answer = fetchFrom(gateway.port, '/v1/x', { method: 'POST', body: 'abc' })
  await until('waiting', () => gateway.log().includes('controld'), { timeoutMs: 5000 })
  controld = await startControld(gateway.controlPath, (request) => request.respond(200, {}, request.body.toString()))
  expect((await answer).text).toBe('abc')
})

it('controld dying in the middle of a request is a 503, and the next one is served by the next controld', async () => {
  controld = await startControld(gateway.controlPath, (request) => request.hangUp())
  const answer = await fetchFrom(gateway.port, '/v1/x')
  expect([answer.status, problemCode(answer.text)]).toEqual([503, 'gateway.control-unavailable'])
  await controld.stop()
  controld = await startControld(gateway.controlPath, ok)
  expect((await fetchFrom(gateway.port, '/v1/x')).text).toBe('ok')
})

it('controld dying in the middle of a stream ends it without the last chunk', async () => {
  controld = await startControld(gateway.controlPath, (request) => {
    request.begin(200, {}, 'begun')
    void until('the head to be read', () => connection.received().includes('begun'), { timeoutMs: 5000 }).then(() => request.hangUp())
  })
  const connection = await connectRaw(gateway.port)
  connection.socket.write('GET /v1/events HTTP/1.1\r\nhost: h\r\n\r\n')
  await within('end', connection.closed, 5000)
  expect(connection.received()).toContain('begun')
  expect(connection.received()).not.toMatch(/0\r\n\r\n$/)
})

describe('rubbish from controld is a 502 and a new connection:', () => {
  const good = responsePayload({ status: 200, headers: {} }, 'ok')
  it.each<[string, (request: ControlRequest) => Buffer]>([
    ['an unknown type', ({ stream }) => frame(9, stream, good)],
    ['a REQUEST', ({ stream }) => frame(frameTypes.request, stream, good)],
    ['an unknown flag', ({ stream }) => frame(frameTypes.response, stream, good, 3)],
    ['a payload over 2 MiB', ({ stream }) => frame(frameTypes.response, stream, Buffer.alloc(2 * 1024 * 1024 + 1))],
    ['a stream never used', ({ stream }) => frame(frameTypes.response, stream + 1000, good)],
    ['stream 0', () => frame(frameTypes.response, 0, good)],
    ['DATA before RESPONSE', ({ stream }) => frame(frameTypes.data, stream, Buffer.from('x'))],
    ['a head longer than the payload', ({ stream }) => frame(frameTypes.response, stream, Buffer.from([255, 0, 0, 0, 123, 125]))],
    ['an empty payload', ({ stream }) => frame(frameTypes.response, stream, Buffer.alloc(0))],
    ['a head that is no JSON', ({ stream }) => frame(frameTypes.response, stream, responsePayload('{"status":200,'))],
    ['a head without status', ({ stream }) => frame(frameTypes.response, stream, responsePayload({ headers: {} }))],
    ['a status out of range', ({ stream }) => frame(frameTypes.response, stream, responsePayload({ status: 99, headers: {} }))],
    ['a status that is text', ({ stream }) => frame(frameTypes.response, stream, responsePayload({ status: '200', headers: {} }))],
    ['a header that is a number', ({ stream }) => frame(frameTypes.response, stream, responsePayload({ status: 200, headers: { a: 1 } }))],
    [
      'a header with a line break',
      ({ stream }) => frame(frameTypes.response, stream, responsePayload({ status: 200, headers: { a: 'b\r\nc: d' } })),
    ],
    [
      'a header name with a space',
      ({ stream }) => frame(frameTypes.response, stream, responsePayload({ status: 200, headers: { 'a b': 'c' } })),
    ],
    ['ATTACH without a descriptor', ({ stream }) => frame(frameTypes.attach, stream, good)],
  ])('%s', async (_, bytes) => {
    controld = await startControld(gateway.controlPath, (request) => request.raw(bytes(request)))
    const answer = await fetchFrom(gateway.port, '/v1/x')
    expect([answer.status, problemCode(answer.text)]).toEqual([502, 'gateway.control-protocol'])
    controld.handler = ok
    expect((await fetchFrom(gateway.port, '/v1/x')).text).toBe('ok')
  })
})

it('a head that comes byte by byte is understood', async () => {
  controld = await startControld(gateway.controlPath, (request) => {
    const bytes = frame(
      frameTypes.response,
      request.stream,
      responsePayload({ more: { status: 1 }, status: 201, headers: { 'x-long': 'y'.repeat(1000) } }, 'ok'),
    )
    for (const byte of bytes) request.raw(Buffer.from([byte]))
  })
  const answer = await fetchFrom(gateway.port, '/v1/x')
  expect(answer).toMatchObject({ status: 201, text: 'ok' })
  expect(answer.headers['x-long']).toBe('y'.repeat(1000))
})

it('on SIGTERM a request under way is still answered, and nothing new is accepted', async () => {
  let release: () => void = () => undefined
  const asked = new Promise<void>((resolve) => {
    void startControld(gateway.controlPath, (request) => {
      release = () => request.respond(200, {}, 'last words')
      resolve()
    }).then((started) => {
      controld = started
    })
  })
  const answer = fetchFrom(gateway.port, '/v1/x')
  await asked
  process.kill(gateway.pid, 'SIGTERM')
  await until(
    'refused connections',
    () =>
      connectRaw(gateway.port).then(
        (connection) => {
          connection.socket.destroy()
          return false
        },
        () => true,
      ),
    { timeoutMs: 5000 },
  )
  release()
  expect((await answer).text).toBe('last words')
})
