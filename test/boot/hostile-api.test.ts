// What a hostile or broken client can send: each gets a clear answer or is cut off, and the service goes on unharmed.

import { connect } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { ApiClient } from '../harness/api-client.ts'
import { leftToE2e } from '../harness/sample.ts'
import { guestSpecs } from '../harness/vm-client.ts'
import { pause, until } from '../harness/wait.ts'
import { booted } from './booted.ts'
import { roleMatrixOf } from './role-matrix.ts'

let processesAtStart = ''
const host = booted({ name: 'hostile-api', probe: true }, async (appliance) => {
  await appliance.readyAndLoggedIn()
  processesAtStart = await servicePids(appliance)
})

/** controld and the gateway: the same processes before and after mean that neither was restarted. */
async function servicePids(appliance = host()): Promise<string> {
  const processes = await appliance.probe.processes()
  const ours = processes.filter(({ argv }) => /controld\.qjb|gatewayd/.test(argv.join(' ')))
  expect(ours).toHaveLength(2)
  return ours
    .map(({ pid, argv }) => `${pid} ${argv.at(-1)}`)
    .sort()
    .join('; ')
}

afterEach(async () => {
  expect((await host().api.request('GET', '/v1/health')).status).toBe(200)
  expect(await servicePids()).toBe(processesAtStart)
})

const protectedRoutes = [
  ['GET', '/v1/host'],
  ['GET', '/v1/vms'],
  ['POST', '/v1/vms'],
  ['GET', '/v1/tasks'],
  ['GET', '/v1/events'],
  ['GET', '/v1/datastores'],
  ['POST', '/v1/host/power-off'],
  ['GET', '/v1/vms/5f0c7f0e-1111-4222-8333-123456789abc/console/log'],
] as const

describe('without rights', () => {
  it.each(protectedRoutes)('%s %s is refused without a token, and with a wrong one', async (method, path) => {
    const { api } = host()
    const body = method === 'POST' ? { body: {} } : {}
    for (const authorization of ['', 'Bearer 0000', 'Basic YTpi']) {
      expect(await api.request(method, path, { ...body, headers: { authorization } })).toMatchObject({ status: 401 })
    }
  })

  it('the console’s routes are nobody’s over the network', async () => {
    const { api } = host()
    for (const [method, path] of [
      ['POST', '/v1/setup'],
      ['GET', '/v1/console/status'],
    ] as const) {
      const answer = await api.request(method, path, method === 'POST' ? { body: { password: 'twelve letters' } } : {})
      expect(answer.status).toBeGreaterThan(400)
      expect(answer.status).toBeLessThan(500)
    }
  })
})

const badBodies: readonly (readonly [string, string, number, RegExp])[] = [
  ['no JSON', '{"name": ', 400, /./],
  ['nothing', '', 422, /./],
  ['an array', '[]', 422, /./],
  ['a number', '7', 422, /./],
  ['a wrong type', '{"name":"a","vcpus":"two"}', 422, /vcpus/],
  ['an unknown field', '{"name":"a","colour":"blue"}', 422, /colour/],
  ['a value out of range', '{"name":"a","memoryMiB":1}', 422, /memoryMiB/],
  ['a path out of the datastore', '{"name":"a","disks":[{"datastore":"local","file":"../x","format":"raw"}]}', 422, /disks\[0\]\.file/],
  ['__proto__', '{"name":"a","__proto__":{"vcpus":64}}', 422, /./],
  ['very deep nesting', '['.repeat(30_000), 400, /./],
  ['bytes that are no UTF-8', '{"name":"\u00ff"}', 400, /./],
]

describe('a body with', () => {
  it.each(badBodies)('%s is refused with a problem', async (_, body, status, field) => {
    const { api } = host()
    const answer = await api.request('POST', '/v1/vms', {
      rawBody: Buffer.from(body, 'latin1'),
      headers: { 'content-type': 'application/json' },
    })
    expect([400, 422]).toContain(answer.status)
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(answer.json).toMatchObject({ status: answer.status, code: expect.stringMatching(/^[a-z-]+(\.[a-z-]+)*$/) as string })
    expect(answer.text).toMatch(field)
    if (status === 400) expect(answer.status).toBe(400)
    expect(await host().vms.list()).toEqual([])
  })

  it('several mistakes has all of them named at once', async () => {
    const body = { name: '-', vcpus: 0, memoryMiB: 'much', colour: 'blue' }
    const { text } = await host().api.request('POST', '/v1/vms', { body })
    for (const field of ['name', 'vcpus', 'memoryMiB', 'colour']) expect(text).toContain(`"${field}"`)
  })

  it('10 MiB is refused without being read to the end', async () => {
    const answer = await host()
      .api.request('POST', '/v1/vms', { rawBody: Buffer.alloc(10 * 2 ** 20, 0x61) })
      .catch((error: Error) => error)
    // Either the answer got through, or the connection was cut while this side was still sending.
    if (answer instanceof Error) expect(answer.message).toMatch(/ECONNRESET|EPIPE|socket hang up|closed/)
    else expect(answer.status).toBe(413)
  })

  it('a declared length of 10 MiB is refused at its head', async () => {
    const socket = await host().api.rawConnection()
    socket.write(`POST /v1/vms HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${10 * 2 ** 20}\r\n\r\n`)
    expect(await textUntilClosed(socket, /^HTTP\/1\.1 \d+/)).toMatch(/^HTTP\/1\.1 413/)
    socket.destroy()
  })
})

