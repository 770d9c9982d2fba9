// WebSockets on a descriptor that controld passes; megabytes both ways, refusal, credentials in a subprotocol.
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { pause, until, within } from '../harness/wait.ts'
import { exchange, fetchFrom, problemCode, statusOf } from './client.ts'
import { type AttachPeer, cpuTicks, type Gateway, startAttachPeer, startGateway } from './gateway.ts'

let gateway: Gateway
let peer: AttachPeer

beforeAll(async () => {
  gateway = await startGateway('websocket')
  peer = await startAttachPeer(gateway.controlPath)
})
afterAll(async () => {
  await gateway.stop()
  await peer.stop()
})

const mebibyte = 1024 * 1024

async function open(path: string, protocols: string[] = [], headers: Record<string, string> = {}): Promise<WebSocket> {
  const socket = new WebSocket(`wss://127.0.0.1:${gateway.port}${path}`, protocols, { rejectUnauthorized: false, headers })
  await within('WebSocket', new Promise<void>((resolve, reject) => socket.once('open', resolve).once('error', reject)), 10_000)
  return socket
}

/** Collects what a socket says; resolves with its close code at its end. */
function collect(socket: WebSocket): { bytes: () => Buffer; length: () => number; closed: Promise<number> } {
  const chunks: Buffer[] = []
  let length = 0
  socket.on('message', (data: Buffer, isBinary) => {
    expect(isBinary).toBe(true)
    chunks.push(data)
    length += data.length
  })
  return { bytes: () => Buffer.concat(chunks), length: () => length, closed: new Promise((resolve) => socket.once('close', resolve)) }
}

it('bytes and text go to the descriptor and come back as bytes', async () => {
  const socket = await open('/v1/echo')
  const { bytes } = collect(socket)
  socket.send(Buffer.from([0, 1, 254, 255]))
  socket.send('text')
  await until('echo', () => bytes().equals(Buffer.concat([Buffer.from([0, 1, 254, 255]), Buffer.from('text')])), { timeoutMs: 5000 })
  socket.close()
})

it('8 MiB come back unchanged though the client begins to read only when it has sent what it could', async () => {
  const socket = await open('/v1/echo')
  const { bytes, length } = collect(socket)
  const sent = Buffer.from(Array.from({ length: 8 * mebibyte }, (_, i) => (i * 7 + (i >> 8)) & 0xff))
  socket.pause()
  for (let at = 0; at < sent.length; at += 100_000) socket.send(sent.subarray(at, at + 100_000))
  // Back-pressure has come all the way from the descriptor: the client's own queue no longer moves.
  let queued = -1
  await until(
    'standstill',
    () => {
      const before = queued
      queued = socket.bufferedAmount
      return queued > 0 && queued === before
    },
    { timeoutMs: 20_000, intervalMs: 250 },
  )
  expect(queued).toBeGreaterThan(mebibyte)
  // … and the gateway waits without spinning.
  const ticks = cpuTicks(gateway.pid)
  await pause(1000)
  expect(cpuTicks(gateway.pid) - ticks).toBeLessThan(20)
  socket.resume()
  await until('8 MiB', () => length() >= sent.length, { timeoutMs: 30_000, seen: () => `${length()} bytes` })
  expect(bytes().equals(sent)).toBe(true)
  socket.close()
})

it('what the descriptor says before its end arrives whole, and then the WebSocket is closed with 1000', async () => {
  const socket = await open('/v1/source')
  socket.pause()
  const { bytes, length, closed } = collect(socket)
  socket.resume()
  expect(await within('close', closed, 20_000)).toBe(1000)
  expect(length()).toBe(4 * mebibyte)
  expect(bytes().every((byte, i) => byte === (i % 65536) % 251)).toBe(true)
})

