// Every route × everybody, but for what is about VMs: let in or not as it is written down a second time.
import { beforeAll, describe, expect, it } from 'vitest'
import { routes } from '../../../control/src/api/routes.ts'
import { Client, PASSWORD, World } from '../../fakes/world.ts'
import { cases, expected, type Matrix, openWorld, seen } from './matrix.ts'
import { WHO_MAY } from './who-may.ts'

it('every route is in test/unit/api/who-may.ts, and no other', () => {
  expect(Object.keys(WHO_MAY).sort()).toEqual(routes.map(({ method, path }) => `${method} ${path}`).sort())
})

describe('a route', () => {
  let matrix: Matrix
  beforeAll(async () => {
    matrix = await openWorld()
  })

  it.each(cases(/^\w+ \/v1\/(?!vms)/))('%s lets in whom it should, and nobody else', async (_what, name, side) => {
    expect(await seen(matrix, name, side)).toEqual(expected(name, side))
  })
})

describe('access', () => {
  it('logs in over the API, out again, and tells to come back later', async () => {
    const client = await Client.open()
    client.token = null
    const login = (password: string) => client.call({ method: 'POST', path: '/v1/login', body: { username: 'administrator', password } })
    const { status, body } = await login(PASSWORD)
    expect([status, Object.keys(body as object)]).toEqual([200, ['token', 'expiresAt']])
    client.token = (body as { token: string }).token
    expect((await client.call({ path: '/v1/host' })).status).toBe(200)
    expect((await client.call({ method: 'POST', path: '/v1/logout' })).status).toBe(204)
    expect(await client.call({ path: '/v1/host' })).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer' },
      body: { code: 'auth.invalid-token' },
    })
    client.token = null
    for (let failure = 0; failure < 3; failure++)
      expect((await login('wrong')).body).toMatchObject({ status: 401, code: 'auth.invalid-credentials' })
    expect(await login(PASSWORD)).toMatchObject({ status: 429, headers: { 'retry-after': '1' }, body: { code: 'auth.rate-limited' } })
  })

  it('knows who is logged in at the console, and lets them do there what is for those at the machine', async () => {
    const client = await Client.open()
    expect((await client.call({ path: '/v1/host', peer: 'console' })).status).toBe(200)
    expect((await client.call({ path: '/v1/console/status', peer: 'console' })).status).toBe(200)
    expect((await client.call({ path: '/v1/console/status' })).status).toBe(403)
    client.token = null
    expect(await client.call({ path: '/v1/host', peer: 'console' })).toMatchObject({ status: 401, body: { code: 'auth.required' } })
  })

  it('takes a token that was given at the console there alone', async () => {
    const client = await Client.open()
    const body = { username: 'administrator', password: PASSWORD }
    const session = await client.call({ method: 'POST', path: '/v1/login', body, peer: 'console' })
    client.token = (session.body as { token: string }).token
    expect((await client.call({ path: '/v1/host', peer: 'console' })).status).toBe(200)
    expect((await client.call({ path: '/v1/host' })).status).toBe(401)
  })

  it('counts what is tried at the console apart from the network, whatever address is said', async () => {
    const client = await Client.open()
    client.token = null
    const login = (peer: 'console' | 'network', password: string) =>
      client.call({ method: 'POST', path: '/v1/login', body: { username: 'administrator', password }, remote: 'console', peer })
    for (let failure = 0; failure < 3; failure++) await login('network', 'wrong')
    expect((await login('console', PASSWORD)).status).toBe(200)
    for (let failure = 0; failure < 3; failure++) await login('console', 'wrong')
    expect((await login('console', PASSWORD)).status).toBe(429)
  })

  it('takes no part of a token, nothing longer, and none that has been used to log out', async () => {
    const client = await Client.open()
    const token = client.token ?? ''
    const status = async (authorization: string) => (await client.call({ path: '/v1/host', headers: { authorization } })).status
    const others = [token.slice(0, -1), token.slice(1), `${token}A`, token.toUpperCase(), '', 'x'.repeat(300)]
    for (const other of others) expect(await status(`Bearer ${other}`)).toBe(401)
    expect([await status(`Bearer ${token}`), await status(token), await status(`Basic ${token}`)]).toEqual([200, 401, 401])
    await client.call({ method: 'POST', path: '/v1/logout' })
    expect(await status(`Bearer ${token}`)).toBe(401)
  })

  it('takes the first password from the console alone', async () => {
    const world = new World()
    const client = new Client(world, await world.boot())
    const setUp = (peer: 'console' | 'network') => client.call({ method: 'POST', path: '/v1/setup', body: { password: PASSWORD }, peer })
    expect((await setUp('network')).status).toBe(403)
    expect((await setUp('console')).status).toBe(204)
    expect((await setUp('console')).status).toBe(409)
  })
})
