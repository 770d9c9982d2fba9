// Deadlines of the network side, all waited for at once.
import { connect as connectTcp } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { within } from '../harness/wait.ts'
import { connectRaw, problemCode, type RawConnection, statusOf } from './client.ts'
import { type Controld, startControld } from './controld.ts'
import { type AttachPeer, type Gateway, startAttachPeer, startGateway } from './gateway.ts'

let gateway: Gateway
let controld: Controld
let taking: Gateway
let taker: AttachPeer

beforeAll(async () => {
  gateway = await startGateway('deadlines')
  controld = await startControld(gateway.controlPath, () => undefined)
  taking = await startGateway('deadlines-upload')
  taker = await startAttachPeer(taking.controlPath)
})
afterAll(async () => {
  await controld.stop()
  await gateway.stop()
  await taking.stop()
  await taker.stop()
})

/** Seconds until the connection is closed. */
async function lifetime(connection: Pick<RawConnection, 'closed'>, atMostS: number): Promise<number> {
  const begun = performance.now()
  await within('close', connection.closed, atMostS * 1000)
  return (performance.now() - begun) / 1000
}

it.concurrent('a TCP connection without TLS is closed after 10 s', async () => {
  const socket = connectTcp(gateway.port, '127.0.0.1')
  const seconds = await lifetime({ closed: new Promise((resolve) => socket.resume().once('close', () => resolve())) }, 15)
  expect(seconds).toBeGreaterThan(8)
})

it.concurrent('half a TLS handshake is closed after 10 s', async () => {
  const socket = connectTcp(gateway.port, '127.0.0.1')
  socket.write(Buffer.from([0x16, 3, 1, 2, 0, 1, 0]))
  const seconds = await lifetime({ closed: new Promise((resolve) => socket.resume().once('close', () => resolve())) }, 15)
  expect(seconds).toBeGreaterThan(8)
})

it.concurrent('TLS without a request is closed after 10 s', async () => {
  expect(await lifetime(await connectRaw(gateway.port), 15)).toBeGreaterThan(8)
})

it.concurrent('a head that drips in is answered with 408 after 10 s', async () => {
  const connection = await connectRaw(gateway.port)
  connection.socket.write('GET /v1/x HTTP/1.1\r\nhost: h\r\n')
  let drops = 0
  const drip = setInterval(() => connection.socket.write(`x-${drops++}: y\r\n`), 500)
  const seconds = await lifetime(connection, 15).finally(() => clearInterval(drip))
  expect(seconds).toBeGreaterThan(8)
  expect([statusOf(connection.received()), problemCode(connection.received())]).toEqual([408, 'gateway.request-timeout'])
})

it.concurrent('a body that does not come is answered with 408 after 10 s', async () => {
  const connection = await connectRaw(gateway.port)
  connection.socket.write('POST /v1/x HTTP/1.1\r\nhost: h\r\ncontent-length: 100\r\n\r\nabc')
  expect(await lifetime(connection, 15)).toBeGreaterThan(8)
  expect([statusOf(connection.received()), problemCode(connection.received())]).toEqual([408, 'gateway.request-timeout'])
})

it.concurrent('a kept connection is closed after 30 s of silence', async () => {
  const connection = await connectRaw(gateway.port)
  connection.socket.write('GET / HTTP/1.1\r\nhost: h\r\n\r\n')
  expect(await lifetime(connection, 40)).toBeGreaterThan(28)
  expect(statusOf(connection.received())).toBe(200)
})

it.concurrent('an answer that does not come is a 504 after 60 s, and controld is told', async () => {
  const connection = await connectRaw(gateway.port)
  connection.socket.write('GET /v1/never HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n')
  expect(await lifetime(connection, 70)).toBeGreaterThan(58)
  expect([statusOf(connection.received()), problemCode(connection.received())]).toEqual([504, 'gateway.timeout'])
  const request = controld.requests.find(({ head }) => head.path === '/v1/never')
  await within('CANCEL', request?.cancelled ?? Promise.reject(new Error('never asked')), 5000)
})

const upload = 'host: h\r\nconnection: close\r\ncontent-type: application/octet-stream\r\ncontent-length: 100\r\n\r\n'

it.concurrent('a file that nobody wants or refuses is a 504 after 60 s, and controld is told', async () => {
  const connection = await connectRaw(gateway.port)
  connection.socket.write(`PUT /v1/unanswered HTTP/1.1\r\n${upload}abc`)
  expect(await lifetime(connection, 70)).toBeGreaterThan(58)
  expect([statusOf(connection.received()), problemCode(connection.received())]).toEqual([504, 'gateway.timeout'])
  const request = controld.requests.find(({ head }) => head.path === '/v1/unanswered')
  await within('CANCEL', request?.cancelled ?? Promise.reject(new Error('never asked')), 5000)
})

it.concurrent.each([
  ['of which no more comes is answered with 408', '/v1/take', 'abc', 408, 'gateway.request-timeout'],
  ['that is taken and never answered is a 504', '/v1/mute', 'x'.repeat(100), 504, 'gateway.timeout'],
])('a file %s after 60 s', async (_name, path, body, status, code) => {
  const connection = await connectRaw(taking.port)
  connection.socket.write(`PUT ${path} HTTP/1.1\r\n${upload}${body}`)
  expect(await lifetime(connection, 70)).toBeGreaterThan(58)
  expect([statusOf(connection.received()), problemCode(connection.received())]).toEqual([status, code])
})
