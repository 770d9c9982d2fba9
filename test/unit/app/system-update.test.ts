// An update is judged before anything is written, is tried only when it is there whole, and leaves the slot that runs alone whatever happens.
import { beforeEach, describe, expect, it } from 'vitest'
import type { UpdateManifest } from '../../../control/src/domain/update-manifest.ts'
import { type FakeUpdate, installedSlots } from '../../fakes/boot-slots.ts'
import { FakeFailure } from '../../fakes/failure.ts'
import { installedWorld, UPDATE_HEADER, UPDATE_MANIFEST } from '../../fakes/installed-world.ts'
import { Client, encodeAscii, type World } from '../../fakes/world.ts'

let world: World
let client: Client
beforeEach(async () => {
  ;({ world, client } = await installedWorld())
})

function offer(manifest: Partial<UpdateManifest> = {}, more: Partial<FakeUpdate> & { signature?: string } = {}): void {
  const { signature = 'good', ...rest } = more
  const text = JSON.stringify({ ...UPDATE_MANIFEST, ...manifest })
  world.bootSlots.update = { manifest: { bytes: encodeAscii(text), text, signature }, ...rest }
}

async function put(query = '', sizeBytes = UPDATE_HEADER + 1000) {
  const answer = client.call({
    ...{ method: 'PUT', path: '/v1/host/update', query, headers: { 'content-type': 'application/octet-stream' } },
    incoming: { sizeBytes, receive: () => {} },
  })
  await world.clock.advance(0)
  return answer
}

const codesOf = (body: unknown) => (body as { problems: { code: string }[] }).problems.map(({ code }) => code)
const events = () => world.store.latestEvents(100).map(({ code }) => code)

describe('an update', () => {
  it('goes into the other slot, which is out of the order until it was read back, and is tried next', async () => {
    offer()
    const { status, body } = await put()
    expect([status, body]).toEqual([
      200,
      {
        ...{ slot: 'b', version: '0.2.0', from: '0.1.0', downgrade: false, replaces: null },
        ...{ sizeBytes: 1000, dryRun: false, restarts: false, controlPlaneOnly: true, live: false },
      },
    ])
    expect(world.bootSlots.done).toEqual(['write 1000 bytes to b', 'read b back', 'environment b trying 2, a good 3'])
    expect(client.app.tasks.list()[0]).toMatchObject({ kind: 'host.update', state: 'succeeded', by: 'administrator' })
    expect(events()).toContain('update.written')
    expect(world.host.done).toEqual([])
  })

  it('is not taken while a mirror lacks a copy, unless that is meant; a copy that is being made is no hindrance', async () => {
    const mirror = {
      holds: 'state',
      device: '/dev/md0',
      copies: [{ device: '/dev/vda5', state: 'in-sync' }],
      missing: 1,
      copiedPercent: null,
    } as const
    offer()
    world.mirrors.all = [mirror]
    for (const query of ['', 'dryRun=true']) {
      const { status, body } = await put(query)
      expect([status, (body as { code: string }).code]).toEqual([409, 'update.degraded'])
      expect(JSON.stringify(body)).toContain('/dev/vda5 alone')
    }
    expect(world.bootSlots.done).toEqual([])
    expect((await put('degraded=true')).status).toBe(200)

    world.mirrors.all = [{ ...mirror, copies: [...mirror.copies, { device: '/dev/vdb5', state: 'copying' }], missing: 0, copiedPercent: 5 }]
    expect((await put('dryRun=true')).status).toBe(200)
    world.mirrors.all = [{ ...mirror, copies: [...mirror.copies, { device: '/dev/vdb5', state: 'failed' }], missing: 0 }]
    expect((await put('dryRun=true')).status).toBe(409)
  })

  it('in place of an older one takes that one out of the order first', async () => {
    const good = { mark: 'good', tries: 3 } as const
    world.bootSlots.seen = installedSlots({
      environment: { order: ['a', 'b'], slots: { a: good, b: good }, once: 'b' },
      versions: { a: '0.1.0', b: '0.0.9' },
    })
    offer()
    expect((await put()).body).toMatchObject({ replaces: '0.0.9' })
    expect(world.bootSlots.done[0]).toBe('environment a good 3, b empty 0')
  })

  it('is restarted into when that is asked for', async () => {
    offer()
    expect((await put('then=restart')).body).toMatchObject({ restarts: true })
    await world.clock.advance(1_000)
    expect(world.host.done).toEqual(['restart'])
  })

  it('that does not come up is undone, and the event says so', async () => {
    offer()
    await put()
    world.bootSlots.left = { slot: 'b', version: '0.2.0', reason: 'the API does not answer' }
    world.powerCut()
    world.bootSlots.boot((slot) => slot === 'a')
    const app = await world.boot()
    void app.systemSlots.start()
    await world.clock.advance(0)
    expect(world.store.latestEvents(100).at(-1)).toMatchObject({
      code: 'update.undone',
      message: 'The update to Corbel 0.2.0 in Slot B was undone: the API does not answer. The host runs Slot A with Corbel 0.1.0.',
    })
  })

  it('that would be refused is not restarted into, and a dry run writes nothing', async () => {
    offer()
    expect((await put('dryRun=true&then=restart')).body).toMatchObject({ dryRun: true, restarts: false, slot: 'b', version: '0.2.0' })
    expect(world.bootSlots.done).toEqual([])
    expect(client.app.tasks.list()).toEqual([])
  })
})

