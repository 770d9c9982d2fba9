// What goes through the gateway to controld and back, and what it serves of its own.
import { readFileSync } from 'node:fs'
import { Agent } from 'node:https'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { until } from '../harness/wait.ts'
import { connectRaw, exchange, fetchFrom, problemCode, statusOf } from './client.ts'
import { type Controld, type ControlRequest, startControld } from './controld.ts'
import { type Gateway, processStatus, startGateway } from './gateway.ts'

let gateway: Gateway
let controld: Controld

const echo = (request: ControlRequest) =>
  request.respond(
    200,
    { 'content-type': 'application/json', etag: '"7"' },
    JSON.stringify({ head: request.head, body: request.body.toString() }),
  )

beforeAll(async () => {
  gateway = await startGateway('proxy')
  controld = await startControld(gateway.controlPath, echo)
})
beforeEach(() => {
  controld.handler = echo
})
afterAll(async () => {
  await controld.stop()
  await gateway.stop()
})

const echoed = (text: string) => JSON.parse(text) as { head: ControlRequest['head']; body: string }

describe('a request', () => {
  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])('with %s reaches controld as it is', async (method) => {
    const body = method === 'GET' ? '' : '{"name":"wëb1"}'
    const answer = await fetchFrom(gateway.port, '/v1/vms/a%20b?x=1&y=%2F', { method, body })
    expect(answer.status).toBe(200)
    const { head, body: sent } = echoed(answer.text)
    expect(head).toMatchObject({ method, path: '/v1/vms/a%20b', query: 'x=1&y=%2F' })
    expect(head.remote).toMatch(/^127\.0\.0\.1:\d+$/)
    expect(sent).toBe(body)
  })

  it('comes with the time at which its connection was accepted, on the clock since the boot', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const when = async (options: { readonly agent?: Agent }) =>
      echoed((await fetchFrom(gateway.port, '/v1/vms', options)).text).head.connectedMs ?? 0
    const first = await when({ agent })
    const [uptimeSeconds = ''] = readFileSync('/proc/uptime', 'utf8').split(' ')
    const sinceThen = Number(uptimeSeconds) * 1000 - first
    expect([sinceThen > -20, sinceThen < 20_000]).toEqual([true, true])
    expect(await when({})).toBeGreaterThanOrEqual(first)
    // However late a request comes, it is as old as its connection.
    expect(await when({ agent })).toBe(first)
    agent.destroy()
  })

  it('with HEAD is asked as GET and answered without the body', async () => {
    const answer = await fetchFrom(gateway.port, '/v1/vms', { method: 'HEAD' })
    expect(controld.requests.at(-1)?.head.method).toBe('GET')
    expect(answer).toMatchObject({ status: 200, text: '' })
    expect(Number(answer.headers['content-length'])).toBeGreaterThan(10)
  })

  it('takes along the header fields that controld knows and no others', async () => {
    const known = {
      authorization: 'Bearer "quoted\\"',
      'content-type': 'application/json',
      accept: 'text/plain',
      'if-match': '"7"',
      'if-none-match': '"8"',
      'last-event-id': '12',
      'idempotency-key': 'k-1',
    }
    const answer = await fetchFrom(gateway.port, '/v1/vms', { headers: { ...known, cookie: 'a=b', 'x-forwarded-for': '10.0.0.1' } })
    expect(echoed(answer.text).head.headers).toEqual(known)
  })

  it('may repeat a field that is a list', async () => {
    const answer = await exchange(
      gateway.port,
      'GET /v1/x HTTP/1.1\r\nhost: h\r\nif-match: "1"\r\nIf-Match:  "2" \r\nconnection: close\r\n\r\n',
    )
    expect(answer).toContain('"if-match":"\\"1\\", \\"2\\""'.replaceAll('\\"', '\\"'))
  })

  it('may come with a chunked body', async () => {
    const answer = await exchange(
      gateway.port,
      'POST /v1/vms HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n4\r\nabcd\r\n3\r\nefg\r\n0\r\n\r\n',
    )
    expect(answer).toContain('"body":"abcdefg"')
  })

  it('is told to continue when it asks', async () => {
    const connection = await connectRaw(gateway.port)
    connection.socket.write('POST /v1/vms HTTP/1.1\r\nhost: h\r\ncontent-length: 3\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n')
    await until('100 Continue', () => connection.received() === 'HTTP/1.1 100 Continue\r\n\r\n', { timeoutMs: 5000 })
    connection.socket.write('abc')
    await connection.closed
    expect(connection.received()).toContain('"body":"abc"')
  })

  it('may have a body of 1 MiB', async () => {
    controld.handler = (request) => request.respond(200, {}, String(request.body.length))
    const answer = await fetchFrom(gateway.port, '/v1/vms', { method: 'POST', body: Buffer.alloc(1024 * 1024, 'a') })
    expect(answer.text).toBe('1048576')
  })
})

