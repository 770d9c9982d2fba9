// What of the API's requests gets into the audit log, and how it is read.
import { beforeEach, describe, expect, it } from 'vitest'
import { routes } from '../../../control/src/api/routes.ts'
import { type AuditEntry, SECRET_FIELDS } from '../../../control/src/domain/audit.ts'
import { Client, PASSWORD, World } from '../../fakes/world.ts'

let client: Client
beforeEach(async () => {
  client = await Client.open()
})

function last(): AuditEntry | undefined {
  const text = client.world.store.audit.rows.at(-1)?.text
  return text === undefined ? undefined : (JSON.parse(text) as AuditEntry)
}

async function create(name = 'web1') {
  const { body } = await client.call({ method: 'POST', path: '/v1/vms', body: { name } })
  return body as { readonly id: string }
}

describe('an entry is written', () => {
  it('of a change, with what was sent and where it led', async () => {
    const { id } = await create()
    expect(last()).toMatchObject({
      ...{ sequence: 1, user: 'administrator', how: 'session', from: '192.0.2.1', action: 'POST /v1/vms' },
      ...{ object: { location: `/v1/vms/${id}` }, what: { name: 'web1' }, result: 'ok', status: 201, code: null },
    })
  })

  it('with the number that the answer has, too', async () => {
    const { headers } = await client.call({ method: 'POST', path: '/v1/vms', body: { name: 'web1' } })
    expect(last()?.requestId).toBe(headers['x-request-id'])
  })

  it.each([
    [
      'that no session is behind',
      { headers: { authorization: 'Bearer x' } },
      { user: null, how: 'nothing', status: 401, code: 'auth.invalid-token' },
    ],
    ['that breaks a rule', { body: { name: '' } }, { user: 'administrator', status: 422, what: null }],
    ['that cannot be read', { body: new Uint8Array([123]) }, { status: 400, code: 'request.malformed-json' }],
  ])('of a change %s', async (_name, sent, entry) => {
    await client.call({ method: 'POST', path: '/v1/vms', body: { name: 'a' }, ...sent })
    expect(last()).toMatchObject({ action: 'POST /v1/vms', result: 'refused', ...entry })
  })

  it('of a change that the use case refuses', async () => {
    await client.call({ method: 'POST', path: '/v1/vms/00000000-0000-4000-8000-00000000000f/power-on' })
    expect(last()).toMatchObject({ object: { id: '00000000-0000-4000-8000-00000000000f' }, status: 404, result: 'refused' })
  })

  it('of log-ins and log-outs, and of no name that is nobody’s', async () => {
    const login = (username: string, password: string) => client.call({ method: 'POST', path: '/v1/login', body: { username, password } })
    await login('administrator', PASSWORD)
    expect(last()).toMatchObject({ action: 'login', user: 'administrator', how: 'session', result: 'ok', what: null })
    await login('administrator', 'wrong')
    expect(last()).toMatchObject({ action: 'login', user: 'administrator', how: 'nothing', result: 'refused', status: 401 })
    await login('my secret password', 'wrong')
    expect(last()).toMatchObject({ action: 'login', user: null, result: 'refused' })
    for (let count = 0; count < 3; count++) await login('administrator', 'wrong')
    expect(last()).toMatchObject({ action: 'login', result: 'throttled', status: 429 })
    await client.call({ method: 'POST', path: '/v1/logout' })
    expect(last()).toMatchObject({ action: 'POST /v1/logout', user: 'administrator', result: 'ok' })
    expect(JSON.stringify(client.world.store.audit.rows)).not.toMatch(/secret password|wrong|correct horse/)
  })

  it('of the first password at the console, without the password', async () => {
    const world = new World()
    client = new Client(world, await world.boot())
    await client.call({ method: 'POST', path: '/v1/setup', body: { password: PASSWORD }, peer: 'console' })
    expect(last()).toMatchObject({ action: 'POST /v1/setup', how: 'console', from: 'console', what: null, result: 'ok' })
  })

  it('of nothing that only looks, or only tries', async () => {
    const { id } = await create()
    const before = client.world.store.audit.rows.length
    for (const path of ['/v1/vms', `/v1/vms/${id}`, '/v1/audit', '/v1/audit/verify', '/v1/host']) await client.call({ path })
    await client.call({ method: 'POST', path: '/v1/vms', query: 'dryRun=true', body: { name: 'a' } })
    await client.call({ method: 'POST', path: '/v1/host/resources/what-if', body: { steps: [{ do: 'start', vm: id }] } })
    await client.call({ method: 'POST', path: '/v1/nowhere' })
    expect(client.world.store.audit.rows).toHaveLength(before)
    expect(client.world.store.audit.listAttempts()).toEqual([])
  })

  it('or nothing is changed', async () => {
    client.world.store.writesLeft = 0
    const answer = await client.call({ method: 'POST', path: '/v1/vms', body: { name: 'a' } })
    expect(answer.status).toBeGreaterThanOrEqual(500)
    client.world.store.writesLeft = Number.POSITIVE_INFINITY
    expect(client.app.vms.list()).toEqual([])
  })
})

