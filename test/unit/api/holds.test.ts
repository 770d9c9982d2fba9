// What is open ends with what it was opened by: streams, consoles, tickets, uploads.
import { beforeEach, describe, expect, it } from 'vitest'
import type { StreamResponse } from '../../../control/src/api/message.ts'
import { Client, PASSWORD, type Sent } from '../../fakes/world.ts'
import { draft } from '../app/draft.ts'

const EXPIRES = '2026-01-02T00:00:00.000Z'

let admin: Client
beforeEach(async () => {
  admin = await Client.open()
})

/** Each way to be somebody, and each way in which that ends. */
interface Way {
  readonly authorization: string
  readonly end: () => Promise<unknown>
}

async function login(): Promise<string> {
  return (await admin.app.sessions.login('administrator', PASSWORD, '192.0.2.9')).token
}

async function token(scope: object | null = null): Promise<{ id: string; secret: string }> {
  const body = { name: 'x', expiresAt: EXPIRES, scope }
  return (await admin.call({ method: 'POST', path: '/v1/me/tokens', body })).body as { id: string; secret: string }
}

const ways: Readonly<Record<string, () => Promise<Way>>> = {
  async 'a log-out'() {
    const authorization = `Bearer ${await login()}`
    return { authorization, end: () => admin.send({ method: 'POST', path: '/v1/logout', headers: { authorization } }) }
  },
  async 'the end of a session'() {
    return { authorization: `Bearer ${await login()}`, end: () => admin.world.clock.advance(12 * 3_600_000 + 5_000) }
  },
  async 'a token that is revoked'() {
    const { id, secret } = await token()
    return { authorization: `Bearer ${secret}`, end: () => admin.send({ method: 'DELETE', path: `/v1/me/tokens/${id}` }) }
  },
  async 'a token that expires'() {
    return { authorization: `Bearer ${(await token()).secret}`, end: () => admin.world.clock.advance(24 * 3_600_000 + 5_000) }
  },
  async 'a permission that is taken away'() {
    return {
      authorization: `Bearer ${(await token([{ permissions: ['event.view', 'vm.console'] }])).secret}`,
      async end() {
        admin.world.grantAlone('administrator', 'viewer')
        // Events may be seen still; consoles may not.
        await admin.world.clock.advance(5_000)
      },
    }
  },
}
const names = Object.keys(ways)

async function runningVm(): Promise<string> {
  const boot = { from: 'kernel', kernel: { datastore: 'local', file: 'vmlinuz' } } as const
  const { id } = admin.app.vms.create(draft('web1', { boot }), { dryRun: false, by: 'x' })
  admin.app.power.powerOn(id, 'x')
  await admin.world.clock.advance(0)
  return id
}

describe('an event stream', () => {
  it.each(names.slice(0, 4))('ends with %s, and nothing is sent on it any more', async (name) => {
    const { authorization, end } = await (ways[name] as () => Promise<Way>)()
    const stream = (await admin.send({ path: '/v1/events', headers: { authorization, accept: 'text/event-stream' } })) as StreamResponse
    const pushed: string[] = []
    let ended = 0
    stream.subscribe(
      (text) => pushed.push(text),
      () => ended++,
    )
    await admin.world.clock.advance(10_000)
    expect(ended).toBe(0)
    await end()
    const before = pushed.length
    await admin.call({ method: 'POST', path: '/v1/vms', body: { name: 'later' } })
    expect([ended, pushed.length]).toEqual([1, before])
  })

  it('goes on for who may see events still, and is forgotten when its client goes', async () => {
    const { authorization, end } = await (ways['a permission that is taken away'] as () => Promise<Way>)()
    const stream = (await admin.send({ path: '/v1/events', headers: { authorization, accept: 'text/event-stream' } })) as StreamResponse
    let ended = 0
    const leave = stream.subscribe(
      () => {},
      () => ended++,
    )
    await end()
    expect(ended).toBe(0)
    leave()
    const pending = admin.world.clock.pendingTimers
    await admin.world.clock.advance(5_000)
    expect([ended, admin.world.clock.pendingTimers]).toEqual([0, pending])
  })
})

describe.each([
  ['serial', {}],
  ['vnc', {}],
] as const)('the %s console of a VM', (console, _more) => {
  const open = (id: string): Sent => ({ path: `/v1/vms/${id}/console/${console}`, upgrade: 'websocket' })

  it.each(names)('is closed by %s', async (name) => {
    const id = await runningVm()
    const { authorization, end } = await (ways[name] as () => Promise<Way>)()
    expect((await admin.send({ ...open(id), headers: { authorization } })).kind).toBe('attach')
    await admin.world.clock.advance(10_000)
    expect(admin.world.sockets.open.size).toBe(1)
    await end()
    expect(admin.world.sockets.open.size).toBe(0)
  })

  it('by a ticket is closed with what the ticket was asked for by', async () => {
    const id = await runningVm()
    const { authorization, end } = await (ways['a log-out'] as () => Promise<Way>)()
    const asked = { method: 'POST', path: `/v1/vms/${id}/console/tickets`, body: { console }, headers: { authorization } }
    const tickets = [await admin.call(asked), await admin.call(asked)].map(({ body }) => (body as { path: string }).path)
    const use = (path = '') => admin.send({ path, upgrade: 'websocket', headers: { authorization: undefined as never } })
    expect((await use(tickets[0])).kind).toBe('attach')
    await end()
    expect(admin.world.sockets.open.size).toBe(0)
    expect((await use(tickets[1])).status).toBe(404)
  })

  it('that its client has left is forgotten', async () => {
    const id = await runningVm()
    await admin.send(open(id))
    const [held] = admin.world.sockets.open.values()
    held?.closedByClient()
    const pending = admin.world.clock.pendingTimers
    await admin.world.clock.advance(5_000)
    expect([admin.world.sockets.open.size, admin.world.clock.pendingTimers <= pending]).toEqual([0, true])
  })
})

describe('an upload', () => {
  it.each(names)('is cancelled by %s, and nothing is kept of it', async (name) => {
    const { authorization, end } = await (ways[name] as () => Promise<Way>)()
    const incoming = { sizeBytes: 1024, receive: () => {} }
    const answer = admin.send({
      ...{ method: 'PUT', path: '/v1/datastores/local/files/new.iso', incoming },
      headers: { authorization, 'content-type': 'application/octet-stream' },
    })
    await admin.world.clock.advance(100)
    const running = () => admin.world.store.listRunningTasks().length
    if (name === 'a permission that is taken away') return // it has no right to upload at all
    expect(running()).toBe(1)
    await end()
    await admin.world.clock.advance(1_000)
    expect([(await answer).status, running()]).toEqual([409, 0])
  })
})
