// What of TLS is spoken, and what becomes of peers that do not speak it.
import { connect as connectTcp } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { within } from '../harness/wait.ts'
import { connectRaw, fetchFrom } from './client.ts'
import { type Gateway, startGateway } from './gateway.ts'

let gateway: Gateway

beforeAll(async () => {
  gateway = await startGateway('tls')
})
afterAll(() => gateway.stop())

describe('TLS', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)('%s is spoken', async (version) => {
    const { socket } = await connectRaw(gateway.port, { minVersion: version, maxVersion: version, ALPNProtocols: ['h2', 'http/1.1'] })
    expect(socket.getProtocol()).toBe(version)
    expect(socket.alpnProtocol).toBe('http/1.1')
    socket.destroy()
  })

  it.each(['TLSv1', 'TLSv1.1'] as const)('%s is refused', async (version) => {
    const old = { minVersion: version, maxVersion: version, ciphers: 'ALL:@SECLEVEL=0' } as const
    await expect(connectRaw(gateway.port, old)).rejects.toThrow(/protocol version|unsupported protocol/i)
  })

  it.each(['AES128-SHA', 'AES256-GCM-SHA384', 'ECDHE-ECDSA-AES128-SHA256'])('the cipher %s is refused', async (ciphers) => {
    await expect(connectRaw(gateway.port, { maxVersion: 'TLSv1.2', ciphers })).rejects.toThrow(/handshake failure/i)
  })

  it.each(['localhost', 'websocket', 'local', 'nobody.example'])('the name %s leads to the same server', async (servername) => {
    const { socket, closed, received } = await connectRaw(gateway.port, { servername })
    socket.write('GET / HTTP/1.1\r\nhost: websocket\r\nconnection: close\r\n\r\n')
    await within('answer', closed, 5000)
    expect(received()).toContain('HTTP/1.1 200')
  })

  it('renegotiation is refused', async () => {
    const { socket } = await connectRaw(gateway.port, { maxVersion: 'TLSv1.2' })
    const failed = new Promise<string>((resolve) => {
      socket.once('error', (error) => resolve(error.message))
      socket.renegotiate({ rejectUnauthorized: false }, (error) => resolve(error === null ? 'renegotiated' : error.message))
      socket.once('close', () => resolve('closed'))
    })
    expect(await within('refusal', failed, 10_000)).not.toBe('renegotiated')
    socket.destroy()
  })

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('%s gives no session to resume', async (version) => {
    const { socket, closed } = await connectRaw(gateway.port, { minVersion: version, maxVersion: version })
    let sessions = 0
    if (version === 'TLSv1.3') socket.on('session', () => sessions++)
    socket.write('GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n')
    await closed
    expect(sessions).toBe(0)
    expect(socket.getTLSTicket() ?? null).toBeNull()
  })
})

describe('a peer that does not speak TLS', () => {
  it.each<[string, Buffer]>([
    ['plain HTTP', Buffer.from('GET / HTTP/1.1\r\nhost: h\r\n\r\n')],
    ['random bytes', Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 7919) % 251))],
    ['a record of an impossible length', Buffer.from([0x16, 3, 1, 0xff, 0xff, 1, 2, 3])],
    ['an empty handshake', Buffer.from([0x16, 3, 1, 0, 0])],
    ['SSL 2', Buffer.from([0x80, 0x2e, 1, 0, 2, 0, 0x15, 0, 0, 0, 0x10])],
  ])('%s is hung up on', async (_, bytes) => {
    const socket = connectTcp(gateway.port, '127.0.0.1')
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    socket.on('error', () => undefined).on('data', () => undefined)
    socket.end(bytes)
    await within('close', closed, 15_000)
    expect((await fetchFrom(gateway.port, '/')).status).toBe(200)
  })
})
