// tlsdial against a TLS server in Node: what arrives, what is said of it, and whom it refuses to talk to.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { build, repository } from '../harness/paths.ts'
import { Certificates, Dialled } from './dialled.ts'

let certificates: Certificates
const file = (name: string) => certificates.file(name)

beforeAll(() => {
  certificates = new Certificates('tlsdial-test')
})

const servers: Server[] = []
const running: Dialled[] = []
afterEach(async () => {
  for (const dialled of running.splice(0)) {
    await dialled.stop()
    expect(dialled.errors).toBe('')
  }
  for (const server of servers.splice(0)) server.close()
})

interface Collector {
  readonly port: number
  readonly received: () => string
  readonly sockets: (TLSSocket | Socket)[]
}

async function listening(server: Server): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

async function collect(certificate = 'good', { paused = false, maxVersion = 'TLSv1.3' as 'TLSv1.3' | 'TLSv1.2' } = {}): Promise<Collector> {
  let received = ''
  const sockets: TLSSocket[] = []
  const options = { key: readFileSync(file(`${certificate}.key`)), cert: readFileSync(file(`${certificate}.pem`)), maxVersion }
  const server = createTlsServer(options, (socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    if (!paused) {
      socket.on('data', (chunk: Buffer) => {
        received += chunk.toString()
      })
    }
  })
  server.on('tlsClientError', () => {})
  return { port: await listening(server), received: () => received, sockets }
}

function dial(port: number, { host = 'localhost', flavour = 'asan', trust = ['--authorities', file('authority.pem')] } = {}): Dialled {
  const dialled = new Dialled('tlsdial', ['--host', host, '--port', String(port), ...trust], 106, { flavour })
  running.push(dialled)
  return dialled
}

describe('what is given to it', () => {
  it.each(['asan', 'release'])('arrives, and is told of once the peer has it (%s)', async (flavour) => {
    const collector = await collect()
    const dialled = dial(collector.port, { flavour })
    await dialled.says('connected TLSv1.3')
    expect(dialled.lines[0]).toBe('resolving')
    dialled.control.write('5 hello')
    await dialled.says('acked 7')
    dialled.control.write(' 6 again!')
    await dialled.says('acked 16')
    expect(collector.received()).toBe('5 hello 6 again!')
    dialled.control.end()
    expect(await dialled.ended).toBe(0)
  })

  it('is sent to an address, too, and to a peer that has TLS 1.2 only', async () => {
    const collector = await collect('good', { maxVersion: 'TLSv1.2' })
    const dialled = dial(collector.port, { host: '127.0.0.1' })
    await dialled.says('connected TLSv1.2')
    dialled.control.write('x')
    await dialled.says('acked 1')
  })

  it('is much, and all of it arrives in order', async () => {
    const collector = await collect()
    const dialled = dial(collector.port, { flavour: 'release' })
    const text = Array.from({ length: 200_000 }, (_, index) => `${index}\n`).join('')
    dialled.control.write(text)
    await dialled.says(`acked ${text.length}`)
    expect(collector.received()).toBe(text)
  })

  it('waits where the peer reads nothing: what is told of is less than what was given', async () => {
    const collector = await collect('good', { paused: true })
    const dialled = dial(collector.port, { flavour: 'release' })
    await dialled.says('connected TLSv1.3')
    const bytes = 32 * 1024 * 1024
    dialled.control.write('x'.repeat(bytes))
    await dialled.says(/^acked \d+$/)
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    const acked = Number(dialled.lines.at(-1)?.replace('acked ', ''))
    expect(acked).toBeLessThan(bytes)
    for (const socket of collector.sockets) socket.resume()
    await dialled.says(`acked ${bytes}`)
  })
})

describe('it talks to nobody', () => {
  const silent = () => listening(createServer((socket) => socket.on('error', () => {})))

  it.each<[string, string, string, () => Parameters<typeof dial>[1]]>([
    [
      'with a certificate of an authority that is not trusted',
      'good',
      'untrusted',
      () => ({ trust: ['--authorities', file('stranger.pem')] }),
    ],
    ['with a certificate for another name', 'other', 'name', () => ({})],
    ['with a certificate for a name, when asked for by address', 'expired', 'time|name', () => ({ host: '127.0.0.1' })],
    ['with a certificate whose time is over', 'expired', 'time', () => ({})],
    ['with another certificate than the one that was pinned', 'good', 'fingerprint', () => ({ trust: ['--fingerprint', 'ab'.repeat(32)] })],
  ])('%s', async (_name, certificate, code, options) => {
    const collector = await collect(certificate)
    const dialled = dial(collector.port, options())
    dialled.control.write('secret')
    expect(await dialled.ended).toBe(1)
    expect(dialled.lines.at(-1)).toMatch(new RegExp(`^failed (${code}) `))
    expect(collector.received()).toBe('')
  })

  it('without TLS', async () => {
    const port = await listening(createServer((socket) => socket.on('error', () => {}).end('220 hello\r\n')))
    const dialled = dial(port)
    expect(await dialled.ended).toBe(1)
    expect(dialled.lines.at(-1)).toMatch(/^failed tls no TLS connection: /)
  })

  it('who says nothing', async () => {
    const dialled = dial(await silent())
    expect(await dialled.ended).toBe(1)
    expect(dialled.lines.at(-1)).toBe('failed timeout no TLS within 10 s')
  })

  it('where nobody listens, or the name is none', async () => {
    const nobody = dial(1)
    expect(await nobody.ended).toBe(1)
    expect(nobody.lines.at(-1)).toMatch(/^failed connect localhost port 1: Connection refused$/)
    const nowhere = dial(1, { host: 'no.such.host.invalid' })
    expect(await nowhere.ended).toBe(1)
    expect(nowhere.lines.at(-1)).toMatch(/^failed resolve no\.such\.host\.invalid: /)
  })
})

describe('a pinned certificate', () => {
  it('is trusted whoever signed it, whatever its name and time are', async () => {
    const collector = await collect('expired')
    const pem = readFileSync(file('expired.pem'), 'utf8')
    const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64')
    const dialled = dial(collector.port, { trust: ['--fingerprint', createHash('sha256').update(der).digest('hex')] })
    await dialled.says('connected TLSv1.3')
    dialled.control.write('x')
    await dialled.says('acked 1')
  })
})

describe('a connection that ends', () => {
  it.each(['end', 'destroy'] as const)('by the peer (%s) is told of', async (how) => {
    const collector = await collect()
    const dialled = dial(collector.port)
    await dialled.says('connected TLSv1.3')
    const [socket] = collector.sockets
    if (how === 'end') socket?.end()
    else socket?.destroy()
    expect(await dialled.ended).toBe(1)
    expect(dialled.lines.at(-1)).toMatch(/^failed closed /)
  })
})

it('says how it is used when it is not used so', async () => {
  const result = spawn(join(repository, 'image/in-tools'), [join(build, 'hv-core/asan/tlsdial'), '--host', 'x'], { stdio: 'ignore' })
  expect(await new Promise((resolve) => result.once('exit', resolve))).toBe(64)
})
