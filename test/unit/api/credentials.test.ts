// API tokens, client certificates and one-time codes over the API: what they let in, what they never do, and how they end.
import { beforeEach, describe, expect, it } from 'vitest'
import { parseBase32 } from '../../../control/src/domain/base32.ts'
import { codeAt } from '../../../control/src/domain/totp.ts'
import { Client, PASSWORD, type Sent } from '../../fakes/world.ts'
import { CERTIFICATE_NOT_AFTER, CERTIFICATE_PEM } from './sample-certificate.ts'

const DAY_MS = 86_400_000
const EXPIRES = '2026-02-01T00:00:00.000Z'

let client: Client
let session: string
beforeEach(async () => {
  client = await Client.open()
  session = client.token ?? ''
  client.token = null
})

async function call(authorization: string | null, sent: Sent, more: object = {}) {
  const headers = authorization === null ? {} : { authorization }
  const { status, body } = await client.call({ ...sent, headers, ...more })
  return { status, body: body as Record<string, unknown>, code: (body as { code?: string }).code ?? null }
}
const inSession = (sent: Sent) => call(`Bearer ${session}`, sent)

async function makeToken(request: object = {}): Promise<{ id: string; secret: string; bearer: string }> {
  const { status, body } = await inSession({ method: 'POST', path: '/v1/me/tokens', body: { name: 'ci', expiresAt: EXPIRES, ...request } })
  expect({ status, body }).toMatchObject({ status: 201 })
  return { id: String(body.id), secret: String(body.secret), bearer: `Bearer ${body.secret}` }
}

