// Changes of the management network: kept, applied, probed, confirmed over the new path, or undone whole; restart, reset, test.
import { beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../../../control/src/app/app.ts'
import type { NetworkSettings } from '../../../control/src/domain/network.ts'
import { adapter, LEASE } from '../../fakes/network.ts'
import { World } from '../../fakes/world.ts'
import { codeOf, codeOfPromise } from './refused.ts'

const STATIC = { mode: 'static', address: '10.0.2.20/24', gateway: '10.0.2.2' } as const

let world: World
let app: App
let before: unknown

const kept = () => app.network.kept().settings
const with_ = (change: Partial<NetworkSettings>): NetworkSettings => ({ ...kept(), ...change })
const begin = (change: Partial<NetworkSettings>, wish: { confirmWithinSeconds?: number; waitOnFailure?: boolean } = {}) =>
  app.network.change(with_(change), { by: 'ann', ...wish })
const now = () => world.clock.monotonicMs()
const fresh = () => ({ peer: 'network', connectedMs: now() + 1 }) as const
const codes = () => world.store.latestEvents(50).flatMap(({ code }) => (code.startsWith('network.') ? [code.slice('network.'.length)] : []))
const state = () => world.kernelNetwork.state()

beforeEach(async () => {
  world = new World()
  app = await world.boot()
  before = state()
})

describe('a change', () => {
  it('is kept before anything of it is done, and done a moment after its answer', async () => {
    const { view } = await begin({ ipv4: STATIC })
    expect(view.pending).toMatchObject({ phase: 'applying', secondsLeft: 60, by: 'ann', settings: { ipv4: STATIC } })
    expect([state(), world.store.getSetting('networkPending')]).toEqual([before, expect.objectContaining({ phase: 'applying' })])
    await world.clock.advance(600)
    expect(state()).not.toEqual(before)
    expect((await app.network.view()).pending).toMatchObject({ phase: 'applied' })
    expect(kept().ipv4).toEqual({ mode: 'dhcp' })
  })

  it('stays once it is confirmed over a connection made since', async () => {
    await begin({ ipv4: STATIC })
    await world.clock.advance(1_000)
    const after = state()
    app.network.confirm('ann', fresh())
    await world.clock.advance(120_000)
    expect([state(), app.network.kept()]).toEqual([after, { revision: 2, settings: with_({ ipv4: STATIC }) }])
    expect((await app.network.view()).last).toMatchObject({ outcome: 'confirmed' })
    expect(codes()).toEqual(['change-begun', 'change-applied', 'change-confirmed'])
  })

  it('is not confirmed by a connection that was made before it', async () => {
    await begin({ ipv4: STATIC })
    const old = { peer: 'network', connectedMs: now() } as const
    expect(codeOf(() => app.network.confirm('ann', fresh()))).toBe('network.confirm.too-early')
    await world.clock.advance(1_000)
    expect(codeOf(() => app.network.confirm('ann', old))).toBe('network.confirm.old-connection')
    expect(codeOf(() => app.network.confirm('ann', { peer: 'network', connectedMs: null }))).toBe('network.confirm.old-connection')
    app.network.confirm('console', { peer: 'console', connectedMs: null })
    expect(codeOf(() => app.network.confirm('ann', fresh()))).toBe('network.nothing-pending')
  })

  it.each<[string, Partial<NetworkSettings>]>([
    ['the address', { ipv4: STATIC }],
    ['the VLAN', { vlan: 7 }],
    ['a bond', { adapters: [adapter(0).mac, adapter(1).mac], bond: { mode: 'active-backup', primary: null }, vlan: 9, mtu: 9000 }],
    ['the adapter', { adapters: [adapter(1).mac] }],
    ['the name', { hostname: 'rack9' }],
    ['the firewall', { firewall: { https: ['192.0.2.0/24'] } }],
    ['name servers', { dns: ['192.0.2.53'], searchDomains: ['example'] }],
    ['IPv6', { ipv6: { mode: 'static', address: '2001:db8::5/64', gateway: 'fe80::1' } }],
  ])('of %s is undone whole when nobody confirms it in time', async (_what, change) => {
    await begin(change, { confirmWithinSeconds: 30 })
    await world.clock.advance(29_000)
    expect(state()).not.toEqual(before)
    await world.clock.advance(1_100)
    expect([state(), app.network.kept().revision, world.store.getSetting('networkPending')]).toEqual([before, 1, null])
    expect((await app.network.view()).last).toMatchObject({ outcome: 'undone', reason: 'nobody confirmed it within 30 s.' })
    expect(codes().at(-1)).toBe('change-undone')
  })

  it('is undone when somebody asks for it', async () => {
    await begin({ ipv4: STATIC })
    expect(codeOf(() => app.network.undo('bob'))).toBe('network.busy')
    await world.clock.advance(1_000)
    app.network.undo('bob')
    expect(codeOf(() => app.network.confirm('ann', fresh()))).toBe('network.confirm.too-late')
    await world.clock.advance(100)
    expect(state()).toEqual(before)
  })

  it('that fails half-way leaves what was before, whichever step it was', async () => {
    const change = { adapters: [adapter(0).mac, adapter(1).mac], bond: { mode: '802.3ad' as const, primary: null }, vlan: 9, ipv4: STATIC }
    for (let steps = 0; ; steps++) {
      world.kernelNetwork.stepsLeft = steps
      await begin(change)
      await world.clock.advance(1_000)
      if (world.kernelNetwork.stepsLeft !== Number.POSITIVE_INFINITY) break
      expect([steps, state(), kept().bond]).toEqual([steps, before, null])
      expect(codes().at(-1)).toBe('change-undone')
    }
    expect(state()).not.toEqual(before)
  })

  it('that the kernel refuses says so', async () => {
    await begin({ mtu: 9100 })
    await world.clock.advance(1_000)
    expect((await app.network.view()).last?.reason).toBe('it could not be applied: ip: Invalid argument.')
    expect(state()).toEqual(before)
  })

  it('to an address that somebody has is undone at once', async () => {
    await begin({ ipv4: { mode: 'static', address: '10.0.2.3/24', gateway: '10.0.2.2' } })
    await world.clock.advance(1_000)
    expect((await app.network.view()).last?.reason).toBe(
      'it could not be applied: Another machine of the network has the address 10.0.2.3.',
    )
    expect(state()).toEqual(before)
  })

  it('whose way back fails goes back later', async () => {
    await begin({ ipv4: STATIC })
    await world.clock.advance(1_000)
    world.kernelNetwork.stepsLeft = 1
    app.network.undo('ann')
    await world.clock.advance(1_000)
    expect(state()).not.toEqual(before)
    await world.clock.advance(6_000)
    expect(state()).toEqual(before)
  })

  it('that has nothing in it is none', async () => {
    expect((await begin({})).view.pending).toBeNull()
    expect(codes()).toEqual([])
  })

  it('tried out shows its steps and does nothing', async () => {
    const { view, steps } = await app.network.change(with_({ hostname: 'rack9' }), { by: 'ann', dryRun: true })
    expect([view.pending, steps, state()]).toEqual([null, [{ kind: 'hostname', name: 'rack9' }], before])
  })

  it('waits for the one before it', async () => {
    await begin({ ipv4: STATIC })
    expect(await codeOfPromise(begin({ vlan: 3 }))).toBe('network.pending')
    expect(codeOf(() => app.network.restart('ann'))).toBe('network.pending')
    expect(codeOf(() => app.network.adopt('ann'))).toBe('network.pending')
  })

  it('to an adapter that is not there is refused', async () => {
    expect(await codeOfPromise(begin({ adapters: ['52:54:00:00:00:99'] }))).toBe('request.invalid')
  })
})

describe('the probes', () => {
  const last = async () => (await app.network.view()).last?.reason

  it('of a change that is well are all well', async () => {
    await begin({ ipv4: STATIC })
    await world.clock.advance(1_000)
    expect((await app.network.view()).pending?.probes.map(({ what, state: how }) => `${what} ${how}`)).toEqual([
      'link ok',
      'ipv4 ok',
      'gateway ok',
    ])
  })

  it.each<[string, Partial<NetworkSettings>, (fake: World['kernelNetwork']) => void, string]>([
    [
      'no link',
      { adapters: [adapter(1).mac] },
      (fake) => Object.assign(fake, { cards: [adapter(0), adapter(1, { hasLink: false })] }),
      'eth1 has no link.',
    ],
    [
      'no lease',
      { vlan: 5 },
      (fake) => Object.assign(fake, { lease: (name: string) => (name === 'eth0' ? LEASE : null) }),
      'No DHCP server has given an address.',
    ],
    ['a gateway that is silent', { ipv4: { ...STATIC, gateway: '10.0.2.9' } }, () => {}, 'The gateway 10.0.2.9 does not answer.'],
    ['no gateway any more', { ipv4: { ...STATIC, gateway: null } }, () => {}, 'There is no gateway, and there was one that answered.'],
  ])('undo at once a change with %s', async (_what, change, prepare, reason) => {
    prepare(world.kernelNetwork)
    await begin(change, { confirmWithinSeconds: 600 })
    await world.clock.advance(40_000)
    expect(await last()).toBe(reason)
    expect(state()).toEqual(before)
  })

  it('do not count where the gateway of before was silent, too', async () => {
    world.kernelNetwork.neighbours = () => false
    await begin({ ipv4: { ...STATIC, gateway: '10.0.2.9' } })
    await world.clock.advance(40_000)
    expect(app.network.summary().pending).not.toBeNull()
  })

  it('are waited over by who asked for that', async () => {
    await begin({ ipv4: { ...STATIC, gateway: '10.0.2.9' } }, { waitOnFailure: true })
    await world.clock.advance(40_000)
    expect((await app.network.view()).pending?.probes.at(-1)).toMatchObject({ what: 'gateway', state: 'failed' })
    app.network.confirm('ann', fresh())
    await world.clock.advance(100_000)
    expect(kept().ipv4).toMatchObject({ gateway: '10.0.2.9' })
  })
})

describe('the address that the host had', () => {
  it('is its own again when a change is undone, though somebody has taken it meanwhile', async () => {
    await begin({ ipv4: STATIC })
    await world.clock.advance(1_000)
    app.network.confirm('ann', fresh())
    before = state()
    await begin({ ipv4: { ...STATIC, address: '10.0.2.21/24' } })
    await world.clock.advance(1_000)
    const { neighbours } = world.kernelNetwork
    world.kernelNetwork.neighbours = (name, address) => address === '10.0.2.20' || neighbours(name, address)
    await world.clock.advance(120_000)
    expect(state()).toEqual(before)
  })

  it('is asked for before it is set for the first time, and is not set where somebody has it', async () => {
    const { neighbours } = world.kernelNetwork
    world.kernelNetwork.neighbours = (name, address) => address === '10.0.2.20' || neighbours(name, address)
    await begin({ ipv4: STATIC })
    await world.clock.advance(20_000)
    expect([state(), codes().at(-1)]).toEqual([before, 'change-undone'])
    expect((await app.network.view()).last?.reason).toContain('10.0.2.20')
  })
})

describe('restart, reset and test', () => {
  it('restart takes everything down and sets it up as it was', async () => {
    const task = app.network.restart('ann')
    world.kernelNetwork.done.length = 0
    await world.clock.advance(2_000)
    expect([app.tasks.get(task.id).state, state()]).toEqual(['succeeded', before])
    expect(world.kernelNetwork.done.some((step) => step.kind === 'ip' && step.lines.includes('link set dev eth0 down'))).toBe(true)
  })

  it('a restart that was cut off is finished by the next controld', async () => {
    for (let effects = 0; effects < 25; effects++) {
      world = new World()
      const { app: doomed, process, started } = world.begin()
      await started
      before = state()
      process.effectsLeft = effects
      try {
        doomed.network.restart('ann')
      } catch {
        // Dead at its first word.
      }
      await world.clock.advance(2_000)
      app = await world.boot()
      await world.clock.advance(20_000)
      expect([effects, state()]).toEqual([effects, before])
      expect(world.kernelNetwork.applied()).not.toBeNull()
    }
  })

  it('reset goes to the defaults, and back unless it is confirmed', async () => {
    await begin({ ipv4: STATIC, vlan: 4, hostname: 'rack9' })
    await world.clock.advance(3_000)
    app.network.confirm('ann', fresh())
    before = state()
    expect((await app.network.reset({ by: 'ann' })).pending).toMatchObject({
      settings: { hostname: 'rack9', ipv4: { mode: 'dhcp' }, vlan: null },
    })
    await world.clock.advance(3_000)
    expect(state()).not.toEqual(before)
    await world.clock.advance(70_000)
    expect(state()).toEqual(before)
  })

  it('a test tells what it finds one by one, and changes nothing', async () => {
    const first = await app.network.tests.start('corbel.example')
    expect(first.steps.map(({ kind, state: how }) => `${kind} ${how}`)).toEqual([
      ...['link ok', 'address ok', 'gateway running', 'name-server waiting', 'name waiting'],
    ])
    await world.clock.advance(10)
    expect(app.network.tests.latest()).toMatchObject({
      endedAt: expect.any(String),
      steps: [
        {},
        { target: '10.0.2.15/24' },
        { target: '10.0.2.2', state: 'ok' },
        { target: '10.0.2.3', state: 'ok' },
        { target: 'corbel.example', message: 'It is 192.0.2.1.' },
      ],
    })
    expect(state()).toEqual(before)
  })

  it('a test of a network that does not work says what does not', async () => {
    world.kernelNetwork.neighbours = () => false
    world.kernelNetwork.resolution = { kind: 'no-answer' }
    await app.network.tests.start(null)
    await world.clock.advance(10)
    expect(app.network.tests.latest()?.steps.map(({ kind, state: how }) => `${kind} ${how}`)).toEqual([
      ...['link ok', 'address ok', 'gateway failed', 'name-server failed', 'name failed'],
    ])
  })
})
