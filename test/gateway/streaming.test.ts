// Streamed answers: unbuffered, cancelled when the client goes, dropped when it does not read.

import type { IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { until, within } from '../harness/wait.ts'
import { connectRaw, exchange, fetchFrom, statusOf } from './client.ts'
import { type Controld, type ControlRequest, startControld } from './controld.ts'
import { type Gateway, startGateway } from './gateway.ts'

let gateway: Gateway
let controld: Controld

beforeAll(async () => {
  gateway = await startGateway('streaming')
  controld = await startControld(gateway.controlPath, () => undefined)
})
afterAll(async () => {
  await controld.stop()
  await gateway.stop()
})

/** Opens `/v1/events`, which controld begins to answer, and gives both ends. */
async function openStream(): Promise<{ response: IncomingMessage; text: () => string; request: ControlRequest; leave: () => void }> {
  const asked = new Promise<ControlRequest>((resolve) => {
    controld.handler = (request) => {
      request.begin(200, { 'content-type': 'text/event-stream' })
      resolve(request)
    }
  })
  const outgoing = httpsRequest({ host: '127.0.0.1', port: gateway.port, path: '/v1/events', agent: false, rejectUnauthorized: false })
  outgoing.on('error', () => undefined)
  outgoing.end()
  const response = await within('head of the stream', new Promise<IncomingMessage>((resolve) => outgoing.once('response', resolve)), 5000)
  let text = ''
  response.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  response.on('error', () => undefined)
  return { response, text: () => text, request: await asked, leave: () => outgoing.destroy() }
}

it('each event arrives before the next is sent, and END ends the answer', async () => {
  const { response, text, request } = await openStream()
  expect(response.headers['content-type']).toBe('text/event-stream')
  const ended = new Promise((resolve) => response.once('end', resolve))
  for (let i = 1; i <= 5; i++) {
    request.data(`id: ${i}\n\n`)
    await until(`event ${i}`, () => text().endsWith(`id: ${i}\n\n`), { timeoutMs: 5000, intervalMs: 5 })
  }
  request.data('', true)
  await within('end of the stream', ended, 5000)
})

it('controld hears of it when the client goes', async () => {
  const { request, leave } = await openStream()
  leave()
  await within('CANCEL', request.cancelled, 5000)
  request.data('too late') // crosses with the CANCEL in reality; ignored
  controld.handler = (next) => next.respond(200)
  expect((await fetchFrom(gateway.port, '/v1/x')).status).toBe(200)
})

it('controld hears of it when the client goes before the answer', async () => {
  const asked = new Promise<ControlRequest>((resolve) => {
    controld.handler = resolve
  })
  const connection = await connectRaw(gateway.port)
  connection.socket.write('GET /v1/slow HTTP/1.1\r\nhost: h\r\n\r\n')
  const request = await asked
  connection.socket.destroy()
  await within('CANCEL', request.cancelled, 5000)
})

it('a client that does not read is dropped once more than 1 MiB is queued', async () => {
  const asked = new Promise<ControlRequest>((resolve) => {
    controld.handler = (request) => {
      request.begin(200)
      resolve(request)
    }
  })
  const connection = await connectRaw(gateway.port)
  connection.socket.pause()
  connection.socket.write('GET /v1/events HTTP/1.1\r\nhost: h\r\n\r\n')
  const request = await asked
  let cancelled = false
  void request.cancelled.then(() => {
    cancelled = true
  })
  await until(
    'CANCEL',
    () => {
      request.data('x'.repeat(64 * 1024))
      return cancelled
    },
    { timeoutMs: 20_000, intervalMs: 2 },
  )
  expect(gateway.log()).toContain('too much unsent')
  connection.socket.destroy()
})

it('a stream to HTTP/1.0 is ended by the end of the connection', async () => {
  controld.handler = (request) => {
    request.begin(200, {}, 'one ')
    request.data('two', true)
  }
  const answer = await exchange(gateway.port, 'GET /v1/events HTTP/1.0\r\n\r\n')
  expect(answer).not.toContain('chunked')
  expect(answer).toMatch(/\r\n\r\none two$/)
})

it('HEAD of a stream is answered and the stream cancelled', async () => {
  const asked = new Promise<ControlRequest>((resolve) => {
    controld.handler = (request) => {
      request.begin(200)
      resolve(request)
    }
  })
  const answer = await exchange(gateway.port, 'HEAD /v1/events HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n')
  expect(statusOf(answer)).toBe(200)
  await within('CANCEL', (await asked).cancelled, 5000)
})

it('the connection goes on after a stream has ended', async () => {
  controld.handler = (request) => {
    request.begin(200, {}, request.head.path)
    request.data('!', true)
  }
  const answer = await exchange(
    gateway.port,
    'GET /v1/a HTTP/1.1\r\nhost: h\r\n\r\nGET /v1/b HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n',
  )
  expect(answer).toMatch(/\/v1\/a\r\n1\r\n!\r\n0\r\n\r\nHTTP\/1\.1 200 OK[\s\S]*\/v1\/b\r\n1\r\n!\r\n0\r\n\r\n$/)
})

it('an answer in pieces whose length is known comes whole, however slowly it is read', async () => {
  const piece = Buffer.alloc(1024 * 1024, 'x')
  controld.handler = (request) => {
    request.begin(200, { 'content-type': 'application/json', 'content-length': String(6 * piece.length) })
    for (let n = 1; n <= 6; n++) request.data(piece, n === 6)
  }
  const { socket, received } = await connectRaw(gateway.port)
  socket.pause()
  socket.write('GET /v1/vms HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n')
  await until('question', () => controld.requests.at(-1)?.head.path === '/v1/vms', { timeoutMs: 5000 })
  // Long enough for all of it to have come to the gateway.
  await fetchFrom(gateway.port, '/')
  socket.resume()
  await until('answer', () => received().length > 6 * piece.length, { timeoutMs: 10_000, seen: () => String(received().length) })
  expect(received()).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*content-length: 6291456\r\n/)
  expect(received()).not.toContain('transfer-encoding')
})

it.each([
  ['shorter', 10],
  ['longer', 30],
])('an answer in pieces that is %s than was told ends with the connection', async (_name, sent) => {
  controld.handler = (request) => {
    request.begin(200, { 'content-length': '20' })
    request.data('x'.repeat(sent), true)
  }
  const text = await exchange(gateway.port, 'GET /v1/vms HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n')
  expect(text.split('\r\n\r\n')[1] ?? '').not.toHaveLength(20)
})
