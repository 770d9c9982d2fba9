// A controld that ends in the middle of a change of the network, and power cuts: the state of before or that of after, never parts of both.
import { beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../../../control/src/app/app.ts'
import type { NetworkSettings } from '../../../control/src/domain/network.ts'
import { adapter } from '../../fakes/network.ts'
import { World } from '../../fakes/world.ts'

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

describe('a controld that ends', () => {
  const change = { adapters: [adapter(1).mac], vlan: 9, ipv4: STATIC, hostname: 'rack9' }

  it('is followed by one that goes on with the deadline', async () => {
    await begin(change)
    await world.clock.advance(10_000)
    const during = state()
    app = await world.boot()
    await world.clock.advance(10_000)
    expect([state(), app.network.summary().pending]).toEqual([during, { phase: 'applied', secondsLeft: 40 }])
    await world.clock.advance(45_000)
    expect(state()).toEqual(before)
  })

  it('leaves a change that can be confirmed at the next', async () => {
    await begin(change)
    await world.clock.advance(10_000)
    const during = state()
    app = await world.boot()
    app.network.confirm('ann', fresh())
    await world.clock.advance(90_000)
    expect([state(), kept().hostname]).toEqual([during, 'rack9'])
  })

  it('before any effect of a change leaves the state of before or that of after, never parts of both', async () => {
    let confirmed = 0
    for (let effects = 0; effects < 60; effects++) {
      world = new World()
      app = await world.boot()
      before = state()
      const { app: doomed, process, started } = world.begin()
      await started
      process.effectsLeft = effects
      doomed.network.change({ ...doomed.network.kept().settings, ...change }, { by: 'ann' }).catch(() => {})
      await world.clock.advance(3_000)
      try {
        doomed.network.confirm('ann', fresh())
        confirmed++
      } catch {
        // It was not there yet, or it is dead.
      }
      app = await world.boot()
      await world.clock.advance(70_000)
      const isNew = kept().hostname === 'rack9'
      expect([effects, world.store.getSetting('networkPending')]).toEqual([effects, null])
      if (!isNew) expect([effects, state()]).toEqual([effects, before])
      else expect(world.kernelNetwork.applied()?.settings).toEqual(kept())
    }
    expect(confirmed).toBeGreaterThan(5)
  })

  it('before any effect of the way back leaves the state of before', async () => {
    for (let effects = 0; effects < 40; effects++) {
      world = new World()
      app = await world.boot()
      before = state()
      const { app: doomed, process, started } = world.begin()
      await started
      await doomed.network.change({ ...doomed.network.kept().settings, ...change }, { by: 'ann' })
      await world.clock.advance(3_000)
      process.effectsLeft = effects
      try {
        doomed.network.undo('ann')
      } catch {
        // Dead at its first word.
      }
      await world.clock.advance(3_000)
      app = await world.boot()
      await world.clock.advance(70_000)
      expect([effects, state(), kept().hostname]).toEqual([effects, before, 'corbel'])
    }
  })
})

describe('a power cut', () => {
  it('while a change waits leaves the settings of before, and says so', async () => {
    await begin({ ipv4: STATIC, hostname: 'rack9' })
    await world.clock.advance(3_000)
    world.powerCut()
    app = await world.boot()
    await world.clock.advance(1_000)
    expect([state(), kept().hostname, app.network.summary().pending]).toEqual([before, 'corbel', null])
    expect([codes().at(-1), (await app.network.view()).last]).toMatchObject(['change-dropped', { outcome: 'dropped' }])
  })

  it('after the confirmation leaves the new ones', async () => {
    await begin({ ipv4: STATIC, hostname: 'rack9' })
    await world.clock.advance(3_000)
    const after = state()
    app.network.confirm('ann', fresh())
    world.powerCut()
    app = await world.boot()
    expect([state(), kept().hostname]).toEqual([after, 'rack9'])
  })
})
