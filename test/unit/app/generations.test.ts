// Generations come about with every change of the configuration and with nothing else, and one of them can be put back whole.
import { describe, expect, it } from 'vitest'
import type { GenerationView } from '../../../control/src/domain/generation.ts'
import type { RestoreStep } from '../../../control/src/domain/restore.ts'
import { Client, PASSWORD } from '../../fakes/world.ts'

const KERNEL = { from: 'kernel', kernel: { datastore: 'local', file: 'vmlinuz' } }

async function makeVm(client: Client, name: string, more: object = {}): Promise<string> {
  const { status, body } = await client.call({ method: 'POST', path: '/v1/vms', body: { name, boot: KERNEL, ...more } })
  expect(status).toBe(201)
  return (body as { id: string }).id
}

async function generations(client: Client): Promise<readonly { number: number; by: string; what: string }[]> {
  return ((await client.call({ path: '/v1/host/generations' })).body as { items: { number: number; by: string; what: string }[] }).items
}

async function restore(client: Client, number: number, query = ''): Promise<readonly RestoreStep[]> {
  const { status, body } = await client.call({ method: 'POST', path: `/v1/host/generations/${number}/restore`, query, body: {} })
  expect([status, body]).toEqual([200, expect.anything()])
  return (body as { steps: RestoreStep[] }).steps
}

const brief = (steps: readonly RestoreStep[]) => steps.map(({ name, action }) => `${action} ${name}`)
const keyboard = (client: Client, layout: string) => client.call({ method: 'PUT', path: '/v1/host/keyboard', body: { layout } })

describe('a generation', () => {
  it('is made by a change, of who asked for it, with what differs', async () => {
    const client = await Client.open()
    const id = await makeVm(client, 'web1')
    await client.call({ method: 'PATCH', path: `/v1/vms/${id}`, headers: { 'if-match': '"1"' }, body: { memoryMiB: 768 } })
    const [latest] = await generations(client)
    expect(latest).toMatchObject({ by: 'administrator', what: 'web1 was changed by administrator.', changes: 1 })
    const { body } = await client.call({ path: `/v1/host/generations/${latest?.number}` })
    expect((body as GenerationView).objects).toEqual([
      { kind: 'vm', id, name: 'web1', action: 'changed', fields: [{ field: 'memoryMiB', before: 512, after: 768 }] },
    ])
  })

  it('is not made by what runs, logs in or is only told', async () => {
    const client = await Client.open()
    const id = await makeVm(client, 'web1')
    const before = await generations(client)
    client.app.power.powerOn(id, 'x')
    await client.world.clock.advance(5_000)
    await client.app.sessions.login('administrator', PASSWORD, '192.0.2.1')
    await client.call({ method: 'POST', path: '/v1/host/services/restart', body: {} })
    expect(client.app.vms.get(id).status.powerState).toBe('running')
    expect(await generations(client)).toEqual(before)
  })

  it('has no password, hash or secret in it', async () => {
    const client = await Client.open()
    await client.call({ method: 'POST', path: '/v1/users', body: { name: 'bert', password: 'another good password' } })
    const shown = await Promise.all(
      (await generations(client)).map(({ number }) => client.call({ path: `/v1/host/generations/${number}` })),
    )
    const kept = JSON.stringify(client.world.store.generations.difference(0, 1_000))
    const hash = client.world.store.getUser('bert')?.passwordHash ?? 'none'
    expect(JSON.stringify(shown)).toContain('bert')
    expect([JSON.stringify(shown).includes(hash), kept.includes(hash)]).toEqual([false, false])
  })

  it('that is not there is not found', async () => {
    const client = await Client.open()
    expect((await client.call({ path: '/v1/host/generations/99' })).body).toMatchObject({ code: 'generation.not-found' })
  })
})