describe('an answer', () => {
  it('keeps status, ETag, Location and Retry-After, and gets the security headers', async () => {
    controld.handler = (request) => request.respond(429, { etag: '"8"', location: '/v1/tasks/1', 'retry-after': '3', server: 'x' }, '{}')
    const { status, headers } = await fetchFrom(gateway.port, '/v1/login', { method: 'POST' })
    expect(status).toBe(429)
    expect(headers).toMatchObject({
      etag: '"8"',
      location: '/v1/tasks/1',
      'retry-after': '3',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-length': '2',
    })
    expect(headers['strict-transport-security']).toMatch(/^max-age=\d+$/)
    expect(headers.server).toBeUndefined()
  })

  it('with 204 has no body and no length', async () => {
    controld.handler = (request) => request.respond(204)
    const answer = await fetchFrom(gateway.port, '/v1/vms/1', { method: 'DELETE' })
    expect(answer).toMatchObject({ status: 204, text: '' })
    expect(answer.headers['content-length']).toBeUndefined()
  })

  it('of nearly 2 MiB arrives whole', async () => {
    const body = 'abcdefgh'.repeat(250_000)
    controld.handler = (request) => request.respond(200, {}, body)
    expect((await fetchFrom(gateway.port, '/v1/x')).text).toBe(body)
  })
})

describe('a connection', () => {
  it('is kept for many requests', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const remotes = new Set<string>()
    for (let i = 0; i < 20; i++) remotes.add(echoed((await fetchFrom(gateway.port, '/v1/x', { agent })).text).head.remote)
    agent.destroy()
    expect(remotes.size).toBe(1)
  })

  it('answers pipelined requests in their order', async () => {
    const paths = Array.from({ length: 20 }, (_, i) => `/v1/p${i}`)
    const requests = paths.map((path, i) => `GET ${path} HTTP/1.1\r\nhost: h\r\n${i === 19 ? 'connection: close\r\n' : ''}\r\n`)
    const answer = await exchange(gateway.port, requests.join(''))
    expect([...answer.matchAll(/"path":"([^"]+)"/g)].map((match) => match[1])).toEqual(paths)
  })

  it('of HTTP/1.0 is closed after the answer', async () => {
    expect(statusOf(await exchange(gateway.port, 'GET /v1/x HTTP/1.0\r\n\r\n'))).toBe(200)
  })

  it('ignores an upgrade that is not WebSocket', async () => {
    const answer = await exchange(gateway.port, 'GET /v1/x HTTP/1.1\r\nhost: h\r\nconnection: upgrade, close\r\nupgrade: h2c\r\n\r\n')
    expect(statusOf(answer)).toBe(200)
  })
})

describe('a file', () => {
  it.each([
    ['/', 'text/html; charset=utf-8', '<!doctype html><title>Corbel</title>\n'],
    ['/index.html', 'text/html; charset=utf-8', '<!doctype html><title>Corbel</title>\n'],
    ['/v1/openapi.json', 'application/json', '{"openapi":"3.1.0"}\n'],
  ])('%s is served without controld', async (path, type, text) => {
    const before = controld.requests.length
    const answer = await fetchFrom(gateway.port, path)
    expect(answer).toMatchObject({ status: 200, text })
    expect(answer.headers['content-type']).toBe(type)
    expect(answer.headers['content-security-policy']).toContain("default-src 'self'")
    expect(controld.requests.length).toBe(before)
  })

  it('of 3 MiB arrives whole', async () => {
    expect((await fetchFrom(gateway.port, '/large.txt')).text.length).toBe(3 * 1024 * 1024)
  })

  it.each(['/../cert.pem', '/%2e%2e/cert.pem', '/www/index.html', '//index.html', '/openapi.json', '/./index.html'])(
    '%s is not there',
    async (path) => {
      const answer = await exchange(gateway.port, `GET ${path} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n`)
      expect([statusOf(answer), problemCode(answer)]).toEqual([404, 'gateway.not-found'])
    },
  )

  it('cannot be written', async () => {
    const answer = await fetchFrom(gateway.port, '/index.html', { method: 'PUT', body: 'x' })
    expect([answer.status, problemCode(answer.text), answer.headers.allow]).toEqual([405, 'gateway.method-not-allowed', 'GET, HEAD'])
  })
})

describe('the process', () => {
  it('runs as uid 100 without capabilities, with a seccomp filter and no_new_privs', () => {
    const { pid } = gateway
    expect(processStatus(pid, 'Uid').split('\t')).toEqual(['100', '100', '100', '100'])
    expect(processStatus(pid, 'Seccomp')).toBe('2')
    expect(processStatus(pid, 'NoNewPrivs')).toBe('1')
    for (const set of ['CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) expect(Number.parseInt(processStatus(pid, set), 16), set).toBe(0)
  })

  it('leaks no descriptor over a hundred connections', async () => {
    await fetchFrom(gateway.port, '/v1/x')
    await until('idle gateway', () => gateway.openDescriptors() < 30, { timeoutMs: 5000 })
    const before = gateway.openDescriptors()
    for (let i = 0; i < 100; i++) await fetchFrom(gateway.port, i % 2 === 0 ? '/v1/x' : '/')
    await until('the same number of descriptors', () => gateway.openDescriptors() <= before, { timeoutMs: 5000 })
  })
})