describe('an API token', () => {
  it('is its owner, is recognised by its prefix, is shown once and kept as a hash', async () => {
    const { secret, bearer } = await makeToken()
    expect(secret).toMatch(/^corbel_[A-Za-z0-9_-]{43}$/)
    expect(await call(bearer, { path: '/v1/me' })).toMatchObject({ status: 200, body: { name: 'administrator', means: 'token' } })
    expect(JSON.stringify((await inSession({ path: '/v1/me/tokens' })).body)).not.toContain(secret)
    expect(JSON.stringify(client.world.store.listCredentials('token'))).not.toContain(secret)
  })

  it('ends when it is revoked, and when its time is over', async () => {
    const [one, two] = [await makeToken(), await makeToken()]
    expect((await inSession({ method: 'DELETE', path: `/v1/me/tokens/${one.id}` })).status).toBe(204)
    expect(await call(one.bearer, { path: '/v1/me' })).toMatchObject({ status: 401, code: 'auth.invalid-token' })
    expect((await call(two.bearer, { path: '/v1/me' })).status).toBe(200)
    await client.world.clock.advance(31 * DAY_MS)
    expect((await call(two.bearer, { path: '/v1/me' })).status).toBe(401)
  })

  it.each([
    ['never', '2030-01-01T00:00:00Z', 'token.expiresAt.too-far'],
    ['in the past', '2025-12-31T00:00:00Z', 'token.expiresAt.past'],
    ['no time', 'never', 'token.expiresAt.invalid'],
    ['no day', '2026-02-31T99:00:00Z', 'token.expiresAt.invalid'],
  ])('that would end %s is refused', async (_name, expiresAt, code) => {
    const { status, body } = await inSession({ method: 'POST', path: '/v1/me/tokens', body: { name: 'ci', expiresAt } })
    expect([status, (body.problems as { code: string }[]).map((problem) => problem.code)]).toEqual([422, [code]])
  })

  it('without an end is refused', async () => {
    expect((await inSession({ method: 'POST', path: '/v1/me/tokens', body: { name: 'ci' } })).status).toBe(422)
  })

  it('does what its scope says and no more', async () => {
    const { bearer } = await makeToken({ scope: [{ permissions: ['vm.view', 'user.manage'] }] })
    expect((await call(bearer, { path: '/v1/vms' })).status).toBe(200)
    expect(await call(bearer, { path: '/v1/host' })).toMatchObject({ status: 403, code: 'auth.forbidden' })
    expect((await call(bearer, { path: '/v1/users/administrator/tokens' })).status).toBe(403)
  })

  it('does no more than its owner may by then', async () => {
    const { bearer } = await makeToken({ scope: [{ permissions: ['vm.create', 'pool.use'] }] })
    const make = () => call(bearer, { method: 'POST', path: '/v1/vms', body: { name: `x${Math.random()}`.slice(0, 9) } })
    expect((await make()).status).not.toBe(403)
    client.world.grantAlone('administrator', 'viewer')
    expect((await make()).status).toBe(403)
  })

  it.each([
    ['makes no token', 'POST', '/v1/me/tokens', { name: 'x', expiresAt: EXPIRES }],
    ['makes none for others', 'POST', '/v1/users/administrator/tokens', { name: 'x', expiresAt: EXPIRES }],
    ['registers no certificate', 'POST', '/v1/me/certificates', { name: 'x', pem: CERTIFICATE_PEM }],
    ['begins no second factor', 'POST', '/v1/me/totp', { password: PASSWORD }],
    ['takes none away', 'POST', '/v1/me/totp/remove', { password: PASSWORD }],
    ['takes none away from others', 'DELETE', '/v1/users/administrator/totp', undefined],
    ['ends no session', 'POST', '/v1/logout', {}],
  ] as const)('%s', async (_name, method, path, body) => {
    const { bearer } = await makeToken()
    expect(await call(bearer, { method, path, ...(body === undefined ? {} : { body }) })).toMatchObject({
      status: 403,
      code: 'auth.session-required',
    })
  })

  it('notes its use, by the minute', async () => {
    const { bearer } = await makeToken()
    const lastUse = () => client.world.store.listCredentials('token')[0]?.document.lastUsedAt
    expect(lastUse()).toBeNull()
    await call(bearer, { path: '/v1/me' })
    const first = lastUse()
    await client.world.clock.advance(59_000)
    await call(bearer, { path: '/v1/me' })
    expect(lastUse()).toBe(first)
    await client.world.clock.advance(1_000)
    await call(bearer, { path: '/v1/me' })
    expect(lastUse()).not.toBe(first)
  })

  it('works on a full disk', async () => {
    const { bearer } = await makeToken()
    client.world.store.writesLeft = 0
    expect((await call(bearer, { path: '/v1/me' })).status).toBe(200)
  })

  it('is made for and revoked of others by administrators', async () => {
    const made = await inSession({ method: 'POST', path: '/v1/users/administrator/tokens', body: { name: 'x', expiresAt: EXPIRES } })
    expect(made.status).toBe(201)
    expect((await inSession({ method: 'POST', path: '/v1/users/nobody/tokens', body: { name: 'x', expiresAt: EXPIRES } })).code).toBe(
      'user.not-found',
    )
    expect((await inSession({ method: 'DELETE', path: `/v1/users/administrator/tokens/${made.body.id}` })).status).toBe(204)
  })
})