describe('a restore', () => {
  it('puts settings, pools, users and VMs back, without a restart, and is a generation itself', async () => {
    const client = await Client.open()
    await client.call({ method: 'POST', path: '/v1/pools', body: { name: 'gold' } })
    const gone = await makeVm(client, 'gone', { pool: 'gold' })
    await client.call({ method: 'POST', path: '/v1/users', body: { name: 'bert', password: 'another good password' } })
    const [then] = await generations(client)
    await client.call({ method: 'DELETE', path: `/v1/vms/${gone}`, headers: { 'if-match': '"1"' } })
    await client.call({ method: 'DELETE', path: '/v1/pools/gold', headers: { 'if-match': '"1"' } })
    await client.call({ method: 'DELETE', path: '/v1/users/bert', headers: { 'if-match': '"1"' } })
    await keyboard(client, 'de')
    await makeVm(client, 'new')
    const planned = await restore(client, then?.number ?? 0, 'dryRun=true')
    expect(client.app.keyboard.view().layout).toBe('de')
    const done = await restore(client, then?.number ?? 0)
    expect(done).toEqual(planned)
    expect([...brief(done)].sort()).toEqual(['add bert', 'add gone', 'change pools', 'remove keyboard', 'remove new'].sort())
    const { app } = client
    expect([
      app.keyboard.view().layout,
      app.vms.list().map(({ spec }) => spec.name),
      app.pools.list().map(({ spec }) => spec.name),
    ]).toEqual(['us', ['gone'], ['gold']])
    expect(app.users.get('bert').status.hasPassword).toBe(false)
    expect((await generations(client))[0]).toMatchObject({ by: 'administrator' })
    // A new controld reads the same.
    const next = await client.world.boot()
    expect([next.keyboard.view().layout, next.vms.list().map(({ id }) => id)]).toEqual(['us', [gone]])
  })

  it('leaves a running VM running: what was changed is pending, what was made since stays', async () => {
    const client = await Client.open()
    const id = await makeVm(client, 'web1')
    const [then] = await generations(client)
    await client.call({ method: 'PATCH', path: `/v1/vms/${id}`, headers: { 'if-match': '"1"' }, body: { memoryMiB: 768 } })
    const since = await makeVm(client, 'web2')
    for (const one of [id, since]) client.app.power.powerOn(one, 'x')
    await client.world.clock.advance(5_000)
    expect(brief(await restore(client, then?.number ?? 0))).toEqual(['change web1', 'keep web2'])
    const vm = client.app.vms.get(id)
    expect([vm.spec.memoryMiB, vm.status.powerState, vm.status.pending]).toEqual([512, 'running', ['memoryMiB']])
    expect(client.app.vms.get(since).status.powerState).toBe('running')
  })

  it('never shuts the author out, nor lets an old lockdown or password count', async () => {
    const client = await Client.open()
    await client.call({ method: 'POST', path: '/v1/users', body: { name: 'bert', grants: [{ role: 'administrator', on: 'host' }] } })
    const [then] = await generations(client)
    await client.call({ method: 'PUT', path: '/v1/users/bert/password', body: { password: 'another good password' } })
    client.token = (await client.app.sessions.login('bert', 'another good password', '192.0.2.1')).token
    await client.call({ method: 'PATCH', path: '/v1/users/administrator', headers: { 'if-match': '"1"' }, body: { fullName: 'A' } })
    await client.call({
      ...{ method: 'PUT', path: '/v1/host/lockdown', headers: { 'if-match': '"0"' } },
      body: { mode: 'normal', apiUsers: ['bert'], breakGlass: ['bert'] },
    })
    const steps = await restore(client, then?.number ?? 0)
    expect(brief(steps)).toEqual(['keep lockdown', 'change administrator', 'keep bert'])
    expect((await client.app.sessions.login('bert', 'another good password', '192.0.2.1')).token).toBeTruthy()
    // The first generation of all, before there was anybody.
    const [first] = (await generations(client)).slice(-1)
    expect(brief(await restore(client, first?.number ?? 0))).toContain('keep bert')
    expect(client.app.users.list().map(({ spec }) => spec.name)).toContain('bert')
  })

  it('of the network waits to be confirmed, and is undone without', async () => {
    const client = await Client.open()
    const { network } = client.app
    const before = network.kept().settings
    const [then] = await generations(client)
    await network.change({ ...before, hostname: 'other' }, { by: 'administrator' })
    await client.world.clock.advance(5_000)
    network.confirm('administrator', { peer: 'console', connectedMs: null })
    expect(network.kept().settings.hostname).toBe('other')
    await restore(client, then?.number ?? 0)
    expect([network.kept().settings.hostname, network.summary().pending]).toEqual(['other', expect.anything()])
    await client.world.clock.advance(5_000)
    network.confirm('administrator', { peer: 'console', connectedMs: null })
    expect(network.kept().settings).toEqual(before)
  })

  it('lets names go round, and keeps out what clashes with what runs', async () => {
    const client = await Client.open()
    const [a, b] = [await makeVm(client, 'a'), await makeVm(client, 'b')]
    const [then] = await generations(client)
    const rename = (id: string, name: string, revision: number) =>
      client.call({ method: 'PATCH', path: `/v1/vms/${id}`, headers: { 'if-match': `"${revision}"` }, body: { name } })
    for (const [id, name, revision] of [
      [a, 'x', 1],
      [b, 'a', 1],
      [a, 'b', 2],
    ] as const)
      await rename(id, name, revision)
    await restore(client, then?.number ?? 0)
    expect([a, b].map((id) => client.app.vms.get(id).spec.name)).toEqual(['a', 'b'])
    await client.call({ method: 'DELETE', path: `/v1/vms/${a}`, headers: { 'if-match': '"4"' } })
    const other = await makeVm(client, 'a')
    client.app.power.powerOn(other, 'x')
    await client.world.clock.advance(5_000)
    const steps = await restore(client, then?.number ?? 0)
    expect(steps.map(({ id, action, note }) => [id, action, note])).toContainEqual([a, 'keep', 'Another VM is named a.'])
  })

  it('that cannot be written changes nothing', async () => {
    const client = await Client.open()
    const [then] = await generations(client)
    await keyboard(client, 'de')
    await makeVm(client, 'web1')
    client.world.store.writesLeft = 3
    const { status } = await client.call({ method: 'POST', path: `/v1/host/generations/${then?.number}/restore`, body: {} })
    client.world.store.writesLeft = Number.POSITIVE_INFINITY
    expect(status).toBeGreaterThanOrEqual(500)
    expect([client.app.keyboard.view().layout, client.app.vms.list().length]).toEqual(['de', 1])
  })
})
