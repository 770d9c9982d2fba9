// The keyboard layout: loaded at the start and at a change, kept, refused when there is none of that name.
import { describe, expect, it } from 'vitest'
import type { Seed } from '../../../control/src/domain/seed.ts'
import { Client, World } from '../../fakes/world.ts'

const put = (client: Client, layout: string) => client.call({ method: 'PUT', path: '/v1/host/keyboard', body: { layout } })

describe('the keyboard layout', () => {
  it('is that of the United States until one is chosen, and the chosen one from then on', async () => {
    const world = new World()
    const client = await Client.open(world)
    expect(world.keyboard.loaded).toEqual(['us'])
    expect(await put(client, 'de')).toMatchObject({ status: 200, body: { layout: 'de' } })
    await world.boot()
    expect(world.keyboard.loaded).toEqual(['us', 'de', 'de'])
    expect(client.app.events.latest().map(({ code }) => code)).toContain('host.keyboard-changed')
  })

  it('is kept on a machine without a screen', async () => {
    const world = new World()
    world.keyboard.failure = new Error('no console')
    const client = await Client.open(world)
    expect((await put(client, 'fr')).status).toBe(200)
    expect((await client.call({ path: '/v1/host/keyboard' })).body).toMatchObject({ layout: 'fr' })
    expect(world.logged.some((line) => /keyboard layout fr/.test(line))).toBe(true)
  })

  it('is refused when there is none of that name', async () => {
    const client = await Client.open()
    expect(await put(client, '../../etc/passwd')).toMatchObject({ status: 422 })
  })

  it('is taken from a seed', async () => {
    const world = new World()
    const document: Seed = { version: 1, keyboard: 'ch-fr', time: { ntp: false, servers: [] } }
    world.host.bootOutcome = { ...world.host.bootOutcome, seed: { state: 'applied', problems: [], document } }
    const client = await Client.open(world)
    expect(world.keyboard.loaded).toEqual(['ch-fr'])
    expect((await client.call({ path: '/v1/host/time' })).body).toMatchObject({ serversFrom: 'off' })
  })
})
