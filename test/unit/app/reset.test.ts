// Reset of the configuration: what is forgotten, what stays, and that VMs go on.
import { describe, expect, it } from 'vitest'
import { Client, PASSWORD, World } from '../../fakes/world.ts'

const reset = (client: Client, hostname: string) => client.call({ method: 'POST', path: '/v1/host/reset', body: { hostname } })

describe('a reset of the configuration', () => {
  it('forgets users, sessions and settings, keeps VMs, pools and events, and starts the management services again', async () => {
    const world = new World()
    const client = await Client.open(world)
    await client.call({ method: 'POST', path: '/v1/pools', body: { name: 'gold' } })
    const { id } = (
      await client.call({
        method: 'POST',
        path: '/v1/vms',
        body: { name: 'web1', boot: { from: 'kernel', kernel: { datastore: 'local', file: 'vmlinuz' } } },
      })
    ).body as { id: string }
    client.app.power.powerOn(id, 'x')
    await world.clock.advance(0)
    await client.call({ method: 'PUT', path: '/v1/host/keyboard', body: { layout: 'de' } })
    expect((await reset(client, world.host.hostname)).status).toBe(204)
    await world.clock.advance(1000)
    expect(world.services.ended).toContain('controld')

    const app = await world.boot()
    expect(app.sessions.setupRequired).toBe(true)
    expect(app.keyboard.view().layout).toBe('us')
    expect(app.vms.get(id).status.powerState).toBe('running')
    expect(app.pools.list().map(({ spec }) => spec.name)).toContain('gold')
    expect(app.events.latest().map(({ code }) => code)).toContain('host.configuration-reset')
    expect(
      (await new Client(world, app).call({ method: 'POST', path: '/v1/login', body: { username: 'administrator', password: PASSWORD } }))
        .status,
    ).toBe(409)
  })

  it('wants the host’s name, and without it forgets nothing', async () => {
    const world = new World()
    const client = await Client.open(world)
    expect(await reset(client, 'other')).toMatchObject({ status: 422, body: { problems: [{ code: 'reset.hostname.differs' }] } })
    expect(world.store.countUsers()).toBe(1)
    expect(world.services.ended).toEqual([])
  })

  it('takes a seed over again that is plugged in', async () => {
    const world = new World()
    const document = { version: 1 as const, hostname: 'rack3', administrator: { password: PASSWORD } }
    world.host.bootOutcome = { ...world.host.bootOutcome, seed: { state: 'applied', problems: [], document } }
    const client = await Client.open(world)
    await client.call({ method: 'PUT', path: '/v1/host/keyboard', body: { layout: 'de' } })
    expect((await reset(client, 'rack3')).status).toBe(204)
    const app = await world.boot()
    expect([app.sessions.setupRequired, world.host.hostname, app.keyboard.view().layout]).toEqual([false, 'rack3', 'us'])
  })

  it('puts the management network back to its defaults, addresses and all', async () => {
    const world = new World()
    const client = await Client.open(world)
    const { network } = client.app
    const ipv4 = { mode: 'static', address: '192.0.2.7/24', gateway: null } as const
    await network.change({ ...network.kept().settings, hostname: 'rack7', ipv4 }, { by: 'x', waitOnFailure: true })
    await world.clock.advance(5_000)
    network.confirm('x', { peer: 'console', connectedMs: null })
    expect((await network.view()).seen.addresses.map(({ address }) => address)).toContain('192.0.2.7/24')
    await reset(client, 'rack7')
    const app = await world.boot()
    await world.clock.advance(5_000)
    const { wanted, seen } = await app.network.view()
    expect([wanted.hostname, wanted.ipv4.mode, seen.addresses.map(({ address }) => address)]).toEqual(['corbel', 'dhcp', ['10.0.2.15/24']])
  })

  it('forgets earlier generations, which could bring back what was forgotten', async () => {
    const world = new World()
    const client = await Client.open(world)
    await client.call({ method: 'PUT', path: '/v1/host/keyboard', body: { layout: 'de' } })
    await reset(client, world.host.hostname)
    expect(client.app.generations.list(null, 9).map(({ what, changes }) => [what, changes])).toEqual([
      ['Users, network and other settings were forgotten, asked by administrator.', 0],
    ])
  })
})

const body = (scope: string) => ({ hostname: 'corbel', scope })

describe('a factory reset', () => {
  it.each(['state', 'everything'])('of %s is ordered when all VMs are off, and then the host restarts', async (scope) => {
    const client = await Client.open()
    const { world } = client
    const made = await client.call({
      method: 'POST',
      path: '/v1/vms',
      body: { name: 'web1', boot: { from: 'kernel', kernel: { datastore: 'local', file: 'vmlinuz' } } },
    })
    const { id } = made.body as { id: string }
    client.app.power.powerOn(id, 'x')
    await world.clock.advance(0)
    expect((await client.call({ method: 'POST', path: '/v1/host/reset', body: body(scope) })).status).toBe(202)
    expect(world.stateCare.ordered).toBeNull()
    await world.clock.advance(120_000)
    expect([client.app.vms.get(id).status.powerState, world.stateCare.ordered, world.host.done]).toEqual(['off', scope, ['restart']])
  })

  it('is nothing for a state in memory, and wants the host’s name', async () => {
    const client = await Client.open()
    expect((await client.call({ method: 'POST', path: '/v1/host/reset', body: { hostname: 'other', scope: 'state' } })).status).toBe(422)
    const world = new World()
    world.host.bootOutcome = { ...world.host.bootOutcome, state: 'volatile' }
    const other = await Client.open(world)
    expect((await other.call({ method: 'POST', path: '/v1/host/reset', body: body('state') })).body).toMatchObject({
      code: 'reset.volatile',
    })
    expect(world.stateCare.ordered).toBeNull()
  })
})

describe('a state partition that could not be mended', () => {
  const renew = (client: Client, more: object = {}) =>
    client.call({ method: 'POST', path: '/v1/host/state/renew', body: { hostname: 'corbel', ...more } })

  async function withBroken(): Promise<Client> {
    const world = new World()
    world.host.bootOutcome = { ...world.host.bootOutcome, state: 'volatile', brokenState: '/dev/vda5' }
    return Client.open(world)
  }

  it('is made anew when asked for, with a copy kept, and the host restarts', async () => {
    const client = await withBroken()
    expect((await renew(client)).status).toBe(202)
    await client.world.clock.advance(120_000)
    expect([client.world.stateCare.renewed, client.world.host.done]).toEqual([['/dev/vda5 kept'], ['restart']])
  })

  it('stays as it is where there is no room for the copy, unless none is wanted', async () => {
    const client = await withBroken()
    client.world.stateCare.hasRoom = false
    await renew(client)
    await client.world.clock.advance(120_000)
    expect([client.world.stateCare.renewed, client.world.host.done, client.app.tasks.list()[0]?.error?.code]).toEqual([
      [],
      [],
      'state.no-room',
    ])
    await renew(client, { keep: false })
    await client.world.clock.advance(120_000)
    expect(client.world.stateCare.renewed).toEqual(['/dev/vda5'])
  })

  it('is what has to be the matter', async () => {
    expect((await renew(await Client.open())).body).toMatchObject({ code: 'state.not-broken' })
  })
})
