// Cards that were moved, added or exchanged between two boots: the same management address, or one question.
import { beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../../../control/src/app/app.ts'
import type { NetworkSettings } from '../../../control/src/domain/network.ts'
import { adapter } from '../../fakes/network.ts'
import { World } from '../../fakes/world.ts'
import { codeOf } from './refused.ts'

const STATIC = { mode: 'static', address: '10.0.2.20/24', gateway: '10.0.2.2' } as const

let world: World
let app: App

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
})

describe('cards', () => {
  /** Comes up with these; the network is on the first of those that there were. */
  async function comeUp(...cards: readonly ReturnType<typeof adapter>[]): Promise<void> {
    await begin({ adapters: [adapter(0).mac], ipv4: STATIC })
    await world.clock.advance(3_000)
    app.network.confirm('ann', fresh())
    await world.clock.advance(100)
    world.powerCut()
    world.kernelNetwork.cards = cards
    world.kernelNetwork.boot()
    app = await world.boot()
  }
  const used = () => world.kernelNetwork.applied()?.state.links.members

  it('that were moved keep their settings, and nobody is asked', async () => {
    await comeUp(adapter(1, { name: 'eth0', index: 2 }), adapter(0, { name: 'eth1', index: 3, slot: 'PCI0-1f.0' }), adapter(5))
    expect([used(), app.network.summary().replacements]).toEqual([['eth1'], 0])
  })

  it('that were exchanged have the settings of the one before them, and one question is asked', async () => {
    const next = adapter(0, { mac: '52:54:00:00:00:ee' })
    await comeUp(next, adapter(1))
    expect([used(), app.network.summary().replacements]).toEqual([['eth0'], 1])
    expect(codes().at(-1)).toBe('adapter-replaced')
    const during = state()
    app.network.adopt('ann')
    expect([kept().adapters, app.network.summary().replacements, state()]).toEqual([[next.mac], 0, during])
    expect(codeOf(() => app.network.adopt('ann'))).toBe('network.nothing-to-adopt')
    world.powerCut()
    app = await world.boot()
    expect([used(), app.network.summary().replacements]).toEqual([['eth0'], 0])
  })

  it('that nobody adopted are asked about at the next boot again, and the old one is taken when it is back', async () => {
    const next = adapter(0, { mac: '52:54:00:00:00:ee' })
    await comeUp(next, adapter(1))
    world.powerCut()
    app = await world.boot()
    expect(app.network.summary().replacements).toBe(1)
    world.powerCut()
    world.kernelNetwork.cards = [adapter(0), adapter(1)]
    world.kernelNetwork.boot()
    app = await world.boot()
    expect([used(), app.network.summary().replacements, kept().adapters]).toEqual([['eth0'], 0, [adapter(0).mac]])
  })
})