/** What the server sends until `pattern` is there or it closes; never longer than 40 s. */
async function textUntilClosed(socket: TLSSocket, pattern: RegExp): Promise<string> {
  let text = ''
  let closed = false
  socket.on('data', (data: Buffer) => {
    text += data.toString('latin1')
  })
  socket.on('close', () => {
    closed = true
  })
  await until('answer or close', () => closed || pattern.test(text), { timeoutMs: 40_000 })
  return text
}

describe('a request that is', () => {
  it.each([
    ['of an unknown path', 'GET', '/v1/nothing', 404],
    ['of an unknown method', 'BREW', '/v1/vms', 405],
    ['a change without If-Match', 'PATCH', '/v1/vms/ID', 428],
    ['a change of an older revision', 'PATCH', '/v1/vms/ID', 412],
  ])('%s is refused', async (_, method, path, status) => {
    const { api, vms } = host()
    const { id } = await vms.create(guestSpecs.diskless('target'))
    const headers: Record<string, string> = status === 412 ? { 'if-match': '"999"' } : {}
    const body = method === 'PATCH' ? { body: { vcpus: 2 } } : {}
    const answer = await api.request(method, path.replace('ID', id), { ...body, headers })
    await vms.remove(id)
    // What the HTTP library does not know at all it may call a bad request.
    expect(status === 405 ? [400, 404, 405, 501] : [status]).toContain(answer.status)
  })

  it.each([
    ['no HTTP', 'HELLO\r\n\r\n'],
    ['a head larger than 8 KiB', `GET /v1/vms HTTP/1.1\r\nHost: x\r\nX-Long: ${'a'.repeat(20_000)}\r\n\r\n`],
    ['two lengths', 'POST /v1/vms HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde'],
    ['a length and chunks', 'POST /v1/vms HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a path out of the static files', 'GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n'],
  ])('%s gets a 4xx or is cut off', async (_, bytes) => {
    const socket = await host().api.rawConnection()
    socket.write(bytes)
    const text = await textUntilClosed(socket, /^HTTP\/1\.[01] \d+/)
    if (text !== '') expect(text).toMatch(/^HTTP\/1\.[01] (4\d\d|501)/)
    socket.destroy()
  })

  it('no TLS is cut off', async () => {
    const socket = connect(host().api.port, '127.0.0.1')
    socket.on('error', () => {})
    let closed = false
    socket.on('close', () => {
      closed = true
    })
    socket.resume()
    socket.write('GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n')
    await until('close', () => closed, { timeoutMs: 40_000 })
  })
})

describe('connections that', () => {
  it('stay half-open are cut off, and others are served meanwhile', async () => {
    const { api } = host()
    const sockets = await Promise.all(Array.from({ length: 16 }, () => api.rawConnection()))
    const closed = new Set<TLSSocket>()
    for (const socket of sockets) {
      socket.on('close', () => closed.add(socket))
      socket.resume()
      socket.write('POST /v1/vms HTTP/1.1\r\nHost: x\r\nContent-Len')
    }
    expect((await api.request('GET', '/v1/vms')).status).toBe(200)
    await until('close of all half-open connections', () => closed.size === sockets.length, { timeoutMs: 40_000 })
  })

  it('send a byte now and then are cut off too', async () => {
    const { api } = host()
    const socket = await api.rawConnection()
    let closed = false
    socket.on('close', () => {
      closed = true
    })
    socket.resume()
    const head = Buffer.from(`GET /v1/vms HTTP/1.1\r\nHost: x\r\nX-Slow: ${'a'.repeat(1000)}`)
    const deadline = performance.now() + 40_000
    for (let at = 0; !closed && performance.now() < deadline; at++) {
      socket.write(head.subarray(at, at + 1))
      // The pace of the attack, not a wait for anything.
      await pause(500)
    }
    expect(closed).toBe(true)
    expect((await api.request('GET', '/v1/vms')).status).toBe(200)
  })
})

describe.skipIf(leftToE2e)('with the rights of each role', () => roleMatrixOf(host))

describe('guessing passwords', () => {
  it('is slowed down', async () => {
    const { api } = host()
    const stranger = new ApiClient(api.port, api.fingerprint)
    const statuses = new Set<number>()
    for (let n = 0; n < 30 && !statuses.has(429); n++) {
      const body = { username: 'administrator', password: `wrong number ${n}` }
      const answer = await stranger.request('POST', '/v1/login', { body })
      statuses.add(answer.status)
      if (answer.status === 429) expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0)
    }
    stranger.close()
    expect([...statuses].sort()).toEqual([401, 429])
    // Whoever is logged in already is not locked out.
    expect((await api.request('GET', '/v1/vms')).status).toBe(200)
  })
})
