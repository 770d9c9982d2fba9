// The host's time: whom the client is told to ask, what is told of it, and the clock set by hand.
import { beforeEach, describe, expect, it } from 'vitest'
import { parseChronyTracking, renderChronyConf } from '../../../control/src/codec/chrony.ts'
import { parseLease } from '../../../control/src/codec/lease.ts'
import { Client, World } from '../../fakes/world.ts'

describe('the host’s time', () => {
  let client: Client
  let world: World
  beforeEach(async () => {
    world = new World()
    client = await Client.open(world)
  })
  const get = async () => (await client.call({ path: '/v1/host/time' })).body
  const put = (body: unknown) => client.call({ method: 'PUT', path: '/v1/host/time', body })
  const set = (time: string) => client.call({ method: 'POST', path: '/v1/host/time/clock', body: { time } })
  const codes = () => client.app.events.latest().map(({ code }) => code)

  it('is asked of nobody unasked', async () => {
    client.app.time.run()
    await world.clock.advance(60_000)
    expect(world.timekeeping.asked).toEqual([])
    expect(await get()).toMatchObject({
      timeZone: 'UTC',
      setting: { ntp: true, servers: [] },
      servers: [],
      serversFrom: 'none',
      synchronised: false,
    })
  })

  it('is that of the servers that DHCP offers, also when it offers them later', async () => {
    client.app.time.run()
    await world.clock.advance(20_000)
    world.timekeeping.offers = ['10.0.0.1']
    await world.clock.advance(20_000)
    expect(world.timekeeping.asked).toEqual([['10.0.0.1']])
    expect(await get()).toMatchObject({ servers: ['10.0.0.1'], serversFrom: 'dhcp' })
  })

  it('is that of the servers set, at once, and after a restart', async () => {
    world.timekeeping.offers = ['10.0.0.1']
    expect((await put({ ntp: true, servers: ['ntp.example.net', 'fd00::1'] })).status).toBe(200)
    expect(world.timekeeping.asked).toEqual([['ntp.example.net', 'fd00::1']])
    await put({ ntp: false, servers: [] })
    expect(world.timekeeping.asked.at(-1)).toEqual([])
    await put({ ntp: true, servers: ['ntp.example.net'] })
    const again = await world.boot()
    expect(await again.time.view()).toMatchObject({ servers: ['ntp.example.net'], serversFrom: 'setting' })
  })

  it('is told when it begins and when it ends to follow a server', async () => {
    await put({ ntp: true, servers: ['ntp.example.net'] })
    client.app.time.run()
    await world.clock.advance(30_000)
    expect(codes()).not.toContain('time.unsynchronised')
    world.timekeeping.status = { synchronised: true, source: '10.0.0.1', stratum: 2, offsetSeconds: 0.001 }
    await world.clock.advance(60_000)
    expect(codes().filter((code) => code === 'time.synchronised')).toHaveLength(1)
    expect(await get()).toMatchObject({ synchronised: true, source: '10.0.0.1', stratum: 2, offsetSeconds: 0.001 })
    world.timekeeping.status = new Error('no answer')
    await world.clock.advance(60_000)
    expect(codes().filter((code) => code === 'time.unsynchronised')).toHaveLength(1)
  })

  it('can be set by hand only while nobody is asked', async () => {
    await put({ ntp: true, servers: ['ntp.example.net'] })
    expect(await set('2026-03-01T12:00:00Z')).toMatchObject({ status: 409, body: { code: 'time.ntp-on' } })
    await put({ ntp: false, servers: ['ntp.example.net'] })
    expect((await set('2026-03-01T12:00:00Z')).status).toBe(200)
    expect(world.timekeeping.clocksSet).toEqual([Date.UTC(2026, 2, 1, 12)])
    expect(codes()).toContain('host.clock-set')
  })

  it.each([
    ['a time with an offset', { time: '2026-03-01T12:00:00+01:00' }],
    ['a day that there is none of', { time: '2026-02-31T12:00:00Z'.replace('02-31', '13-01') }],
    ['1970', { time: '1970-01-01T00:00:00Z' }],
  ])('is not set to %s', async (_name, body) => {
    await put({ ntp: false, servers: [] })
    expect((await client.call({ method: 'POST', path: '/v1/host/time/clock', body })).status).toBe(422)
  })

  it.each([
    ['a server that is none', { ntp: true, servers: ['not a name'] }],
    ['a line of a configuration', { ntp: true, servers: ['a\nallow all'] }],
    ['an address that is none', { ntp: true, servers: ['10.0.0.300'] }],
    ['one server twice', { ntp: true, servers: ['a', 'a'] }],
  ])('refuses %s', async (_name, body) => {
    expect((await put(body)).status).toBe(422)
  })
})

describe('the time client', () => {
  it('is configured to ask and never to answer', () => {
    const conf = renderChronyConf(['ntp.example.net'], { run: '/r', state: '/s' })
    expect(conf.split('\n')).toEqual(
      expect.arrayContaining(['server ntp.example.net iburst', 'port 0', 'cmdport 0', 'bindcmdaddress /r/chronyd.sock']),
    )
  })

  it('is read from its tracking', () => {
    const line = '0A000202,10.0.2.2,2,1772366400.123,-0.000012345,0.000001,0.000002,1.234,0.001,0.01,0.0002,0.0001,64.2,Normal\n'
    expect(parseChronyTracking(line)).toEqual({ synchronised: true, source: '10.0.2.2', stratum: 2, offsetSeconds: -0.000012345 })
    expect(parseChronyTracking(line.replace('Normal', 'Not synchronised')).synchronised).toBe(false)
    expect(parseChronyTracking('').synchronised).toBe(false)
  })

  it('is offered servers by a lease, if they are addresses', () => {
    expect(parseLease('ADDRESS=10.0.2.15/24\nNTP=10.0.2.2 evil\n')?.ntp).toEqual(['10.0.2.2'])
    expect(parseLease('ADDRESS=10.0.2.15/24\n')?.ntp).toEqual([])
  })
})
