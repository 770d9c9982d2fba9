// How requests are answered: found, authorised, decoded, checked, refused.
import { beforeEach, describe, expect, it } from 'vitest'
import { Client, encodeAscii, type Sent } from '../../fakes/world.ts'

const JSON_TYPE = { 'content-type': 'application/json' }
const raw = (text: string) => encodeAscii(text)
const NO_VM = '/v1/vms/6b9f2a52-8a3c-4c1e-9a58-0f6d1c2b3a4d'

describe('the API', () => {
  let client: Client
  beforeEach(async () => {
    client = await Client.open()
  })
  const create = async (name = 'web1') =>
    (await client.call({ method: 'POST', path: '/v1/vms', body: { name } })).body as { id: string; revision: number }

  it.each<[string, Sent, number, string]>([
    ['an unknown path', { path: '/v1/nothing' }, 404, 'request.no-such-path'],
    ['a path out of the API', { path: '/' }, 404, 'request.no-such-path'],
    ['a longer path', { path: '/v1/vms/a/b/c/d' }, 404, 'request.no-such-path'],
    ['a path with escapes', { path: '/v1/vms/%2e%2e' }, 404, 'request.no-such-path'],
    ['another method', { method: 'PUT', path: '/v1/vms' }, 405, 'request.method-not-allowed'],
    ['no such VM', { path: NO_VM }, 404, 'vm.not-found'],
    ['no such task', { path: '/v1/tasks/x' }, 404, 'task.not-found'],
    ['no such datastore', { path: '/v1/datastores/other/files' }, 404, 'datastore.not-found'],
    ['an unknown query parameter', { path: '/v1/vms', query: 'x=1' }, 400, 'request.unknown-parameter'],
    [
      'a parameter that is no boolean',
      { method: 'POST', path: '/v1/vms', query: 'dryRun=yes', body: { name: 'a' } },
      400,
      'request.parameter.not-allowed',
    ],
    [
      'a parameter twice',
      { method: 'POST', path: '/v1/vms', query: 'dryRun=true&dryRun=true', body: { name: 'a' } },
      400,
      'request.repeated-parameter',
    ],
    ['half a JSON document', { method: 'POST', path: '/v1/vms', headers: JSON_TYPE, body: raw('{"name":') }, 400, 'request.malformed-json'],
    [
      'bytes that are no text',
      { method: 'POST', path: '/v1/vms', headers: JSON_TYPE, body: new Uint8Array([0xff, 0xfe]) },
      400,
      'request.malformed-json',
    ],
    ['a deep document', { method: 'POST', path: '/v1/vms', headers: JSON_TYPE, body: raw('['.repeat(50_000)) }, 400, 'request.too-deep'],
    [
      'a prototype',
      { method: 'POST', path: '/v1/vms', headers: JSON_TYPE, body: raw('{"name":"a","__proto__":{}}') },
      400,
      'request.unknown-field',
    ],
    ['a large document', { method: 'POST', path: '/v1/vms', headers: JSON_TYPE, body: new Uint8Array(65_537) }, 413, 'request.too-large'],
    [
      'another content type',
      { method: 'POST', path: '/v1/vms', headers: { 'content-type': 'text/plain' }, body: raw('{}') },
      415,
      'request.unsupported-media-type',
    ],
    [
      'a body without type',
      { method: 'POST', path: '/v1/vms', headers: { 'content-type': '' }, body: raw('{"name":"a"}') },
      415,
      'request.unsupported-media-type',
    ],
    ['a body where none belongs', { path: '/v1/vms', body: {} }, 400, 'request.unexpected-body'],
    ['no body where one belongs', { method: 'POST', path: '/v1/vms' }, 422, 'request.invalid'],
    ['a list for a body', { method: 'POST', path: '/v1/vms', body: [] }, 422, 'request.invalid'],
    ['an act with unknown fields', { method: 'POST', path: `${NO_VM}/power-on`, body: { now: true } }, 422, 'request.invalid'],
    ['a patch without If-Match', { method: 'PATCH', path: NO_VM, body: {} }, 428, 'request.if-match-required'],
    ['an upgrade where none belongs', { path: '/v1/vms', upgrade: 'websocket' }, 400, 'request.unexpected-upgrade'],
    ['no upgrade where one belongs', { path: `${NO_VM}/console/serial` }, 426, 'request.upgrade-required'],
    ['a bad Last-Event-ID', { path: '/v1/events', headers: { accept: 'text/event-stream', 'last-event-id': 'x' } }, 422, 'request.invalid'],
  ])('refuses %s', async (_what, sent, status, code) => {
    const answer = await client.call(sent)
    expect(answer).toMatchObject({ status, body: { type: 'about:blank', status, code } })
    expect(answer.headers['content-type']).toBe('application/problem+json')
  })

  it('names what a path takes instead', async () => {
    expect((await client.call({ method: 'PUT', path: '/v1/vms' })).headers.allow).toBe('GET, POST')
  })

  it('answers with every problem of a body at once', async () => {
    const { status, body } = await client.call({ method: 'POST', path: '/v1/vms', body: { name: '', vcpus: 0, x: 1 } })
    expect(status).toBe(422)
    expect(body).toMatchObject({
      title: 'Unprocessable Content',
      problems: [
        { code: 'vm.name.invalid', field: 'name' },
        { code: 'vm.vcpus.below-minimum', min: 1, got: 0 },
        { code: 'request.unknown-field', field: 'x' },
      ],
    })
  })

  it('never repeats a password', async () => {
    const { body } = await client.call({ method: 'POST', path: '/v1/setup', body: { password: 'hunter2' }, peer: 'console' })
    expect(JSON.stringify(body)).not.toContain('hunter2')
    expect(body).toMatchObject({ problems: [{ code: 'setup.password.too-short', min: 12 }] })
  })

  it('creates, gives, changes and deletes a VM, with entity tags', async () => {
    const created = await client.call({ method: 'POST', path: '/v1/vms', body: { name: 'web1' } })
    const { id } = created.body as { id: string }
    expect(created).toMatchObject({
      status: 201,
      headers: { location: `/v1/vms/${id}`, etag: '"1"' },
      body: { revision: 1, status: { powerState: 'off' } },
    })
    const path = `/v1/vms/${id}`
    // The tag is of the spec: an answer without the status would hide that the VM has crashed.
    expect(await client.call({ path, headers: { 'if-none-match': '"1"' } })).toMatchObject({ status: 200, body: created.body })

    const patch = { method: 'PATCH', path, body: { vcpus: 2 } }
    const changed = await client.call({ ...patch, headers: { 'if-match': '"1"', 'content-type': 'application/merge-patch+json' } })
    expect(changed).toMatchObject({ status: 200, headers: { etag: '"2"' }, body: { revision: 2, spec: { vcpus: 2 } } })
    expect(await client.call({ ...patch, headers: { 'if-match': '"1"' } })).toMatchObject({
      status: 412,
      body: { code: 'vm.revision-changed' },
    })
    expect((await client.call({ path: '/v1/vms' })).body).toEqual({ items: [changed.body] })

    expect(await client.call({ method: 'DELETE', path, headers: { 'if-match': 'W/"2"' } })).toMatchObject({ status: 412 })
    expect(await client.call({ method: 'DELETE', path, headers: { 'if-match': '"1", "2"' } })).toMatchObject({ status: 204, body: '' })
    expect((await client.call({ path })).status).toBe(404)
  })

  it('writes nothing in a dry run', async () => {
    expect(await client.call({ method: 'POST', path: '/v1/vms', query: 'dryRun=true', body: { name: 'a' } })).toMatchObject({
      status: 200,
      body: { spec: { name: 'a' } },
    })
    expect((await client.call({ path: '/v1/vms' })).body).toEqual({ items: [] })
    const { id } = await create('a')
    expect((await client.call({ method: 'POST', path: '/v1/vms', query: 'dryRun=true', body: { name: 'a' } })).status).toBe(409)
    expect((await client.call({ method: 'DELETE', path: `/v1/vms/${id}`, query: 'dryRun=true' })).status).toBe(204)
    expect((await client.call({ path: `/v1/vms/${id}` })).status).toBe(200)
  })

  it('answers to power with a task and where to find it', async () => {
    const body = { name: 'a', boot: { from: 'cdrom' }, cdroms: [{ medium: { datastore: 'local', file: 'x.iso' } }] }
    const { id } = (await client.call({ method: 'POST', path: '/v1/vms', body })).body as { id: string }
    const started = await client.call({ method: 'POST', path: `/v1/vms/${id}/power-on` })
    const task = started.body as { id: string }
    expect(started).toMatchObject({
      status: 202,
      headers: { location: `/v1/tasks/${task.id}` },
      body: { kind: 'vm.power-on', state: 'running', by: 'administrator' },
    })
    await client.world.clock.advance(0)
    expect((await client.call({ path: `/v1/tasks/${task.id}` })).body).toMatchObject({ state: 'succeeded' })
    expect(await client.send({ path: `/v1/vms/${id}/console/serial`, upgrade: 'websocket' })).toEqual({
      kind: 'attach',
      status: 101,
      headers: {},
      descriptor: 1100,
    })
    expect((await client.call({ method: 'POST', path: `/v1/vms/${id}/power-on` })).body).toMatchObject({
      status: 409,
      code: 'vm.power.wrong-state',
    })
  })

  it('gives the serial log as plain text', async () => {
    const { id } = await create()
    client.world.vmHost.logs.set(`/state/vm/${id}/serial.log`, 'login:')
    const answer = await client.call({ path: `/v1/vms/${id}/console/log` })
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'text/plain' }, body: 'login:' })
  })

  it('streams events from the one named on, until the client goes', async () => {
    await create('a')
    const first = client.world.store.latestEvents(10)[0]?.id ?? 0
    await create('b')
    const response = await client.send({ path: '/v1/events', headers: { accept: 'text/event-stream', 'last-event-id': String(first) } })
    if (response.kind !== 'stream') throw new Error('no stream')
    const chunks: string[] = []
    const cancel = response.subscribe(
      (text) => chunks.push(text),
      () => chunks.push('end'),
    )
    await create('c')
    const events = client.world.store.listEvents(first, 100)
    expect(response.headers['content-type']).toBe('text/event-stream')
    expect(chunks).toEqual(['retry: 2000\n\n', ...events.map((event) => `id: ${event.id}\ndata: ${JSON.stringify(event)}\n\n`)])
    cancel()
    cancel()
    await create('d')
    expect(chunks).toHaveLength(1 + events.length)
    expect((await client.call({ path: '/v1/events' })).body).toEqual({ items: client.world.store.latestEvents(1000) })
  })

  it('sends a comment where nothing happens, until the client goes', async () => {
    const response = await client.send({ path: '/v1/events', headers: { accept: 'text/event-stream' } })
    if (response.kind !== 'stream') throw new Error('no stream')
    const chunks: string[] = []
    const cancel = response.subscribe(
      (text) => chunks.push(text),
      () => chunks.push('end'),
    )
    await client.world.clock.advance(40_000)
    expect(chunks.slice(1)).toEqual([':\n\n', ':\n\n'])
    cancel()
    expect(client.world.clock.pendingTimers).toBe(0)
  })

  it('leaves out no event for a client that is far behind: it comes back for the rest', async () => {
    for (let count = 0; count < 1_500; count++) {
      client.world.store.appendEvent({ at: '', code: 'x', severity: 'info', target: { kind: 'host', id: 'host' }, message: '' })
    }
    const newest = client.world.store.latestEvents(1)[0]?.id ?? 0
    const ids: number[] = []
    let ended = false
    for (let connections = 0; connections < 2; connections++) {
      const headers = { accept: 'text/event-stream', 'last-event-id': String(ids.at(-1) ?? 1) }
      const response = await client.send({ path: '/v1/events', headers })
      if (response.kind !== 'stream') throw new Error('no stream')
      ended = false
      const cancel = response.subscribe(
        (text) => ids.push(...[...text.matchAll(/^id: (\d+)/gm)].map(([, id]) => Number(id))),
        () => {
          ended = true
        },
      )
      cancel()
    }
    expect(ids).toEqual(Array.from({ length: newest - 1 }, (_, index) => index + 2))
    expect(ended).toBe(false)
  })

  it('refuses a follower too many, and lets one in when another goes', async () => {
    const sent: Sent = { path: '/v1/events', headers: { accept: 'text/event-stream' } }
    const cancels = []
    for (let count = 0; count < 64; count++) {
      const response = await client.send(sent)
      if (response.kind !== 'stream') throw new Error('no stream')
      cancels.push(
        response.subscribe(
          () => {},
          () => {},
        ),
      )
    }
    expect(await client.call(sent)).toMatchObject({ status: 503, body: { code: 'events.too-many-followers' } })
    cancels[0]?.()
    expect((await client.send(sent)).kind).toBe('stream')
  })

  it('says what went wrong inside in the log only', async () => {
    client.world.store.writesLeft = 0
    const answer = await client.call({ method: 'POST', path: '/v1/vms', body: { name: 'a' } })
    expect(answer).toMatchObject({ status: 500, body: { code: 'internal', problems: [] } })
    expect(JSON.stringify(answer.body)).not.toContain('disk is full')
    expect(client.world.logged.at(-1)).toContain('the disk is full')
  })
})