describe('what is refused before a byte is written', () => {
  it.each([
    ['something else', () => (world.bootSlots.update = { manifest: null }), ['update.not-one']],
    ['one that nobody trusted has signed', () => offer({}, { signature: 'other' }), ['update.signature']],
    ['one whose manifest says nothing', () => offer({ version: 'new' }), ['update.manifest.version.invalid']],
    ['an older one', () => offer({ version: '0.0.9' }), ['update.older']],
    [
      'one of another base, and of another length',
      () => offer({ base: 'buildroot', payload: { bytes: 999, sha256: 'cd'.repeat(32) } }),
      ['update.base', 'update.size'],
    ],
  ])('%s', async (_, prepare, codes) => {
    prepare()
    const { status, body } = await put()
    expect([status, codesOf(body)]).toEqual([422, codes])
    expect(world.bootSlots.done).toEqual([])
    expect(client.app.tasks.list()[0]).toMatchObject({ state: 'failed' })
  })

  it('a file that is no longer than a header', async () => {
    expect(codesOf((await put('', UPDATE_HEADER)).body)).toEqual(['update.not-one'])
  })

  it('an older one is taken when a downgrade is asked for', async () => {
    offer({ version: '0.0.9' })
    expect((await put('downgrade=true')).body).toMatchObject({ downgrade: true })
  })

  it('any while the slot that runs is not confirmed, as the other one is what it would fall back on', async () => {
    world.selfTest.answers = false
    offer()
    const app = await world.boot()
    void app.systemSlots.start()
    await world.clock.advance(0)
    const unconfirmed = new Client(world, app)
    unconfirmed.token = client.token
    client = unconfirmed
    expect((await put()).body).toMatchObject({ code: 'slots.unconfirmed' })
    expect(world.bootSlots.done).toEqual([])
  })

  it('any on a host that is not installed', async () => {
    world.bootSlots.seen = null
    offer()
    expect((await put()).body).toMatchObject({ code: 'slots.not-installed' })
  })
})

describe('an update that goes wrong', () => {
  const good = { mark: 'good', tries: 3 } as const
  const untouched = { order: ['a', 'b'], slots: { a: good, b: { mark: 'empty', tries: 0 } }, once: null }

  it.each([
    ['update.truncated', 422],
    ['update.digest', 422],
    ['update.read-back', 503],
  ])('%s leaves the slot that runs first, and the other empty', async (code, status) => {
    offer({}, { failure: new FakeFailure(code) })
    const answer = await put('then=restart')
    expect([answer.status, (answer.body as { code: string }).code]).toEqual([status, code])
    expect(world.bootSlots.seen?.environment).toEqual(untouched)
    expect(world.host.done).toEqual([])
  })

  it('or is cancelled does, too', async () => {
    offer({}, { middle: new Promise(() => {}) })
    const answer = put()
    await world.clock.advance(0)
    const [task] = client.app.tasks.list()
    expect(task).toMatchObject({ kind: 'host.update', state: 'running', cancellable: true, progressPercent: 49 })
    client.app.tasks.cancel(task?.id ?? '')
    await world.clock.advance(0)
    expect((await answer).body).toMatchObject({ code: 'update.cancelled' })
    expect(world.bootSlots.seen?.environment).toEqual(untouched)
  })

  it('lets no other work on the slots in between', async () => {
    offer({}, { middle: new Promise(() => {}) })
    void put()
    await world.clock.advance(0)
    expect((await put()).body).toMatchObject({ code: 'slots.busy' })
    await expect(client.app.systemSlots.bootOnce('a', 'anna')).rejects.toMatchObject({ code: 'slots.busy' })
  })
})
