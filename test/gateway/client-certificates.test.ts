// Certificates of clients: asked for when controld says so, never required, and told to controld as a fingerprint of what was proved.
import { execFileSync } from 'node:child_process'
import { createHash, X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { Agent } from 'node:https'
import { join } from 'node:path'
import type { ConnectionOptions } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { build, repository } from '../harness/paths.ts'
import { until, within } from '../harness/wait.ts'
import { connectRaw, fetchFrom } from './client.ts'
import { type Controld, startControld } from './controld.ts'
import { type Gateway, startGateway } from './gateway.ts'

interface ClientCertificate {
  readonly cert: Buffer
  readonly key: Buffer
  readonly fingerprint: string
}

const scratch = join(build, 'gateway-test/client-certificates')

function make(name: string, options: readonly string[]): ClientCertificate {
  mkdirSync(scratch, { recursive: true })
  const [cert, key] = [join(scratch, `${name}.pem`), join(scratch, `${name}.key`)]
  if (!existsSync(cert)) {
    const words = ['openssl', 'req', '-x509', '-nodes', '-subj', `/CN=${name}`, '-keyout', key, '-out', cert, ...options]
    execFileSync(join(repository, 'image/in-tools'), words, { stdio: 'pipe' })
  }
  const pem = readFileSync(cert)
  return { cert: pem, key: readFileSync(key), fingerprint: createHash('sha256').update(new X509Certificate(pem).raw).digest('hex') }
}

const P256 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-days', '30']
const kinds: readonly (readonly [string, readonly string[]])[] = [
  ['P-256', P256],
  ['RSA', ['-newkey', 'rsa:2048', '-days', '30']],
  ['Ed25519', ['-newkey', 'ed25519', '-days', '30']],
  ['expired', [...P256.slice(0, -2), '-not_before', '20200101000000Z', '-not_after', '20210101000000Z']],
]
const certificates = new Map(kinds.map(([name, options]) => [name, make(name, options)]))
const own = certificates.get('P-256') as ClientCertificate

describe.each(['asan', 'release'] as const)('the %s build', (flavour) => {
  let gateway: Gateway
  let controld: Controld

  beforeAll(async () => {
    gateway = await startGateway(`client-certificates-${flavour}`, flavour)
    controld = await startControld(gateway.controlPath, (request) => request.respond(200, {}, JSON.stringify(request.head)))
    await until('connection to controld', () => controld.connections() === 1, { timeoutMs: 5000 })
  })
  afterAll(async () => {
    await gateway.stop()
    await controld.stop()
  })

  async function told(options: ConnectionOptions): Promise<string | undefined> {
    const agent = new Agent({ ...options, keepAlive: false })
    try {
      const answer = await fetchFrom(gateway.port, '/v1/x', { agent })
      return (JSON.parse(answer.text) as { certificate?: string }).certificate
    } finally {
      agent.destroy()
    }
  }

  /** SETTINGS take their way behind answers: the one that follows shows that it has been taken. */
  async function tell(settings: number): Promise<void> {
    controld.tell(settings)
    await fetchFrom(gateway.port, '/v1/x')
  }

  it('asks for none before it is told to', async () => {
    expect(await told(own)).toBeUndefined()
  })

  it.each(kinds.flatMap(([name]) => (['TLSv1.2', 'TLSv1.3'] as const).map((version) => [name, version] as const)))(
    '%s over %s is told by its fingerprint, whatever is in it',
    async (name, version) => {
      await tell(1)
      const { cert, key, fingerprint } = certificates.get(name) as ClientCertificate
      expect(await told({ cert, key, minVersion: version, maxVersion: version })).toBe(fingerprint)
    },
  )

  it('is of the leaf alone when a chain is shown', async () => {
    await tell(1)
    const chain = Buffer.concat([own.cert, (certificates.get('RSA') as ClientCertificate).cert])
    expect(await told({ cert: chain, key: own.key })).toBe(own.fingerprint)
  })

  it('is not required', async () => {
    await tell(1)
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) expect(await told({ minVersion: version, maxVersion: version })).toBeUndefined()
  })

  it('belongs to its connection: the next one with another, or none, is told as such', async () => {
    await tell(1)
    expect(await told(own)).toBe(own.fingerprint)
    expect(await told({})).toBeUndefined()
    const other = certificates.get('RSA') as ClientCertificate
    expect(await told(other)).toBe(other.fingerprint)
  })

  it('goes with each request of one connection', async () => {
    await tell(1)
    const { socket, received, closed } = await connectRaw(gateway.port, own)
    socket.write('GET /v1/a HTTP/1.1\r\nhost: h\r\n\r\n')
    await until('first answer', () => received().includes('"/v1/a"'), { timeoutMs: 5000 })
    socket.write('GET /v1/b HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n')
    await within('second answer', closed, 5000)
    expect(received().split(own.fingerprint)).toHaveLength(3)
  })

  it('cannot be said by a header field', async () => {
    const answer = await fetchFrom(gateway.port, '/v1/x', { headers: { certificate: own.fingerprint, 'x-certificate': own.fingerprint } })
    expect(answer.text).not.toContain(own.fingerprint)
  })

  it('is not taken from who has the certificate without its key', async () => {
    await tell(1)
    const { key } = certificates.get('P-256') as ClientCertificate
    const stolen = make('stolen', P256)
    // OpenSSL itself refuses to be set up with a key that is not the certificate's.
    await expect(connectRaw(gateway.port, { cert: stolen.cert, key })).rejects.toThrow(/key values mismatch/)
    expect((await fetchFrom(gateway.port, '/v1/x')).status).toBe(200)
  })

  it('over more than 16 KiB is hung up on', async () => {
    await tell(1)
    const chain = Buffer.concat([own.cert, ...Array.from({ length: 40 }, () => (certificates.get('RSA') as ClientCertificate).cert)])
    await expect(told({ cert: chain, key: own.key, maxVersion: 'TLSv1.2' })).rejects.toThrow()
    expect((await fetchFrom(gateway.port, '/v1/x')).status).toBe(200)
  })

  it('is renegotiated for by nobody', async () => {
    await tell(1)
    const { socket } = await connectRaw(gateway.port, { ...own, maxVersion: 'TLSv1.2' })
    const outcome = new Promise<string>((resolve) => {
      socket.once('error', (error) => resolve(error.message))
      socket.renegotiate({ rejectUnauthorized: false }, (error) => resolve(error === null ? 'renegotiated' : error.message))
      socket.once('close', () => resolve('closed'))
    })
    expect(await within('refusal', outcome, 10_000)).not.toBe('renegotiated')
    socket.destroy()
  })

  it('is no longer asked for when it is told not to', async () => {
    await tell(1)
    expect(await told(own)).toBe(own.fingerprint)
    await tell(0)
    expect(await told(own)).toBeUndefined()
  })

  it.each([2, 0x80, 0xff])('settings of %i that it does not know are a breach', async (settings) => {
    const breaches = () => gateway.log().split('controld broke the frame protocol').length
    const before = breaches()
    await fetchFrom(gateway.port, '/v1/x') // until it is connected again
    controld.tell(settings)
    await until('breach', () => breaches() > before, { timeoutMs: 5000 })
    expect((await fetchFrom(gateway.port, '/v1/x')).status).toBe(200)
  })
})
