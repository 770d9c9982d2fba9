// An update of the control plane alone takes over while VMs run on, and shows that all is in order; what goes wrong leaves the one of before, or brings it back.
import { beforeEach, describe, expect, it } from 'vitest'
import { SERVICE_NAMES } from '../../../control/src/domain/service.ts'
import { installedSlots } from '../../fakes/boot-slots.ts'
import { FakeFailure } from '../../fakes/failure.ts'
import { installedWorld, UPDATE_HEADER, UPDATE_MANIFEST } from '../../fakes/installed-world.ts'
import { Client, encodeAscii, type World } from '../../fakes/world.ts'

let world: World
let client: Client
beforeEach(async () => {
  ;({ world, client } = await installedWorld())
})

async function put(query: string, manifest: Partial<typeof UPDATE_MANIFEST> = {}) {
  const text = JSON.stringify({ ...UPDATE_MANIFEST, ...manifest })
  world.bootSlots.update = { manifest: { bytes: encodeAscii(text), text, signature: 'good' } }
  const answer = client.call({
    ...{ method: 'PUT', path: '/v1/host/update', query, headers: { 'content-type': 'application/octet-stream' } },
    incoming: { sizeBytes: UPDATE_HEADER + 1000, receive: () => {} },
  })
  await world.clock.advance(0)
  return answer
}

const codes = () => world.store.latestEvents(100).map(({ code }) => code)
const codesOf = (body: unknown) => (body as { problems: { code: string }[] }).problems.map(({ code }) => code)

/** The programs that were ended begin again; of those, the control daemon. */
async function startAgain(): Promise<Client> {
  const app = await world.boot()
  void app.systemSlots.start()
  void app.liveUpdates.follow()
  await world.clock.advance(0)
  const again = new Client(world, app)
  again.token = client.token
  return again
}

describe('an update of the control plane alone', () => {
  it('is in its slot, and everything but the guard begins again as what was taken from there, the control daemon last', async () => {
    expect((await put('then=live')).body).toMatchObject({ slot: 'b', controlPlaneOnly: true, live: true, restarts: false })
    expect(world.controlPlane.current).toMatchObject({ slot: 'b', version: '0.2.0', confirmed: false })
    expect(world.bootSlots.seen?.environment.slots.b).toEqual({ mark: 'trying', tries: 2 })
    expect(world.services.ended).toEqual([])
    await world.clock.advance(500)
    expect(world.services.ended.at(-1)).toBe('controld')
    expect([...world.services.ended].sort()).toEqual(SERVICE_NAMES.filter((name) => name !== 'guard').sort())
    expect(world.host.done).toEqual([])
  })

  it('is confirmed once all is in order, and the guard begins again then', async () => {
    await put('then=live')
    world.selfTest.answers = false
    const again = await startAgain()
    expect(world.controlPlane.current).toMatchObject({ missing: ['the API does not answer'], confirmed: false })
    expect((await again.call({ method: 'GET', path: '/v1/host/slots' })).body).toMatchObject({
      running: 'a',
      items: [
        { running: true, live: false },
        { running: false, live: true },
      ],
    })
    world.services.ended.length = 0
    world.selfTest.answers = true
    await world.clock.advance(2_000)
    expect(world.controlPlane.current).toMatchObject({ confirmed: true })
    expect(world.services.ended).toEqual(['guard'])
    expect(codes()).toContain('update.live')
  })

  it('that has not been confirmed lets no other one in', async () => {
    await put('then=live')
    client = await startAgain()
    world.controlPlane.report(['it waits'])
    expect((await put('')).body).toMatchObject({ code: 'update.live-unconfirmed' })
    world.controlPlane.report([])
    expect((await put('')).status).toBe(200)
  })

  it('that the guard has undone is told of by the one of before', async () => {
    await put('then=live')
    world.controlPlane.undo()
    world.bootSlots.left = { slot: 'b', version: '0.2.0', reason: 'not in order 180 s after it took over' }
    const { environment } = world.bootSlots.seen ?? installedSlots()
    const failed = { ...environment, slots: { ...environment.slots, b: { mark: 'trying', tries: 0 } as const } }
    world.bootSlots.seen = installedSlots({ environment: failed, versions: { a: '0.1.0', b: '0.2.0' } })
    await startAgain()
    const undone = world.store.latestEvents(100).find(({ code }) => code === 'update.undone')
    expect(undone?.message).toContain('not in order 180 s after it took over')
    expect(world.bootSlots.seen?.environment.slots.b.mark).toBe('bad')
  })

  it('whose programs are not those that were signed leaves the slot empty, and nothing takes over', async () => {
    world.controlPlane.hash = '00'.repeat(32)
    expect((await put('then=live')).body).toMatchObject({ code: 'update.programs' })
    expect(world.controlPlane.current).toBeNull()
    expect(world.bootSlots.seen?.environment.slots.b).toEqual({ mark: 'empty', tries: 0 })
  })

  it('that cannot take over waits for the next restart, and an event says so', async () => {
    const stage = world.controlPlane.stage.bind(world.controlPlane)
    world.controlPlane.stage = async (slot, sha256) => {
      const staged = await stage(slot, sha256)
      world.controlPlane.failure = new FakeFailure('host.EROFS')
      return staged
    }
    expect((await put('then=live')).status).toBe(200)
    await world.clock.advance(1_000)
    expect(codes()).toContain('update.live-failed')
    expect(world.services.ended).toEqual([])
    expect(world.bootSlots.seen?.environment.slots.b.mark).toBe('trying')
  })
})

describe('an update with more that is new', () => {
  it('is refused where it is to take over at once, dry or not, and nothing is written', async () => {
    for (const query of ['then=live', 'then=live&dryRun=true']) {
      const { status, body } = await put(query, { host: 'cc'.repeat(32) })
      expect([status, codesOf(body)]).toEqual([422, ['update.needs-restart']])
    }
    expect(world.bootSlots.done).toEqual([])
  })

  it('says in a dry run that it takes a restart', async () => {
    expect((await put('dryRun=true', { host: 'cc'.repeat(32) })).body).toMatchObject({ controlPlaneOnly: false, live: false })
    expect((await put('dryRun=true')).body).toMatchObject({ controlPlaneOnly: true, live: false })
  })
})
