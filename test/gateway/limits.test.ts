// What the gateway refuses of its own, each with its status and code, and that it goes on serving.
import { readFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { until, within } from '../harness/wait.ts'
import { connectRaw, exchange, fetchFrom, problemCode, type RawConnection, statusOf } from './client.ts'
import { type Controld, startControld } from './controld.ts'
import { type Gateway, startGateway } from './gateway.ts'

let gateway: Gateway
let controld: Controld

beforeAll(async () => {
  gateway = await startGateway('limits')
  controld = await startControld(gateway.controlPath, (request) => request.respond(200, {}, 'ok'))
})
afterAll(async () => {
  await controld.stop()
  await gateway.stop()
})
afterEach(async () => {
  expect((await fetchFrom(gateway.port, '/v1/health')).text, 'still serving').toBe('ok')
})

const get = (path: string, ...fields: string[]) =>
  `GET ${path} HTTP/1.1\r\nhost: h\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`
const handshake = ['connection: upgrade', 'upgrade: websocket', 'sec-websocket-version: 13', 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==']
const without = (name: string) => handshake.filter((field) => !field.startsWith(name))
const mebibyte = 1024 * 1024

/** Resolves once the gateway has noticed that connections were given up, and serves again. */
const placesFree = () =>
  until(
    'all places free',
    () =>
      fetchFrom(gateway.port, '/v1/health').then(
        (answer) => answer.status === 200,
        () => false,
      ),
    { timeoutMs: 5000 },
  )

describe('the gateway refuses', () => {
  it.each<[string, string | Buffer, number, string]>([
    [
      'a body of more than 1 MiB by its length',
      `POST /v1/x HTTP/1.1\r\nhost: h\r\ncontent-length: ${mebibyte + 1}\r\n\r\n`,
      413,
      'gateway.body-too-large',
    ],
    [
      'a body of 10 MiB that is sent all the same',
      `POST /v1/x HTTP/1.1\r\nhost: h\r\ncontent-length: ${10 * mebibyte}\r\n\r\n${'a'.repeat(2 * mebibyte)}`,
      413,
      'gateway.body-too-large',
    ],
    [
      'a chunked body of more than 1 MiB',
      `POST /v1/x HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n${`10000\r\n${'a'.repeat(0x10000)}\r\n`.repeat(17)}`,
      413,
      'gateway.body-too-large',
    ],
    ['a path of 9 KiB', get(`/v1/${'a'.repeat(9 * 1024)}`), 431, 'gateway.head-too-large'],
    ['a header field of 9 KiB', get('/v1/x', `authorization: ${'a'.repeat(9 * 1024)}`), 431, 'gateway.head-too-large'],
    ['a header field of 9 KiB that it does not know', get('/v1/x', `cookie: ${'a'.repeat(9 * 1024)}`), 431, 'gateway.head-too-large'],
    ['a thousand small header fields', get('/v1/x', ...Array.from({ length: 1000 }, (_, i) => `x-${i}: y`)), 431, 'gateway.head-too-large'],
    [
      'a list that grows when joined',
      get('/v1/x', ...Array.from({ length: 400 }, () => 'accept: abcdefgh')),
      431,
      'gateway.head-too-large',
    ],
    ['a field that has no end', `GET /v1/x HTTP/1.1\r\n${'a'.repeat(20_000)}`, 431, 'gateway.head-too-large'],
    ['a method it does not serve', 'OPTIONS /v1/x HTTP/1.1\r\nhost: h\r\n\r\n', 405, 'gateway.method-not-allowed'],
    ['CONNECT', 'CONNECT example.com:443 HTTP/1.1\r\nhost: h\r\n\r\n', 405, 'gateway.method-not-allowed'],
    ['a method that nobody knows', 'BREW /v1/x HTTP/1.1\r\nhost: h\r\n\r\n', 501, 'gateway.method-unknown'],
    ['HTTP/3.7', 'GET /v1/x HTTP/3.7\r\nhost: h\r\n\r\n', 505, 'gateway.http-version'],
    ['an expectation it cannot meet', get('/v1/x', 'expect: the-unexpected'), 417, 'gateway.expectation'],
    ['a request without Host', 'GET /v1/x HTTP/1.1\r\n\r\n', 400, 'gateway.bad-request'],
    ['two Host fields', get('/v1/x', 'host: g'), 400, 'gateway.bad-request'],
    ['two Authorization fields', get('/v1/x', 'authorization: a', 'authorization: b'), 400, 'gateway.bad-request'],
    ['an absolute target', get('http://h/v1/x'), 400, 'gateway.bad-request'],
    ['a broken percent escape', get('/v1/%4'), 400, 'gateway.bad-request'],
    ['an escaped NUL', get('/v1/a%00b'), 400, 'gateway.bad-request'],
    ['escapes that are not UTF-8', get('/v1/%c3%28'), 400, 'gateway.bad-request'],
    ['an overlong escape', get('/v1/%c0%af'), 400, 'gateway.bad-request'],
    ['an escaped surrogate in the query', get('/v1/x?a=%ed%a0%80'), 400, 'gateway.bad-request'],
    ['raw bytes in the path', Buffer.from('GET /v1/\xe4 HTTP/1.1\r\nhost: h\r\n\r\n', 'latin1'), 400, 'gateway.bad-request'],
    ['a field that is not UTF-8', Buffer.from(get('/v1/x', 'authorization: \xe4'), 'latin1'), 400, 'gateway.bad-request'],
    ['two lengths', 'POST /v1/x HTTP/1.1\r\nhost: h\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd', 400, 'gateway.bad-request'],
    [
      'length and chunks',
      'POST /v1/x HTTP/1.1\r\nhost: h\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
      'gateway.bad-request',
    ],
    ['another transfer coding', 'POST /v1/x HTTP/1.1\r\nhost: h\r\ntransfer-encoding: gzip\r\n\r\n', 400, 'gateway.bad-request'],
    ['a bad chunk', 'POST /v1/x HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n', 400, 'gateway.bad-request'],
    ['a folded line', get('/v1/x', 'accept: a\r\n b'), 400, 'gateway.bad-request'],
    ['a space before the colon', get('/v1/x', 'accept : a'), 400, 'gateway.bad-request'],
    ['lines without carriage return', 'GET /v1/x HTTP/1.1\nhost: h\n\n', 400, 'gateway.bad-request'],
    [
      'another WebSocket version',
      get('/v1/x', ...without('sec-websocket-version'), 'sec-websocket-version: 8'),
      426,
      'gateway.websocket-version',
    ],
    ['a WebSocket without a key', get('/v1/x', ...without('sec-websocket-key')), 400, 'gateway.bad-request'],
    ['a WebSocket by POST', `POST /v1/x HTTP/1.1\r\nhost: h\r\n${handshake.join('\r\n')}\r\n\r\n`, 400, 'gateway.bad-request'],
    ['a WebSocket with unknown subprotocols only', get('/v1/x', ...handshake, 'sec-websocket-protocol: chat'), 400, 'gateway.bad-request'],
    [
      'credentials given twice',
      get('/v1/x', ...handshake, 'authorization: Bearer a', 'sec-websocket-protocol: corbel.serial, bearer.b'),
      400,
      'gateway.bad-request',
    ],
  ])('%s', async (_, bytes, status, code) => {
    const before = controld.requests.length
    const answer = await exchange(gateway.port, bytes)
    expect([statusOf(answer), problemCode(answer)]).toEqual([status, code])
    expect(answer).toContain('content-type: application/problem+json')
    expect(answer).toContain('connection: close')
    expect(controld.requests.length, 'nothing reached controld').toBe(before)
  })
})

it('the head may be just 8 KiB', async () => {
  const answer = await exchange(gateway.port, get('/v1/x', `cookie: ${'a'.repeat(8 * 1024 - 100)}`, 'connection: close'))
  expect(statusOf(answer)).toBe(200)
})

it('random bytes inside TLS are answered with 400 or closed', async () => {
  let seed = 1
  const random = () => {
    seed = (seed * 48271) % 0x7fffffff
    return seed & 0xff
  }
  for (let round = 0; round < 20; round++) {
    const bytes = Buffer.from(Array.from({ length: 2000 }, random))
    expect([400, 501, 505]).toContain(statusOf(await exchange(gateway.port, bytes)))
  }
})

it('bytes that come one by one make the same request', async () => {
  const connection = await connectRaw(gateway.port)
  connection.socket.setNoDelay(true)
  for (const byte of get('/v1/slow?a=b', 'if-match: "1"', 'connection: close')) {
    await new Promise((resolve) => connection.socket.write(byte, resolve))
  }
  await connection.closed
  expect(statusOf(connection.received())).toBe(200)
  expect(controld.requests.at(-1)?.head).toMatchObject({ path: '/v1/slow', query: 'a=b', headers: { 'if-match': '"1"' } })
})

it('an address has 32 connections; the 33rd is closed before TLS, and works once one is free', async () => {
  const connections: RawConnection[] = []
  for (let i = 0; i < 32; i++) connections.push(await connectRaw(gateway.port))
  const refused = connect(gateway.port, '127.0.0.1')
  const closed = new Promise<void>((resolve) => refused.once('close', () => resolve()).on('error', () => undefined))
  await within('close', closed, 5000)
  const [first] = connections
  first?.socket.destroy()
  await until(
    'a free place',
    () =>
      connectRaw(gateway.port).then(
        (connection) => connections.push(connection),
        () => false,
      ),
    { timeoutMs: 5000 },
  )
  for (const connection of connections) connection.socket.destroy()
  await placesFree()
})

it('an address may send 16 bodies at once; one more is told to come back, a request without one is served', async () => {
  const connections = await Promise.all(Array.from({ length: 16 }, () => connectRaw(gateway.port)))
  const post = 'POST /v1/x HTTP/1.1\r\nhost: h\r\ncontent-length: 4\r\nexpect: 100-continue\r\n\r\n'
  for (const { socket } of connections) socket.write(post)
  await until('16 told to continue', () => connections.every(({ received }) => received().includes('100 Continue')), { timeoutMs: 5000 })
  const answer = await exchange(gateway.port, post)
  expect([statusOf(answer), problemCode(answer)]).toEqual([503, 'gateway.busy'])
  expect((await fetchFrom(gateway.port, '/v1/x')).status).toBe(200)
  for (const { socket } of connections) socket.write('abcd')
  await until('16 answered', () => connections.every(({ received }) => received().endsWith('ok')), { timeoutMs: 5000 })
  for (const { socket } of connections) socket.destroy()
})

it('there are 256 connections in all, from any number of addresses', async () => {
  const open = Array.from({ length: 10 * 30 }, (_, i) =>
    connect({ port: gateway.port, host: '127.0.0.1', localAddress: `127.0.1.${1 + Math.floor(i / 30)}` }),
  )
  const closed = new Set<number>()
  open.forEach((socket, i) => {
    socket.on('error', () => undefined).once('close', () => closed.add(i))
  })
  await until('44 refused', () => closed.size >= 44, { timeoutMs: 10_000, seen: () => `${closed.size} refused` })
  expect(closed.size).toBe(44)
  for (const socket of open) socket.destroy()
  await placesFree()
})

it('with all places taken, the longest idle connection makes place for a new one; a request that has begun does not', async () => {
  const begun = await connectRaw(gateway.port)
  begun.socket.write('GET /v1/x HTTP/1.1\r\n')
  const closed: number[] = []
  const open = (i: number) =>
    new Promise<Socket>((resolve, reject) => {
      const socket = connect({ port: gateway.port, host: '127.0.0.1', localAddress: `127.0.1.${1 + Math.floor(i / 30)}` })
      socket.once('connect', () => resolve(socket)).once('error', reject)
      socket.once('close', () => closed.push(i))
    })
  const sockets = [await open(0)]
  sockets.push(...(await Promise.all(Array.from({ length: 254 }, (_, i) => open(i + 1)))))
  expect((await fetchFrom(gateway.port, '/v1/x')).status).toBe(200)
  expect(closed).toEqual([0])
  begun.socket.write('host: h\r\nconnection: close\r\n\r\n')
  await within('answer', begun.closed, 5000)
  expect(statusOf(begun.received())).toBe(200)
  for (const socket of sockets) socket.destroy()
})

it('a connection that says nothing is asked after 30 seconds whether it is still there', async () => {
  const { socket } = await connectRaw(gateway.port)
  socket.write(get('/v1/x'))
  // @source Documentation/networking/proc_net_tcp.rst: timer 02 is keep-alive, then its time left in hundredths of a second.
  const timers = async () =>
    (await Promise.all(['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'utf8'))))
      .flatMap((text) => text.split('\n').map((line) => line.trim().split(/\s+/)))
      .filter(([, local, remote]) => portOf(local) === gateway.port && portOf(remote) === socket.localPort)
      .map((fields) => fields[5]?.split(':').map((text) => Number.parseInt(text, 16)) ?? [])
  await until('a timer that is keep-alive', async () => (await timers()).some(([kind]) => kind === 2), { timeoutMs: 5000 })
  expect((await timers())[0]?.[1]).toBeLessThanOrEqual(3000)
  socket.destroy()
})

const portOf = (address: string | undefined) => Number.parseInt(address?.split(':')[1] ?? '', 16)
