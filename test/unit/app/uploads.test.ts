// Files that come from outside: held while they come, there when they are whole, and answered for.
import { beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../../../control/src/app/app.ts'
import { MAX_UPLOADS, type Upload, type UploadedFile } from '../../../control/src/app/uploads.ts'
import { ROOM_KEPT_BYTES } from '../../../control/src/plan/disk-space.ts'
import type { FakeDelivery } from '../../fakes/disk-images.ts'
import { FakeFailure } from '../../fakes/failure.ts'
import { World } from '../../fakes/world.ts'

const BY = 'operator'
const SHA256 = 'ab'.repeat(32)
const upload = (file: string, rest: Partial<Upload> = {}): Upload => ({
  ...{ file: { datastore: 'local', file }, sizeBytes: 1000, sha256: null, format: null },
  ...rest,
})

let world: World
let app: App
beforeEach(async () => {
  world = new World()
  app = await world.boot()
})

const names = () => [...(world.datastores.contents?.keys() ?? [])]
const pass = (ms = 0) => world.clock.advance(ms)
const lastTask = () => app.tasks.list()[0]

interface Begun {
  readonly descriptor: number
  readonly ended: Promise<UploadedFile | { readonly kind: string; readonly code: string }>
}

/** Resolves when the host has asked for the bytes. */
async function begin(wanted: Upload): Promise<Begun> {
  let descriptor = -1
  const ended = app.uploads
    .receive(
      wanted,
      (offered) => {
        descriptor = offered
      },
      BY,
    )
    .catch(({ kind, code }: { kind: string; code: string }) => ({ kind, code }))
  await pass()
  return { descriptor, ended }
}

async function whole(wanted: Upload, delivery: Partial<FakeDelivery> = {}): Promise<unknown> {
  const { descriptor, ended } = await begin(wanted)
  world.diskImages.deliver(descriptor, { bytes: 1000, sha256: SHA256, ...delivery })
  await pass()
  return ended
}

describe('an upload', () => {
  it('is a task of the new file while it comes, and an event when it is there', async () => {
    const { descriptor, ended } = await begin(upload('new.iso'))
    expect(lastTask()).toMatchObject({
      ...{ kind: 'file.upload', state: 'running', target: { kind: 'file', id: 'local/new.iso' }, cancellable: true, by: BY },
    })
    expect(names()).not.toContain('new.iso')
    world.diskImages.deliver(descriptor, { bytes: 1000, sha256: SHA256 })
    expect(await ended).toEqual({ name: 'new.iso', sizeBytes: 1000, sha256: SHA256, format: 'raw' })
    expect(lastTask()?.state).toBe('succeeded')
    expect(names()).toContain('new.iso')
    expect(world.store.latestEvents(1)[0]).toMatchObject({ code: 'file.uploaded', message: 'new.iso was uploaded by operator.' })
  })

  it.each<[string, Partial<Upload>, Partial<FakeDelivery>, string, string]>([
    ['cut off', {}, { bytes: 999 }, 'invalid', 'upload.truncated'],
    ['another than was told', { sha256: 'cd'.repeat(32) }, {}, 'invalid', 'upload.digest'],
    ['no qcow2 image though it should be', { format: 'qcow2' }, {}, 'invalid', 'image.not-qcow2'],
    [
      ...(['one that needs another file', {}] as const),
      { image: { format: 'qcow2', virtualSizeBytes: 1, refused: 'image.backing-file' } },
      ...(['invalid', 'image.backing-file'] as const),
    ],
  ])('that is %s leaves nothing, and its sender and the task are told', async (_name, rest, delivery, kind, code) => {
    expect(await whole(upload('new', rest), delivery)).toEqual({ kind, code })
    expect(names().filter((name) => name.includes('new') || name.startsWith('.'))).toEqual([])
    expect(lastTask()).toMatchObject({ state: 'failed', error: { code } })
  })

  it.each([
    ['datastore.full', 'insufficient-storage'],
    ['image.stalled', 'unavailable'],
    ['host.EIO', 'unavailable'],
  ])('that the host ends with %s is answered as %s', async (code, kind) => {
    world.diskImages.failNext = new FakeFailure(code)
    expect(await whole(upload('new'))).toEqual({ kind, code })
  })

  it('can be cancelled, which its sender is told', async () => {
    const { ended } = await begin(upload('new'))
    app.tasks.cancel(lastTask()?.id ?? '')
    await pass()
    expect(await ended).toEqual({ kind: 'conflict', code: 'upload.cancelled' })
    expect(lastTask()?.state).toBe('cancelled')
    expect(names()).not.toContain('new')
  })

  it('holds its name, and lets go of it at its end', async () => {
    const { descriptor, ended } = await begin(upload('new'))
    const second = await begin(upload('new'))
    expect(second.descriptor).toBe(-1)
    expect(await second.ended).toEqual({ kind: 'conflict', code: 'file.busy' })
    world.diskImages.deliver(descriptor, { bytes: 1, sha256: SHA256 })
    await ended
    expect(await whole(upload('new'))).toMatchObject({ name: 'new' })
  })
})

describe('before a byte of it has come, an upload is refused', () => {
  it.each<[string, Upload, string]>([
    ['in a datastore that is not there', upload('a', { file: { datastore: 'none', file: 'a' } }), 'datastore.not-found'],
    ['under a name that is taken', upload('a.qcow2'), 'file.exists'],
    ['for which there is no room', upload('new', { sizeBytes: 2 ** 53 - 1 - ROOM_KEPT_BYTES }), 'datastore.full'],
  ])('%s', async (_name, wanted, code) => {
    const seen: number[] = []
    await expect(app.uploads.receive(wanted, (fd) => seen.push(fd), BY)).rejects.toMatchObject({ code })
    await pass()
    expect(seen).toEqual([])
    expect(app.tasks.list()).toEqual([])
  })

  it('that fits, but not beside what is coming already', async () => {
    const most = Math.floor((world.datastores.availableBytes - ROOM_KEPT_BYTES) * 0.8)
    const { descriptor, ended } = await begin(upload('one', { sizeBytes: most }))
    expect(await (await begin(upload('two', { sizeBytes: most }))).ended).toEqual({ kind: 'insufficient-storage', code: 'datastore.full' })
    world.diskImages.deliver(descriptor, { bytes: 0, sha256: SHA256 })
    await ended
    expect((await begin(upload('two', { sizeBytes: most }))).descriptor).toBeGreaterThan(0)
  })

  it('when as many as may be are coming, until one has ended', async () => {
    const begun: Begun[] = []
    for (let at = 0; at < MAX_UPLOADS; at++) begun.push(await begin(upload(`new-${at}`)))
    await expect(app.uploads.receive(upload('more'), () => {}, BY)).rejects.toMatchObject({
      ...{ code: 'upload.too-many', retryAfterSeconds: 30 },
    })
    world.diskImages.deliver(begun[0]?.descriptor ?? -1, { bytes: 0, sha256: SHA256 })
    await begun[0]?.ended
    expect((await begin(upload('more'))).descriptor).toBeGreaterThan(0)
  })
})
