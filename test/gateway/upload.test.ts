// Bodies that are streamed: past every limit of size, at the pace of who takes them, and never more of them in memory than what is on its way.
import { writeFileSync } from 'node:fs'
import type { ClientRequest, IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { until, within } from '../harness/wait.ts'
import { connectRaw, exchange, fetchFrom, problemCode, statusOf } from './client.ts'
import { type AttachPeer, type Gateway, processStatus, startAttachPeer, startGateway } from './gateway.ts'

const MIB = 1_048_576
const OCTETS = { 'content-type': 'application/octet-stream' }

let gateway: Gateway
let peer: AttachPeer

beforeAll(async () => {
  gateway = await startGateway('upload')
  peer = await startAttachPeer(gateway.controlPath)
})
afterAll(async () => {
  await gateway.stop()
  await peer.stop()
})

/** FNV-1a, 64 bits. */
function sumOf(bytes: Buffer): string {
  let sum = 14_695_981_039_346_656_037n
  for (const byte of bytes) sum = ((sum ^ BigInt(byte)) * 1_099_511_628_211n) & 0xffff_ffff_ffff_ffffn
  return sum.toString(16).padStart(16, '0')
}

const pattern = (length: number) => Buffer.from(Array.from({ length }, (_, at) => (at * 7 + (at >> 8)) & 0xff))
const put = (path: string, body: Buffer, headers = {}) =>
  fetchFrom(gateway.port, path, { method: 'PUT', body, headers: { ...OCTETS, ...headers } })

interface Sending {
  readonly request: ClientRequest
  readonly response: Promise<IncomingMessage>
}

/** A request whose body the test writes itself. */
function begin(path: string, sizeBytes: number, headers = {}): Sending {
  const request = httpsRequest({
    ...{ host: '127.0.0.1', port: gateway.port, path, method: 'PUT', agent: false, rejectUnauthorized: false },
    headers: { ...OCTETS, 'content-length': sizeBytes, ...headers },
  })
  const response = new Promise<IncomingMessage>((resolve, reject) => request.once('response', resolve).once('error', reject))
  response.catch(() => {})
  request.flushHeaders()
  return { request, response }
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of response) text += String(chunk)
  return text
}

/** As controld has read it of a body of this length. */
async function headOf(length: number): Promise<Record<string, unknown>> {
  const find = () => peer.heads().findLast(({ bodyBytes }) => bodyBytes === length) ?? null
  return until('head', async () => find(), { timeoutMs: 5000 })
}

const received = () => peer.heads().flatMap(({ received: bytes }) => (typeof bytes === 'number' ? [bytes] : []))

describe('a streamed body', () => {
  it.each([1, 16_384, 16_385, 3_000_001])('of %i bytes goes to the descriptor as it is', async (length) => {
    const bytes = pattern(length)
    const { status, text } = await put('/v1/take', bytes)
    expect({ status, ...JSON.parse(text) }).toEqual({ status: 201, bytes: length, sum: sumOf(bytes) })
    expect(await headOf(length)).toMatchObject({ method: 'PUT', path: '/v1/take' })
  })

  it('tells its digest to controld', async () => {
    await put('/v1/take', pattern(10), { 'content-digest': 'sha-256=:AAAA:' })
    expect(await headOf(10)).toMatchObject({ headers: { 'content-digest': 'sha-256=:AAAA:' } })
  })

  it('waits for 100 Continue where the client wants that', async () => {
    const { request, response } = begin('/v1/take', 5, { expect: '100-continue' })
    await within('100 Continue', new Promise((resolve) => request.once('continue', resolve)), 5000)
    request.end('hello')
    expect((await response).statusCode).toBe(201)
    request.destroy()
  })

  it('leaves the connection to the next request', async () => {
    const connection = await connectRaw(gateway.port)
    const head = 'PUT /v1/take HTTP/1.1\r\nHost: a\r\nContent-Type: application/octet-stream\r\nContent-Length: 5\r\n\r\n'
    connection.socket.write(`${head}hello${head}again`)
    await until('two answers', () => connection.received().split('HTTP/1.1 201').length === 3, {
      timeoutMs: 5000,
      seen: connection.received,
    })
    connection.socket.destroy()
  })

  it('is taken at the pace of its reader, and kept nowhere meanwhile', async () => {
    const before = Number(processStatus(gateway.pid, 'VmRSS').split(' ')[0])
    const { request, response } = begin('/v1/slow', 64 * MIB)
    const piece = pattern(65_536)
    let sent = 0
    const pump = () => {
      while (sent < 64 * MIB) {
        sent += piece.length
        if (!request.write(piece)) return void request.once('drain', pump)
      }
      request.end()
    }
    pump()
    let last = -1
    const standstill = () => {
      const still = sent === last
      last = sent
      return still
    }
    await until('standstill', standstill, { timeoutMs: 20_000, intervalMs: 500 })
    expect(sent).toBeLessThan(24 * MIB)
    expect(Number(processStatus(gateway.pid, 'VmRSS').split(' ')[0]) - before).toBeLessThan(8 * 1024)
    writeFileSync(`${gateway.controlPath}.go`, '')
    expect(JSON.parse(await bodyOf(await within('answer', response, 60_000)))).toMatchObject({ bytes: 64 * MIB })
  })
})

