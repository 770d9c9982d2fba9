// What is chosen in the boot menu is done once in that boot: the configuration before its last change, or the network at its defaults.
import { describe, expect, it } from 'vitest'
import { parseBootRequest } from '../../../control/src/codec/boot-request.ts'
import type { BootRequest } from '../../../control/src/domain/boot-outcome.ts'
import { Client, type World } from '../../fakes/world.ts'

const layout = (client: Client, name: string) => client.call({ method: 'PUT', path: '/v1/host/keyboard', body: { layout: name } })

/** The machine goes down, and comes up with this chosen. */
async function bootWith(world: World, request: Partial<BootRequest>): Promise<Client> {
  world.powerCut()
  world.host.bootRequest = { previousGeneration: false, resetNetwork: false, ...request }
  const client = await Client.open(world)
  await world.clock.advance(5_000)
  return client
}

async function withNetwork(client: Client, hostname: string): Promise<void> {
  await client.app.network.change(
    { ...client.app.network.kept().settings, hostname, ipv6: { mode: 'off' } },
    { by: 'x', waitOnFailure: true },
  )
  await client.world.clock.advance(5_000)
  client.app.network.confirm('x', { peer: 'console', connectedMs: null })
}

describe('the configuration before its last change', () => {
  it('is in force once, and each boot that asks again goes further back', async () => {
    const first = await Client.open()
    for (const name of ['de', 'fr', 'gb']) await layout(first, name)
    const { world } = first
    const second = await bootWith(world, { previousGeneration: true })
    expect(second.app.keyboard.view().layout).toBe('fr')
    // Another controld of the same boot leaves it.
    await layout(second, 'gb')
    const third = await Client.open(world)
    expect(third.app.keyboard.view().layout).toBe('gb')
    await layout(third, 'fr')
    const back = async (request: Partial<BootRequest>) => (await bootWith(world, request)).app.keyboard.view().layout
    expect(await back({ previousGeneration: true })).toBe('gb')
    expect(await back({ previousGeneration: true })).toBe('fr')
    expect(await back({})).toBe('fr')
  })

  it('brings the network back without anybody who confirms it, and leaves accounts alone', async () => {
    const client = await Client.open()
    await withNetwork(client, 'rack7')
    const before = client.app.network.kept().settings
    await client.call({ method: 'POST', path: '/v1/users', body: { name: 'bert' } })
    await withNetwork(client, 'rack8')
    const next = await bootWith(client.world, { previousGeneration: true })
    expect(next.app.network.kept().settings).toEqual(before)
    expect([client.world.host.hostname, next.app.network.summary().pending]).toEqual(['rack7', null])
    const again = await bootWith(client.world, { previousGeneration: true })
    expect(again.app.users.list().map(({ spec }) => spec.name)).toContain('bert')
  })

  it('that there is none of changes nothing, and the host comes up', async () => {
    const client = await Client.open()
    await layout(client, 'de')
    client.world.store.generations.clear()
    const next = await bootWith(client.world, { previousGeneration: true })
    expect(next.app.keyboard.view().layout).toBe('de')
    expect(next.app.events.latest().map(({ code }) => code)).toContain('host.restore-refused')
  })
})

it('the network at its defaults keeps the host’s name, and all else', async () => {
  const client = await Client.open()
  await layout(client, 'de')
  await withNetwork(client, 'rack7')
  const next = await bootWith(client.world, { resetNetwork: true })
  const { hostname, ipv6 } = next.app.network.kept().settings
  expect([hostname, ipv6.mode === 'off', next.app.keyboard.view().layout]).toEqual(['rack7', false, 'de'])
  expect(next.app.events.latest().map(({ code }) => code)).toContain('network.reset-at-boot')
})

it.each<[string, BootRequest]>([
  ['corbel.slot=a quiet', { previousGeneration: false, resetNetwork: false }],
  ['corbel.slot=a corbel.generation=previous\n', { previousGeneration: true, resetNetwork: false }],
  ['corbel.reset=network corbel.slot=a', { previousGeneration: false, resetNetwork: true }],
  ['xcorbel.reset=network corbel.generation=previouss', { previousGeneration: false, resetNetwork: false }],
])('of the command line %s is %j', (line, request) => {
  expect(parseBootRequest(line)).toEqual(request)
})