describe('a client certificate', () => {
  const register = (request: object = {}) =>
    inSession({ method: 'POST', path: '/v1/me/certificates', body: { name: 'laptop', pem: CERTIFICATE_PEM, ...request } })
  const show = (certificate: string | undefined, path = '/v1/me', authorization: string | null = 'Certificate') =>
    call(authorization, { path }, certificate === undefined ? {} : { certificate })

  it('alone is its owner', async () => {
    const { status, body } = await register()
    expect({ status, body }).toMatchObject({ status: 201, body: { notAfter: CERTIFICATE_NOT_AFTER, subject: 'CN=corbel' } })
    expect(await show(String(body.fingerprint))).toMatchObject({ status: 200, body: { name: 'administrator', means: 'certificate' } })
  })

  it('counts only where the request asks for it, as browsers show theirs unasked', async () => {
    const { body } = await register()
    expect(await show(String(body.fingerprint), '/v1/me', null)).toMatchObject({ status: 401, code: 'auth.required' })
  })

  it.each([
    ['none', undefined],
    ['another', 'f'.repeat(64)],
  ])('is not %s', async (_name, certificate) => {
    await register()
    expect(await show(certificate)).toMatchObject({ status: 401, code: 'auth.invalid-certificate' })
  })

  it('is good within its time, as this host has it', async () => {
    const fingerprint = String((await register()).body.fingerprint)
    client.world.clock.setWall('2024-12-31T23:59:59.000Z')
    expect((await show(fingerprint)).status).toBe(401)
    client.world.clock.setWall(CERTIFICATE_NOT_AFTER)
    expect((await show(fingerprint)).status).toBe(401)
    client.world.clock.setWall('2026-01-01T00:00:00.000Z')
    expect((await show(fingerprint)).status).toBe(200)
  })

  it('is nothing any more once it is revoked, and clients are asked for one while there is any', async () => {
    const wanted: boolean[] = []
    client.app.credentials.onCertificatesWanted((now) => wanted.push(now))
    const fingerprint = String((await register()).body.fingerprint)
    expect((await inSession({ method: 'DELETE', path: `/v1/me/certificates/${fingerprint}` })).status).toBe(204)
    expect((await show(fingerprint)).code).toBe('auth.invalid-certificate')
    expect([wanted, client.app.credentials.certificatesWanted]).toEqual([[true, false], false])
  })

  it.each([
    ['a key', `${CERTIFICATE_PEM}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n`, 'certificate.pem.private-key'],
    ['two', CERTIFICATE_PEM + CERTIFICATE_PEM, 'certificate.pem.invalid'],
    ['nothing', 'x', 'certificate.pem.invalid'],
    ['half of one', CERTIFICATE_PEM.replace(/\n[^\n]+\n(?=-----END)/, '\n'), 'certificate.pem.invalid'],
  ])('that is %s is refused', async (_name, pem, code) => {
    const { status, body } = await register({ pem })
    expect([status, (body.problems as { code: string }[]).map((problem) => problem.code)]).toEqual([422, [code]])
  })

  it('is registered once', async () => {
    await register()
    expect(await register()).toMatchObject({ status: 409, code: 'certificate.registered-already' })
  })

  it('can be what a token needs beside it', async () => {
    const certificate = String((await register()).body.fingerprint)
    const { bearer } = await makeToken({ certificate })
    expect((await show(certificate, '/v1/me', bearer)).status).toBe(200)
    for (const other of [undefined, 'f'.repeat(64)]) expect((await show(other, '/v1/me', bearer)).status).toBe(401)
    await inSession({ method: 'DELETE', path: `/v1/me/certificates/${certificate}` })
    expect((await show(certificate, '/v1/me', bearer)).status).toBe(401)
    expect((await inSession({ method: 'POST', path: '/v1/me/tokens', body: { name: 'x', expiresAt: EXPIRES, certificate } })).status).toBe(
      422,
    )
  })
})