describe('an upload ends early', () => {
  it('when controld does not want it, before anything was sent', async () => {
    const { request, response } = begin('/v1/refuse', 100 * MIB, { expect: '100-continue' })
    let asked = false
    request.once('continue', () => {
      asked = true
    })
    const answer = await within('answer', response, 5000)
    expect({ status: answer.statusCode, asked }).toEqual({ status: 403, asked: false })
    request.destroy()
  })

  it('when controld does not want it, to a client that sends all the same', async () => {
    const { status } = await put('/v1/refuse', pattern(2 * MIB))
    expect(status).toBe(403)
  })

  it('when its reader has had enough, with the reader’s answer', async () => {
    const { request, response } = begin('/v1/quit', 100 * MIB)
    request.on('error', () => {})
    const piece = pattern(65_536)
    const timer = setInterval(() => request.write(piece), 1)
    const answer = await within('answer', response, 10_000).finally(() => clearInterval(timer))
    expect(answer.statusCode).toBe(422)
    request.destroy()
  })

  it('when the client goes, so that the reader sees the end', async () => {
    const count = received().length
    const { request } = begin('/v1/take', 10 * MIB)
    request.on('error', () => {})
    await new Promise((resolve) => request.write(pattern(100_000), resolve))
    await headOf(10 * MIB)
    request.destroy()
    await until('end of the body', () => received().length > count, { timeoutMs: 5000 })
    expect(received().at(-1)).toBeLessThanOrEqual(100_000)
  })
})

describe('refused by the gateway itself', () => {
  const head = (rest: string) =>
    `PUT /v1/take HTTP/1.1\r\nHost: a\r\nContent-Type: application/octet-stream\r\nConnection: close\r\n${rest}\r\n`
  it.each([
    ['a file without a length', head('Transfer-Encoding: chunked\r\n'), 411, 'gateway.length-required'],
    ['a length that is no number', head('Content-Length: 12x\r\n'), 400, 'gateway.bad-request'],
    [
      'a large body that is none to stream',
      head('Content-Length: 1048577\r\n').replace('octet-stream', 'json'),
      413,
      'gateway.body-too-large',
    ],
    ['a large body for what is a file here', head('Content-Length: 1048577\r\n').replace('/v1/take', '/'), 413, 'gateway.body-too-large'],
    ['a large body of another method', head('Content-Length: 1048577\r\n').replace('PUT', 'POST'), 413, 'gateway.body-too-large'],
  ])('is %s', async (_name, bytes, status, code) => {
    const answer = await exchange(gateway.port, bytes)
    expect({ status: statusOf(answer), code: problemCode(answer) }).toEqual({ status, code })
  })

  it('is nothing of a file of no bytes: that is controld’s to say', async () => {
    expect(statusOf(await exchange(gateway.port, head('Content-Length: 0\r\n')))).toBe(403)
  })
})

it('no descriptor is left of all that', async () => {
  const idle = () => gateway.openDescriptors()
  const before = idle()
  for (let i = 0; i < 5; i++) {
    await put('/v1/take', pattern(1000))
    const { request } = begin('/v1/take', MIB)
    request.on('error', () => {})
    request.write('x')
    await until('request', () => peer.heads().at(-1)?.bodyBytes === MIB, { timeoutMs: 5000 })
    request.destroy()
    await until('end', () => received().at(-1) === 1 || received().at(-1) === 0, { timeoutMs: 5000 })
  }
  await until('the descriptors of before', () => idle() <= before, { timeoutMs: 10_000, seen: () => `${idle()} after ${before}` })
})
