// Sending the audit log and events: in order, exactly on from where it was, whatever the collector does.
import { beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../../../control/src/app/app.ts'
import { Client, World } from '../../fakes/world.ts'

const TARGET = { host: 'logs.example', port: 6514, authority: null, fingerprint: Array.from({ length: 32 }, () => 'AB').join(':') }
const SETTINGS = { ...TARGET, kinds: ['audit', 'events'] as ('audit' | 'events')[] }

let world: World
let client: Client
let app: App
beforeEach(async () => {
  world = new World()
  client = await Client.open(world)
  app = client.app
  app.syslog.run()
})

const settle = (ms = 1_000) => world.clock.advance(ms)
const collector = () => world.logCollector
const status = () => app.syslog.view().status

async function create(name: string): Promise<void> {
  await client.call({ method: 'POST', path: '/v1/vms', body: { name } })
  await settle()
}

async function turnOn(kinds = SETTINGS.kinds): Promise<void> {
  expect((await client.call({ method: 'PUT', path: '/v1/host/syslog', body: { ...TARGET, kinds } })).status).toBe(200)
  await settle()
}

function arrived(kind: 'audit' | 'event'): number[] {
  return collector().arrived.flatMap((message) => (message.kind === kind ? [Number(message.data.sequence ?? message.data.id)] : []))
}

function fromTo(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}

/** The controld that comes after this one, over the same store. */
async function restart(): Promise<void> {
  app = await world.boot()
  client = new Client(world, app)
  client.token = (await app.sessions.login('administrator', 'correct horse battery', '192.0.2.1')).token
  app.syslog.run()
  await settle()
}

describe('what happens', () => {
  it('is sent from the time on that it is to be, both kinds in their order', async () => {
    await create('before')
    const head = app.audit.summary().head.sequence
    await turnOn()
    await create('web1')
    await create('web2')
    expect(arrived('audit')).toEqual(fromTo(head + 1, head + 3))
    expect(arrived('event')).toEqual(world.store.latestEvents(3).map(({ id }) => id))
    expect(status()).toMatchObject({ state: 'connected', lastError: null, behind: { audit: 0, events: 0 }, lost: { audit: 0, events: 0 } })
  })

  it('is sent of the kinds alone that are wanted', async () => {
    await turnOn(['events'])
    await create('web1')
    expect(arrived('audit')).toEqual([])
    expect(arrived('event').length).toBeGreaterThan(0)
  })

  it('goes nowhere any more when it is turned off', async () => {
    await turnOn()
    await client.call({ method: 'DELETE', path: '/v1/host/syslog' })
    const before = collector().arrived.length
    await create('web1')
    expect(collector().arrived).toHaveLength(before)
    expect(app.syslog.view()).toMatchObject({ settings: null, status: { state: 'off', behind: { audit: 0, events: 0 } } })
    await settle(600_000)
    expect(collector().isConnected).toBe(false)
  })
})

describe('a collector that is away', () => {
  it('is tried again, less and less often, and given all that happened meanwhile', async () => {
    collector().isUp = false
    await turnOn()
    expect(status()).toMatchObject({ state: 'waiting', lastError: { code: 'connect', message: 'Connection refused' } })
    const first = app.audit.summary().head.sequence
    for (let index = 0; index < 100; index++) await create(`web${index}`)
    expect(status().behind.audit).toBe(101)
    await settle(3_600_000)
    expect(collector().dialled.length).toBeGreaterThan(60)
    expect(collector().dialled.length).toBeLessThan(75)
    collector().isUp = true
    await settle(60_000)
    expect(arrived('audit')).toEqual(fromTo(first, first + 100))
    expect(status()).toMatchObject({ state: 'connected', behind: { audit: 0 } })
    const codes = world.store.latestEvents(500).map(({ code }) => code)
    expect(codes.filter((code) => code.startsWith('syslog.'))).toEqual(['syslog.set', 'syslog.unreachable', 'syslog.connected'])
  })

  it('never keeps anything else waiting', async () => {
    await turnOn()
    collector().isTaking = false
    for (let index = 0; index < 300; index++) await create(`web${index}`)
    expect(collector().mostWaiting).toBeLessThan(140)
    collector().isTaking = true
    collector().take()
    await settle(1_000)
    expect(arrived('audit').at(-1)).toBe(app.audit.summary().head.sequence)
    expect(status().behind).toEqual({ audit: 0, events: 0 })
  })

  it('and for whom it was too long, is told of: how many were removed is counted', async () => {
    collector().isUp = false
    await turnOn(['events'])
    world.store.atomically(() => {
      for (let index = 0; index < 10_100; index++)
        world.store.appendEvent({ at: world.clock.now(), code: 'x', severity: 'info', target: { kind: 'host', id: 'host' }, message: '' })
    })
    collector().isUp = true
    await settle(5_000)
    expect(status().lost.events).toBeGreaterThanOrEqual(100)
    expect(status().behind.events).toBe(0)
  })
})

describe('a connection that is cut', () => {
  it('in the middle loses nothing, and repeats only what is not known to have arrived', async () => {
    await turnOn(['audit'])
    collector().isTaking = false
    const first = app.audit.summary().head.sequence + 1
    for (let index = 0; index < 10; index++) await create(`web${index}`)
    collector().take(4)
    collector().take(2, true)
    collector().cut()
    collector().isTaking = true
    await settle(10_000)
    const all = arrived('audit').filter((sequence) => sequence >= first)
    expect(all).toEqual([...fromTo(first, first + 5), ...fromTo(first + 4, first + 9)])
  })

  it('by a restart goes on after what was remembered to have arrived', async () => {
    await turnOn(['audit'])
    const first = app.audit.summary().head.sequence
    for (let index = 0; index < 5; index++) await create(`web${index}`)
    await settle(1_000)
    await create('late')
    await restart()
    await create('after')
    const all = arrived('audit')
    expect([...new Set(all)]).toEqual(fromTo(first, app.audit.summary().head.sequence))
    expect(all.length - new Set(all).size).toBe(1)
  })
})

describe('the setting', () => {
  it.each([
    [{ host: 'a b' }, 'syslog.host.invalid'],
    [{ port: 0 }, 'syslog.port.below-minimum'],
    [{ fingerprint: 'AB:CD' }, 'syslog.fingerprint.invalid'],
    [{ fingerprint: null, authority: 'no PEM' }, 'syslog.authority.invalid'],
    [{ fingerprint: null }, 'syslog.one-trust'],
    [{ authority: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' }, 'syslog.one-trust'],
    [{ kinds: [] }, 'syslog.kinds.too-few'],
    [{ proxy: 'x' }, 'request.unknown-field'],
  ])('with %j is refused: %s', async (wrong, code) => {
    const { status: refused, body } = await client.call({ method: 'PUT', path: '/v1/host/syslog', body: { ...TARGET, ...wrong } })
    expect([refused, (body as { problems: { code: string }[] }).problems.map((problem) => problem.code)]).toEqual([422, [code]])
  })

  it('outlives a restart, and changes without losing its place', async () => {
    await turnOn(['audit'])
    await restart()
    expect(app.syslog.view()).toMatchObject({ settings: { host: 'logs.example', port: 6514 }, status: { state: 'connected' } })
    const before = arrived('audit')
    await client.call({ method: 'PUT', path: '/v1/host/syslog', body: { ...TARGET, host: '192.0.2.9' } })
    await settle()
    expect(collector().dialled.at(-1)?.host).toBe('192.0.2.9')
    expect(arrived('audit').length).toBe(before.length + 1)
  })
})