it('a refusal is an ordinary answer', async () => {
  const socket = new WebSocket(`wss://127.0.0.1:${gateway.port}/v1/refused`, { rejectUnauthorized: false })
  socket.on('error', () => undefined)
  const status = new Promise<number>((resolve) => socket.once('unexpected-response', (_, response) => resolve(response.statusCode ?? 0)))
  expect(await within('refusal', status, 5000)).toBe(403)
  const answer = await exchange(
    gateway.port,
    'GET /v1/refused HTTP/1.1\r\nhost: h\r\nconnection: upgrade, close\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  )
  expect([statusOf(answer), problemCode(answer)]).toEqual([403, 'auth.forbidden'])
})

it('a token in a subprotocol becomes the Authorization field and is not echoed', async () => {
  const socket = await open('/v1/echo?a=b', ['corbel.serial', 'bearer.s3cret-Token_1'])
  expect(socket.protocol).toBe('corbel.serial')
  await expect
    .poll(() => peer.heads().at(-1))
    .toMatchObject({
      path: '/v1/echo',
      query: 'a=b',
      upgrade: 'websocket',
      headers: { authorization: 'Bearer s3cret-Token_1' },
    })
  expect(gateway.log()).not.toContain('s3cret')
  socket.close()
})

it('the Authorization field works too', async () => {
  const socket = await open('/v1/echo', ['corbel.serial'], { authorization: 'Bearer t' })
  await expect.poll(() => peer.heads().at(-1)).toMatchObject({ headers: { authorization: 'Bearer t' } })
  socket.close()
})

it('the handshake follows the standard', async () => {
  const socket = await open('/v1/echo')
  const pong = new Promise<Buffer>((resolve) => socket.once('pong', resolve))
  socket.ping('are you there')
  expect((await within('pong', pong, 5000)).toString()).toBe('are you there')
  const { closed } = collect(socket)
  socket.close(1000)
  expect(await within('close', closed, 5000)).toBe(1000)
})

it('a frame with a reserved bit, which belongs to extensions that are never agreed on, ends the connection', async () => {
  const upgrade = 'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=='
  const reserved = '\xc2\x81\x00\x00\x00\x00a'
  const answer = await exchange(gateway.port, Buffer.from(`GET /v1/echo HTTP/1.1\r\nhost: h\r\n${upgrade}\r\n\r\n${reserved}`, 'latin1'))
  expect(answer).toMatch(/^HTTP\/1\.1 101 /)
  expect(answer).toMatch(/sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=/i)
  // A close frame with 1002, a protocol error.
  expect(answer).toMatch(/\r\n\r\n\x88.\x03\xea/s)
})

it('a descriptor that comes with another frame is a breach, and is closed', async () => {
  await until('rest', () => gateway.openDescriptors() < 20, { timeoutMs: 10_000 })
  const before = gateway.openDescriptors()
  for (let i = 0; i < 5; i++) {
    // The frame itself is in order, so its answer counts.
    expect((await fetchFrom(gateway.port, '/v1/stray')).status).toBe(200)
    await until('breach', () => gateway.log().split('controld broke the frame protocol').length - 1 === i + 1, { timeoutMs: 5000 })
  }
  await until('rest', () => gateway.openDescriptors() <= before, {
    timeoutMs: 5000,
    seen: () => `${gateway.openDescriptors()} against ${before}`,
  })
})

it('64 are open at once, one more is told to come back, and all descriptors are given back', async () => {
  await until('rest', () => gateway.openDescriptors() < 20, { timeoutMs: 10_000 })
  const before = gateway.openDescriptors()
  const sockets: WebSocket[] = []
  for (let i = 0; i < 64; i++) {
    const socket = new WebSocket(`wss://127.0.0.1:${gateway.port}/v1/echo`, {
      rejectUnauthorized: false,
      localAddress: `127.0.2.${1 + (i % 4)}`,
    })
    await within('WebSocket', new Promise<void>((resolve, reject) => socket.once('open', resolve).once('error', reject)), 10_000)
    sockets.push(socket)
  }
  await expect(open('/v1/echo')).rejects.toThrow('503')
  for (const socket of sockets) socket.terminate()
  await until('rest', () => gateway.openDescriptors() <= before, {
    timeoutMs: 10_000,
    seen: () => `${gateway.openDescriptors()} against ${before}`,
  })
})
