// Datastores over the API: names in paths, bodies that break rules, and what each refusal answers.
import { beforeEach, describe, expect, it } from 'vitest'
import { Client, type Sent } from '../../fakes/world.ts'

const MIB = 1_048_576
const FILES = '/v1/datastores/local/files'
const DISKS = '/v1/datastores/local/disks'

let client: Client
beforeEach(async () => {
  client = await Client.open()
})

describe('datastores', () => {
  it('are told with the UUID of their file system', async () => {
    const { body } = await client.call({ path: '/v1/datastores' })
    expect(body).toMatchObject({
      items: [{ name: 'local', uuid: '0f3c2a1e-5b7d-4c9a-8e21-6d4f5a3b2c10', availableBytes: 500_000_000_000 }],
    })
  })

  it('tell of each file how large it is, what it takes, when it was changed and by whom it is used', async () => {
    const spec = { name: 'web1', disks: [{ datastore: 'local', file: 'c.raw', format: 'raw' }] }
    const { id } = (await client.call({ method: 'POST', path: '/v1/vms', body: spec })).body as { id: string }
    const { items } = (await client.call({ path: FILES })).body as { items: { name: string }[] }
    expect(items.find(({ name }) => name === 'c.raw')).toEqual({
      ...{ name: 'c.raw', sizeBytes: 1024, allocatedBytes: 1024, modifiedAt: '2025-12-31T00:00:00.000Z' },
      usedBy: [id],
    })
  })
})

describe('a disk image', () => {
  it('is made by a task that can be asked about and cancelled', async () => {
    client.world.diskImages.gate = new Promise(() => {})
    const made = await client.call({ method: 'POST', path: DISKS, body: { file: 'new_1+a@b~c', format: 'qcow2', sizeBytes: 5 * MIB } })
    const { id } = made.body as { id: string }
    expect(made).toMatchObject({ status: 202, headers: { location: `/v1/tasks/${id}` } })
    const path = `/v1/tasks/${id}`
    expect((await client.call({ path })).body).toMatchObject({ progressPercent: 50, cancellable: true, target: { kind: 'file' } })
    expect(await client.call({ method: 'POST', path: `${path}/cancel` })).toMatchObject({ status: 202, body: { cancellable: false } })
    await client.world.clock.advance(0)
    expect((await client.call({ path })).body).toMatchObject({ state: 'cancelled', error: null })
    expect(await client.call({ method: 'POST', path: `${path}/cancel` })).toMatchObject({ status: 409, body: { code: 'task.ended' } })
  })

  it('is deleted by a name that needs every character that names may have', async () => {
    const file = `${'x'.repeat(240)}_1+a@b~c.-Z`
    client.world.datastores.contents?.set(file, 1)
    expect(await client.call({ method: 'DELETE', path: `${FILES}/${file}` })).toMatchObject({ status: 204, body: '' })
    expect(client.world.datastores.contents?.has(file)).toBe(false)
  })

  const body = { file: 'new', format: 'raw', sizeBytes: 4 * MIB }
  it.each<[string, object, string]>([
    ['too small', { ...body, sizeBytes: MIB - 512 }, 'disk.sizeBytes.below-minimum'],
    ['too large', { ...body, sizeBytes: 64 * 2 ** 40 + 512 }, 'disk.sizeBytes.above-maximum'],
    ['no multiple of a sector', { ...body, sizeBytes: MIB + 1 }, 'disk.sizeBytes.not-multiple'],
    ['of no whole number', { ...body, sizeBytes: MIB + 0.5 }, 'disk.sizeBytes.not-integer'],
    ['of another format', { ...body, format: 'vmdk' }, 'disk.format.not-allowed'],
    ['raw with metadata', { ...body, preallocation: 'metadata' }, 'disk.preallocation.not-for-format'],
    ['hidden', { ...body, file: '.new' }, 'disk.file.invalid'],
    ['elsewhere', { ...body, file: '../new' }, 'disk.file.invalid'],
    ['with more', { ...body, backing: 'a.qcow2' }, 'request.unknown-field'],
  ])('is refused when it is to be %s', async (_name, sent, code) => {
    const answer = await client.call({ method: 'POST', path: DISKS, body: sent })
    expect(answer).toMatchObject({ status: 422, body: { code: 'request.invalid' } })
    expect((answer.body as { problems: { code: string }[] }).problems.map((problem) => problem.code)).toContain(code)
  })

  it.each<[string, Sent, number, string]>([
    ['making one where there is no datastore', { method: 'POST', path: '/v1/datastores/other/disks', body }, 404, 'datastore.not-found'],
    ['making one over a file', { method: 'POST', path: DISKS, body: { ...body, file: 'c.raw' } }, 409, 'file.exists'],
    [
      'making one that does not fit',
      { method: 'POST', path: DISKS, body: { ...body, sizeBytes: 2 ** 40, preallocation: 'full' } },
      507,
      'datastore.full',
    ],
    ['growing what is not there', { method: 'POST', path: `${FILES}/z/grow`, body: { sizeBytes: MIB } }, 404, 'file.not-found'],
    [
      'growing what is taken for qcow2',
      { method: 'POST', path: `${FILES}/c.raw/grow`, body: { sizeBytes: MIB, format: 'qcow2' } },
      409,
      'image.not-qcow2',
    ],
    ['copying onto a file', { method: 'POST', path: `${FILES}/c.raw/copy`, body: { to: 'x.iso' } }, 409, 'file.exists'],
    ['deleting what is not there', { method: 'DELETE', path: `${FILES}/z` }, 404, 'file.not-found'],
    ['deleting what nobody sees', { method: 'DELETE', path: `${FILES}/.unfinished-1` }, 404, 'file.not-found'],
    ['deleting the directory', { method: 'DELETE', path: `${FILES}/..` }, 404, 'file.not-found'],
    ['a name in escapes', { method: 'DELETE', path: `${FILES}/a%2fb` }, 404, 'request.no-such-path'],
    ['a name that is too long', { method: 'DELETE', path: `${FILES}/${'x'.repeat(256)}` }, 404, 'request.no-such-path'],
  ])('refuses %s', async (_what, sent, status, code) => {
    expect(await client.call(sent)).toMatchObject({ status, body: { status, code } })
  })

  it('is for those who may drive VMs, not for those who look', async () => {
    client.token = null
    expect(await client.call({ method: 'POST', path: DISKS, body })).toMatchObject({ status: 401 })
  })
})

