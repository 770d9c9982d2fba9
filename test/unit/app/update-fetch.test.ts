// An update that the host gets itself goes the way of one that is sent: what the server does, and what becomes of it.
import { beforeEach, describe, expect, it } from 'vitest'
import type { Task } from '../../../control/src/domain/task.ts'
import { FakeFailure } from '../../fakes/failure.ts'
import { installedWorld, UPDATE_HEADER, UPDATE_MANIFEST } from '../../fakes/installed-world.ts'
import { UPDATE_ON_STICK } from '../../fakes/update-media.ts'
import { Client, encodeAscii, type World } from '../../fakes/world.ts'

const URL = 'https://files.example/corbel.update'
let world: World
let client: Client
beforeEach(async () => {
  ;({ world, client } = await installedWorld())
  world.webFiles.files[URL] = UPDATE_HEADER + 1000
  offer(UPDATE_MANIFEST)
})

function offer(manifest: object, failure?: FakeFailure): void {
  const text = JSON.stringify(manifest)
  const found = { manifest: { bytes: encodeAscii(text), text, signature: 'good' } }
  world.bootSlots.update = failure === undefined ? found : { ...found, failure }
}

async function post(body: object = { url: URL }, query = '') {
  const answer = client.call({ method: 'POST', path: '/v1/host/update', query, body })
  await world.clock.advance(0)
  return answer
}

const task = () => client.app.tasks.list()[0] as Task

it('is told of as a task, goes into the other slot, and its file is closed', async () => {
  const { status, body } = await post()
  expect([status, body]).toMatchObject([202, { kind: 'host.update', by: 'administrator' }])
  expect(world.bootSlots.done).toEqual(['write 1000 bytes to b', 'read b back', 'environment b trying 2, a good 3'])
  expect(world.webFiles.done).toEqual(['sent to 100', 'closed'])
  expect(task().state).toBe('succeeded')
})

it('is restarted into when that is asked for', async () => {
  await post({ url: URL }, 'then=restart')
  await world.clock.advance(1_000)
  expect(world.host.done).toEqual(['restart'])
})

it('by a dry run is looked at, and nothing is done', async () => {
  const { status, body } = await post({ url: URL }, 'dryRun=true')
  expect([status, body]).toMatchObject([200, { slot: 'b', version: '0.2.0', dryRun: true }])
  expect([world.bootSlots.done, client.app.tasks.list()]).toEqual([[], []])
  expect(world.webFiles.done).toEqual(['sent to 100', 'closed'])
})

it('is asked for from whom the request names', async () => {
  const fingerprint = Array.from({ length: 32 }, () => 'AB').join(':')
  await post({ url: URL, fingerprint })
  await post()
  expect(world.webFiles.trusted).toEqual([
    { authority: null, fingerprint },
    { authority: null, fingerprint: null },
  ])
})

it('that is refused by its header, or does not come whole, fails its task, and the file is closed', async () => {
  offer({ ...UPDATE_MANIFEST, version: '0.0.9' })
  await post()
  expect(task()).toMatchObject({ state: 'failed', error: { code: 'update.older' } })
  offer(UPDATE_MANIFEST, new FakeFailure('update.truncated'))
  await post()
  expect(task()).toMatchObject({ state: 'failed', error: { code: 'update.truncated' } })
  expect(world.webFiles.done.filter((what) => what === 'closed')).toHaveLength(2)
})

describe('on a stick', () => {
  const fromMedium = (body: object, query = '') => client.call({ method: 'POST', path: '/v1/host/update/from-medium', query, body })

  it('is listed, and goes into the other slot', async () => {
    world.updateMedia.updates = [UPDATE_ON_STICK]
    expect((await client.call({ method: 'GET', path: '/v1/host/update/media' })).body).toEqual({ items: [UPDATE_ON_STICK] })
    const { device, file } = UPDATE_ON_STICK
    expect(await fromMedium({ device, file })).toMatchObject({ status: 202, body: { kind: 'host.update' } })
    await world.clock.advance(0)
    expect(task().state).toBe('succeeded')
    expect(world.updateMedia.done).toEqual(['sent to 100', 'closed'])
  })

  it.each([
    [{ device: 'sdb1', file: 'other.update' }, 404, 'update.no-such-file'],
    [{ device: '../sda', file: 'x' }, 422, 'request.invalid'],
    [{ device: 'sdb1', file: '../x' }, 422, 'request.invalid'],
  ])('%j is none', async (body, status, code) => {
    world.updateMedia.updates = [UPDATE_ON_STICK]
    expect(await fromMedium(body)).toMatchObject({ status, body: { code } })
  })
})

describe('no task begins', () => {
  it('where the server has no such file, and the answer says so', async () => {
    const { status, body } = await post({ url: 'http://files.example/other' })
    expect([status, body]).toMatchObject([503, { code: 'web.status' }])
    expect(client.app.tasks.list()).toEqual([])
  })

  it('while the slot that runs is not confirmed', async () => {
    world.selfTest.answers = false
    world.powerCut()
    client = await Client.open(world)
    const { status, body } = await post()
    expect([status, body]).toMatchObject([409, { code: 'slots.unconfirmed' }])
    expect(world.webFiles.done).toEqual(['closed'])
  })

  it.each([
    [{ url: 'ftp://x/y' }, ['update.url.invalid']],
    [{ url: 'https://me:secret@x/y' }, ['update.url.invalid']],
    [{}, ['request.missing-field']],
    [{ url: URL, authority: 'x' }, ['update.authority.invalid']],
    [{ url: URL, fingerprint: 'ab' }, ['update.fingerprint.invalid']],
  ])('for %j', async (body, codes) => {
    const answer = await post(body)
    expect(answer.status).toBe(422)
    expect((answer.body as { problems: { code: string }[] }).problems.map(({ code }) => code)).toEqual(codes)
  })
})
