// The programs of the control plane: what is told of them, and starting them again.
import { describe, expect, it } from 'vitest'
import { Client } from '../../fakes/world.ts'

describe('services', () => {
  it('are told with what they are for, those that do not run too', async () => {
    const client = await Client.open()
    client.world.services.missing.add('logd')
    const { body } = await client.call({ path: '/v1/host/services' })
    const items = (body as { items: { name: string; pid: number | null }[] }).items
    expect(items.find(({ name }) => name === 'controld')).toMatchObject({ pid: 100, upForSeconds: 0, restarts: 0 })
    expect(items.find(({ name }) => name === 'logd')).toMatchObject({ pid: null, upForSeconds: null })
  })

  it('are ended after the answer, the control daemon last, and who asked is an event', async () => {
    const client = await Client.open()
    const one = await client.call({ method: 'POST', path: '/v1/host/services/logd/restart' })
    expect([one.status, client.world.services.ended]).toEqual([204, []])
    await client.world.clock.advance(1000)
    expect(client.world.services.ended).toEqual(['logd'])
    await client.call({ method: 'POST', path: '/v1/host/services/restart' })
    await client.world.clock.advance(1000)
    expect(client.world.services.ended.at(-1)).toBe('controld')
    expect(client.app.events.latest().map(({ code, message }) => [code, message])).toEqual(
      expect.arrayContaining([
        ['host.service-restarted', 'The service logd was started again, asked by administrator.'],
        ['host.services-restarted', 'All management services were started again, asked by administrator.'],
      ]),
    )
  })

  it('that there are none of are refused', async () => {
    const client = await Client.open()
    expect(await client.call({ method: 'POST', path: '/v1/host/services/sshd/restart' })).toMatchObject({
      status: 404,
      body: { code: 'service.unknown' },
    })
  })
})
