// A copy of every VM's spec lies beside its disks, and a host that knows nothing of them takes the VMs in from there.
import { describe, expect, it } from 'vitest'
import type { RestoreStep } from '../../../control/src/domain/restore.ts'
import { Client, World } from '../../fakes/world.ts'

const KERNEL = { from: 'kernel', kernel: { datastore: 'local', file: 'vmlinuz' } }

async function makeVm(client: Client, name: string, more: object = {}): Promise<string> {
  const { status, body } = await client.call({ method: 'POST', path: '/v1/vms', body: { name, boot: KERNEL, ...more } })
  expect([status, body]).toEqual([201, expect.anything()])
  return (body as { id: string }).id
}

/** Another host with this one's datastore. */
async function inheritor(from: World): Promise<Client> {
  const world = new World(2)
  world.specCopies.files = new Map(from.specCopies.files)
  return Client.open(world)
}

const kept = async (client: Client) =>
  ((await client.call({ path: '/v1/datastores/local/vms' })).body as { items: { state: string }[] }).items

async function adopt(client: Client, body: object = {}, query = '') {
  const answer = await client.call({ method: 'POST', path: '/v1/datastores/local/vms/adopt', query, body })
  return { ...answer, steps: (answer.body as { steps?: RestoreStep[] }).steps ?? [] }
}

describe('the copy of a spec', () => {
  it('follows every change soon, and goes with the VM', async () => {
    const client = await Client.open()
    const { specCopies, clock } = client.world
    const id = await makeVm(client, 'web1')
    await clock.advance(1_000)
    expect(JSON.parse(specCopies.files.get(id) ?? '{}')).toMatchObject({ format: 1, id, uid: 20_000, spec: { name: 'web1' } })
    await client.call({ method: 'PATCH', path: `/v1/vms/${id}`, headers: { 'if-match': '"1"' }, body: { name: 'web2' } })
    await clock.advance(1_000)
    expect(specCopies.files.get(id)).toContain('"name":"web2"')
    await client.call({ method: 'DELETE', path: `/v1/vms/${id}`, headers: { 'if-match': '"2"' } })
    await clock.advance(1_000)
    expect([...specCopies.files]).toEqual([])
  })

  it('that cannot be written is tried again, and keeps nothing else from working', async () => {
    const client = await Client.open()
    client.world.specCopies.failures = 1
    const id = await makeVm(client, 'web1')
    await client.world.clock.advance(1_000)
    expect(client.world.specCopies.files.size).toBe(0)
    await client.world.clock.advance(60_000)
    expect([...client.world.specCopies.files.keys()]).toEqual([id])
  })

  it('is made up for at the next start, many of them a few at a time', async () => {
    const client = await Client.open()
    for (let count = 0; count < 20; count++) await makeVm(client, `vm${count}`)
    await client.world.boot()
    client.world.specCopies.files.clear()
    await client.world.boot()
    await client.world.clock.advance(300)
    expect(client.world.specCopies.files.size).toBeLessThan(20)
    await client.world.clock.advance(2_000)
    expect(client.world.specCopies.files.size).toBe(20)
  })
})

describe('a host that does not know the VMs of its datastore', () => {
  it('takes them in as they were: id, spec and owner of the files', async () => {
    const client = await Client.open()
    await client.call({ method: 'POST', path: '/v1/pools', body: { name: 'gold' } })
    await makeVm(client, 'first')
    const id = await makeVm(client, 'web1', { pool: 'gold', disks: [{ datastore: 'local', file: 'a.qcow2', format: 'qcow2' }] })
    const { spec } = client.app.vms.get(id)
    await client.world.clock.advance(1_000)
    const next = await inheritor(client.world)
    expect((await kept(next)).map(({ state }) => state)).toEqual(['adoptable', 'adoptable'])
    const { steps } = await adopt(next, { ids: [id] })
    expect(steps.map(({ name, action }) => `${action} ${name}`)).toEqual(['add web1'])
    // The pool is not there.
    expect(next.app.vms.get(id).spec).toEqual({ ...spec, pool: 'host' })
    expect(next.world.store.getVm(id)?.uid).toBe(20_001)
    expect((await kept(next)).map(({ state }) => state).sort()).toEqual(['adoptable', 'registered'])
    await adopt(next)
    expect(next.app.vms.list()).toHaveLength(2)
    expect((await adopt(next)).steps).toEqual([])
  })

  it('gives another owner where that one is taken, and leaves out what clashes', async () => {
    const client = await Client.open()
    const id = await makeVm(client, 'web1')
    await makeVm(client, 'other')
    await client.world.clock.advance(1_000)
    const next = await inheritor(client.world)
    await makeVm(next, 'other')
    const { steps } = await adopt(next)
    expect(steps.map(({ name, action, note }) => [name, action, note]).sort()).toEqual([
      ['other', 'keep', 'Another VM is named other.'],
      ['web1', 'add', null],
    ])
    expect(next.world.store.getVm(id)?.uid).toBe(20_001)
  })

  it('says what is missing, what it cannot read, and whom it does not have', async () => {
    const client = await Client.open()
    const id = await makeVm(client, 'web1', { disks: [{ datastore: 'local', file: 'b.qcow2', format: 'qcow2' }] })
    await client.world.clock.advance(1_000)
    const next = await inheritor(client.world)
    const broken = '00000000-0000-4000-8000-00000000000b'
    next.world.specCopies.files.set(broken, '{"format":1')
    next.world.datastores.contents?.delete('b.qcow2')
    expect(await kept(next)).toEqual(
      expect.arrayContaining([
        { id: broken, name: null, state: 'unreadable', missing: [] },
        { id, name: 'web1', state: 'adoptable', missing: ['b.qcow2'] },
      ]),
    )
    expect(await adopt(next, { ids: [broken] })).toMatchObject({
      status: 422,
      body: { problems: [{ code: 'vm.adopt.not-found', got: broken }] },
    })
    expect((await adopt(next, {}, 'dryRun=true')).steps[0]?.note).toBe('Not in the datastore: b.qcow2.')
    expect(next.app.vms.list()).toEqual([])
    next.world.specCopies.isThere = false
    expect((await client.call({ path: '/v1/datastores/other/vms' })).body).toMatchObject({ code: 'datastore.not-found' })
  })
})