describe('one-time codes', () => {
  const login = async (totp?: string, more: Partial<Sent> = {}) => {
    const body = { username: 'administrator', password: PASSWORD, ...(totp === undefined ? {} : { totp }) }
    const { status, code } = await call(null, { method: 'POST', path: '/v1/login', body, ...more })
    return code ?? status
  }
  let secret = ''
  /** As an app shows it. */
  function code(at = client.world.clock.now()): string {
    const step = Math.floor(Date.parse(at) / 30_000)
    const key = parseBase32(secret) ?? new Uint8Array()
    const hmac = (message: Uint8Array) => client.world.passwords.hmacSha1(key, message)
    return codeAt(step, hmac)
  }
  async function turnOn(): Promise<readonly string[]> {
    const begun = await inSession({ method: 'POST', path: '/v1/me/totp', body: { password: PASSWORD } })
    secret = String(begun.body.secret)
    const { body } = await inSession({ method: 'POST', path: '/v1/me/totp/confirm', body: { code: code() } })
    await client.world.clock.advance(60_000)
    return body.backupCodes as string[]
  }

  it('count once one was confirmed, and the answer says the secret in two forms', async () => {
    const begun = await inSession({ method: 'POST', path: '/v1/me/totp', body: { password: PASSWORD } })
    expect(begun.body.secret).toMatch(/^[A-Z2-7]{32}$/)
    expect(begun.body.uri).toContain(`secret=${begun.body.secret}`)
    expect(await login()).toBe(200)
    secret = String(begun.body.secret)
    expect((await inSession({ method: 'POST', path: '/v1/me/totp/confirm', body: { code: '0000000' } })).status).toBe(422)
    expect(await login()).toBe(200)
    expect((await inSession({ method: 'POST', path: '/v1/me/totp/confirm', body: { code: code() } })).body.backupCodes).toHaveLength(10)
    expect(await login()).toBe('auth.second-factor-required')
  })

  it('are not begun, renewed or removed without the password', async () => {
    await turnOn()
    for (const path of ['/v1/me/totp', '/v1/me/totp/backup-codes', '/v1/me/totp/remove']) {
      expect((await inSession({ method: 'POST', path, body: { password: 'not the password' } })).status).toBe(422)
      await client.world.clock.advance(60_000)
    }
    expect((await inSession({ path: '/v1/me/totp' })).body).toEqual({ state: 'on', backupCodesLeft: 10 })
  })

  it('are asked for behind the right password alone', async () => {
    await turnOn()
    const body = { username: 'administrator', password: 'not the password' }
    expect((await call(null, { method: 'POST', path: '/v1/login', body })).code).toBe('auth.invalid-credentials')
  })

  it('let in once each, and nobody who repeats one', async () => {
    await turnOn()
    const now = code()
    expect(await login(now)).toBe(200)
    expect(await login(now)).toBe('auth.invalid-second-factor')
    await client.world.clock.advance(30_000)
    expect(await login(code())).toBe(200)
  })

  it('that were used stay used across a restart', async () => {
    await turnOn()
    const now = code()
    expect(await login(now)).toBe(200)
    client = new Client(client.world, await client.world.boot())
    expect(await login(now)).toBe('auth.invalid-second-factor')
  })

  it('make guessing slow, whatever address it comes from, and a missing one does not make good for wrong ones', async () => {
    await turnOn()
    const wrong = (address: number) => login('000000', { remote: `198.51.100.${address}:1` })
    const answers: unknown[] = []
    for (let address = 1; address <= 6; address++) {
      answers.push(await wrong(address))
      await login()
    }
    expect(answers).toEqual([...Array(3).fill('auth.invalid-second-factor'), ...Array(3).fill('auth.rate-limited')])
    await client.world.clock.advance(30_000)
    expect(await login(code())).toBe(200)
  })

  it('are not asked for at the console', async () => {
    await turnOn()
    expect(await login(undefined, { peer: 'console' })).toBe(200)
  })

  it('lock nobody out whose clock is wrong: backup codes do not ask it, each once', async () => {
    const [first = '', second = ''] = await turnOn()
    const right = code()
    client.world.clock.setWall('2031-05-05T05:05:05.000Z')
    expect(await login(right)).toBe('auth.invalid-second-factor')
    expect(await login(first)).toBe(200)
    expect(await login(first)).toBe('auth.invalid-second-factor')
    expect(await login(second.toLowerCase().replaceAll('-', ' '))).toBe(200)
    expect(client.app.secondFactor.state('administrator')).toEqual({ state: 'on', backupCodesLeft: 8 })
  })

  it('of a clock that was ahead keep nobody out when it is right again', async () => {
    await turnOn()
    const right = client.world.clock.now()
    client.world.clock.setWall('2031-05-05T05:05:05.000Z')
    expect(await login(code())).toBe(200)
    client.world.clock.setWall(right)
    expect(await login(code())).toBe(200)
  })

  it('go with the password, or by an administrator', async () => {
    await turnOn()
    expect((await inSession({ method: 'POST', path: '/v1/me/totp/remove', body: { password: PASSWORD } })).status).toBe(204)
    expect(await login()).toBe(200)
    await turnOn()
    expect((await inSession({ method: 'DELETE', path: '/v1/users/administrator/totp' })).status).toBe(204)
    expect(await login()).toBe(200)
    expect((await inSession({ method: 'DELETE', path: '/v1/users/administrator/totp' })).code).toBe('totp.off')
  })

  it('have backup codes that are replaced together', async () => {
    const [old = ''] = await turnOn()
    const { body } = await inSession({ method: 'POST', path: '/v1/me/totp/backup-codes', body: { password: PASSWORD } })
    expect(await login(old)).toBe('auth.invalid-second-factor')
    expect(await login((body.backupCodes as string[])[9])).toBe(200)
  })
})