describe('a file', () => {
  const OCTETS = { 'content-type': 'application/octet-stream' }
  const SHA256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
  const DIGEST = { 'content-digest': 'sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:' }

  /** Three bytes that come as soon as they are asked for; whether they were is told. */
  function put(path: string, rest: Partial<Sent> = {}, sha256 = SHA256) {
    const asked: number[] = []
    const receive = (descriptor: number) => {
      asked.push(descriptor)
      client.world.diskImages.deliver(descriptor, { bytes: 3, sha256 })
    }
    const sent = client.call({ method: 'PUT', path, headers: OCTETS, incoming: { sizeBytes: 3, receive }, ...rest })
    return { asked, sent }
  }

  it('is there when its upload has been answered', async () => {
    const { sent } = put(`${FILES}/new.iso`, { headers: { ...OCTETS, ...DIGEST } })
    expect(await sent).toMatchObject({ status: 201, body: { name: 'new.iso', sizeBytes: 3, sha256: SHA256, format: 'raw' } })
    expect(client.world.datastores.contents?.get('new.iso')).toBe(3)
  })

  it('that comes otherwise than was told is not', async () => {
    const { asked, sent } = put(`${FILES}/new.iso`, { headers: { ...OCTETS, ...DIGEST } }, 'ab'.repeat(32))
    expect(await sent).toMatchObject({ status: 422, body: { code: 'upload.digest' } })
    expect(asked).toHaveLength(1)
    expect(client.world.datastores.contents?.has('new.iso')).toBe(false)
  })

  it.each<[string, string, Partial<Sent>, number, string]>([
    ['of another type', `${FILES}/new`, { headers: { 'content-type': 'text/plain' } }, 415, 'request.unsupported-media-type'],
    [
      'with a digest that is none',
      `${FILES}/new`,
      { headers: { ...OCTETS, 'content-digest': 'x' } },
      400,
      'request.content-digest.malformed',
    ],
    ['of another format', `${FILES}/new`, { query: 'format=vmdk' }, 400, 'request.parameter.not-allowed'],
    ['that is to be hidden', `${FILES}/.new`, {}, 422, 'request.invalid'],
    ['over another', `${FILES}/c.raw`, {}, 409, 'file.exists'],
    ['for which there is no room', `${FILES}/new`, { incoming: { sizeBytes: 2 ** 50, receive: () => {} } }, 507, 'datastore.full'],
    ['in no datastore', '/v1/datastores/other/files/new', {}, 404, 'datastore.not-found'],
  ])('%s is refused before any of it is read', async (_name, path, rest, status, code) => {
    const { asked, sent } = put(path, rest)
    expect(await sent).toMatchObject({ status, body: { status, code } })
    expect(asked).toEqual([])
  })

  it('of no bytes is refused, and one in a body of another kind', async () => {
    const empty = { method: 'PUT', path: `${FILES}/new`, headers: OCTETS }
    expect(await client.call(empty)).toMatchObject({ status: 400, body: { code: 'request.empty-body' } })
    expect(await client.call({ ...empty, body: new Uint8Array(3) })).toMatchObject({ status: 415 })
  })

  it('is sent only by who may drive VMs', async () => {
    client.token = null
    const { asked, sent } = put(`${FILES}/new`)
    expect(await sent).toMatchObject({ status: 401, body: { code: 'auth.required' } })
    expect(asked).toEqual([])
  })

  it('is nothing that other requests take', async () => {
    const { asked, sent } = put(DISKS, { method: 'POST' })
    expect(await sent).toMatchObject({ status: 413, body: { code: 'request.too-large' } })
    expect(asked).toEqual([])
  })
})