describe('no secret gets in', () => {
  /** Fields whose names sound like secrets and are none. */
  const REVIEWED: readonly string[] = []

  it('by a field that the list of secrets does not know', () => {
    const found = new Set<string>()
    for (const { body } of routes) if (body !== undefined && body.secret !== true) collect(body.schema, found, new Set())
    const suspicious = [...found].filter((name) => /pass|secret|token|key|code|credential|pin$/i.test(name))
    expect(suspicious.filter((name) => !SECRET_FIELDS.includes(name) && !REVIEWED.includes(name))).toEqual([])
    expect(found.size).toBeGreaterThan(50)
  })
})

/** Every field that a schema names, however it is built. */
function collect(schema: unknown, names: Set<string>, seen: Set<unknown>): void {
  if (typeof schema !== 'object' || schema === null || seen.has(schema)) return
  seen.add(schema)
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'entries') for (const name of Object.keys(value as object)) names.add(name)
    if (typeof value === 'object') collect(value, names, seen)
  }
}

describe('GET /v1/audit', () => {
  it('gives pages, newest first, with where to go on', async () => {
    for (let index = 1; index <= 5; index++) await create(`web${index}`)
    const first = await client.call({ path: '/v1/audit', query: 'limit=2' })
    expect(first.body).toMatchObject({
      items: [{ sequence: 5, hash: expect.any(String) }, { sequence: 4 }],
      next: 4,
      head: { sequence: 5 },
      problem: null,
    })
    const second = await client.call({ path: '/v1/audit', query: 'limit=3&before=4' })
    expect(second.body).toMatchObject({ items: [{ sequence: 3 }, { sequence: 2 }, { sequence: 1 }], next: null })
  })

  it.each([
    ['user=administrator', 1],
    ['user=eve', 0],
    ['action=POST%20/v1/vms', 1],
    ['action=login', 0],
    ['result=ok', 1],
    ['result=refused', 0],
    ['since=2026-01-01T00:00:00Z', 1],
    ['until=2026-01-01T00:00:00Z', 0],
  ])('finds by %s', async (query, count) => {
    await create()
    const { body } = await client.call({ path: '/v1/audit', query })
    expect((body as { items: unknown[] }).items).toHaveLength(count)
  })

  it.each(['limit=0', 'limit=501', 'limit=x', 'since=yesterday', 'result=good', 'user=%00', 'before=-1'])('refuses %s', async (query) => {
    expect((await client.call({ path: '/v1/audit', query })).status).toBeGreaterThanOrEqual(400)
  })

  it('gives lines as the hashes are taken over them, with the next page in Link', async () => {
    for (let index = 1; index <= 3; index++) await create(`web${index}`)
    const ask = (query: string) => client.call({ path: '/v1/audit', query, headers: { accept: 'application/x-ndjson' } })
    const { body, headers } = await ask('after=0&limit=2&result=ok')
    const lines = String(body).trimEnd().split('\n')
    expect(lines).toHaveLength(2)
    const [row] = client.world.store.audit.rows
    expect(lines[0]).toBe(`${row?.text.slice(0, -1)},"hash":"${row?.hash}"}`)
    expect(headers.link).toBe('</v1/audit?limit=2&result=ok&after=2>; rel="next"')
    expect((await ask('limit=2&result=ok&after=2')).headers.link).toBeUndefined()
  })
})

describe('GET /v1/audit/verify', () => {
  it('says whether the log is whole, and where it is cut', async () => {
    await create()
    expect((await client.call({ path: '/v1/audit/verify' })).body).toMatchObject({ whole: true, to: { sequence: 1 } })
    client.world.store.audit.rows = []
    expect((await client.call({ path: '/v1/audit/verify' })).body).toMatchObject({ whole: false, problem: 'entries after 0 are missing' })
    expect(client.app.consoleStatus().health).toContainEqual({
      severity: 'error',
      message: 'The audit log is not whole: entries after 0 are missing.',
    })
  })
})
