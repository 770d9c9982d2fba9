// A backup is the whole configuration, and makes a new host like the one that it is of; whoever restores it stays who they are.
import { describe, expect, it } from 'vitest'
import type { RestoreStep } from '../../../control/src/domain/restore.ts'
import { toBase64 } from '../../fakes/backup-files.ts'
import { Client, PASSWORD, World } from '../../fakes/world.ts'

const PASSPHRASE = 'a passphrase to be kept'
const KERNEL = { from: 'kernel', kernel: { datastore: 'local', file: 'vmlinuz' } }

/** With one of everything. */
async function furnished(): Promise<Client> {
  const client = await Client.open()
  const post = async (path: string, sent: object) => {
    const { status, body } = await client.call({ method: 'POST', path, body: sent })
    if (status !== 201) throw new Error(JSON.stringify(body))
  }
  await post('/v1/pools', { name: 'gold', memory: { reservationMiB: 64 } })
  await post('/v1/vms', { name: 'web1', pool: 'gold', boot: KERNEL, disks: [{ datastore: 'local', file: 'a.qcow2', format: 'qcow2' }] })
  await post('/v1/roles', { name: 'starter', permissions: ['vm.power'] })
  await post('/v1/users', { name: 'bert', password: 'another good password', grants: [{ role: 'starter', on: 'pool:gold' }] })
  await client.call({ method: 'PUT', path: '/v1/host/keyboard', body: { layout: 'de' } })
  return client
}

async function backUp(client: Client): Promise<string> {
  const response = await client.send({ method: 'POST', path: '/v1/host/backup', body: { passphrase: PASSPHRASE } })
  if (response.kind !== 'complete' || typeof response.body === 'string') throw new Error('no file came')
  return toBase64(response.body)
}

async function restore(client: Client, file: string, query = '', passphrase = PASSPHRASE) {
  const { status, body } = await client.call({ method: 'POST', path: '/v1/host/restore', query, body: { file, passphrase } })
  return { status, body, steps: (body as { steps?: RestoreStep[] }).steps ?? [] }
}

const brief = (steps: readonly RestoreStep[]) => steps.map(({ name, action }) => `${action} ${name}`).sort()

describe('a backup', () => {
  it('makes a new host like the old one, once it is confirmed to be meant', async () => {
    const file = await backUp(await furnished())
    const next = await Client.open(new World(2))
    const planned = await restore(next, file, 'dryRun=true')
    expect(brief(planned.steps)).toEqual(['add bert', 'add keyboard', 'add pools', 'add roles', 'add web1'])
    expect(next.app.users.list()).toHaveLength(1)
    expect((await restore(next, file)).steps).toEqual(planned.steps)
    expect([next.app.keyboard.view().layout, next.app.vms.list().map(({ spec }) => [spec.name, spec.pool])]).toEqual([
      'de',
      [['web1', 'gold']],
    ])
    // With the password that they have.
    expect((await next.app.sessions.login('bert', 'another good password', '192.0.2.9')).token).toBeTruthy()
    expect((await next.app.sessions.login('administrator', PASSWORD, '192.0.2.9')).token).toBeTruthy()
    expect((await restore(next, file)).steps.filter(({ action }) => action !== 'keep')).toEqual([])
  })

  it('says which files are not there', async () => {
    const file = await backUp(await furnished())
    const world = new World(2)
    world.datastores.contents?.delete('a.qcow2')
    const { steps } = await restore(await Client.open(world), file, 'dryRun=true')
    expect(steps.find(({ kind }) => kind === 'vm')?.note).toBe('Not in the datastore: a.qcow2.')
  })

  it('gives back second factors, tokens and certificates with the account, and never to one that is there', async () => {
    const client = await furnished()
    const document = { id: '1', name: 'ci', createdAt: '', expiresAt: '', scope: null, certificate: null, lastUsedAt: null }
    for (const user of ['bert', 'administrator'])
      client.world.store.putCredential({ kind: 'token', key: `hash of ${user}`, user, document })
    const next = await Client.open(new World(2))
    await restore(next, await backUp(client))
    expect(next.world.store.listCredentials('token').map(({ user }) => user)).toEqual(['bert'])
    const other = await Client.open(new World(3))
    other.world.store.putCredential({ kind: 'token', key: 'hash of bert', user: 'administrator', document })
    await restore(other, await backUp(client))
    expect(other.world.store.listCredentials('token').map(({ user }) => user)).toEqual(['administrator'])
  })

  it.each<[string, (file: string) => string, string, string]>([
    ['with another passphrase', (file) => file, 'not this passphrase', 'backup.passphrase.wrong'],
    ['that is cut off', (file) => file.slice(0, -8), PASSPHRASE, 'backup.damaged'],
  ])('%s is refused, and nothing is changed', async (_what, spoil, passphrase, code) => {
    const file = await backUp(await furnished())
    const next = await Client.open(new World(2))
    expect(await restore(next, spoil(file), '', passphrase)).toMatchObject({ status: 422, body: { problems: [{ code }] } })
    expect([next.app.users.list().length, next.app.vms.list().length]).toEqual([1, 0])
  })

  it.each<[string, unknown, string]>([
    ['of a later format', { format: 2 }, 'backup.format.later'],
    ['with something unknown in it', { format: 1, more: 1 }, 'request.unknown-field'],
    ['that is no document', 7, 'request.wrong-type'],
  ])('%s is refused', async (_what, document, code) => {
    const client = await Client.open()
    const file = toBase64(await client.world.backupFiles.seal(JSON.stringify(document), PASSPHRASE))
    const { status, body } = await restore(client, file)
    expect([status, (body as { problems: { code: string }[] }).problems.map((problem) => problem.code)]).toEqual([
      422,
      expect.arrayContaining([code]),
    ])
  })

  it('wants a passphrase of some length, and leaves it out of the audit log', async () => {
    const client = await Client.open()
    const { body } = await client.call({ method: 'POST', path: '/v1/host/backup', body: { passphrase: 'short' } })
    expect(body).toMatchObject({ problems: [{ code: 'backup.passphrase.too-short' }] })
    await backUp(client)
    client.app.audit.flush()
    expect(JSON.stringify(client.world.store.audit.rows)).not.toContain(PASSPHRASE)
  })

  it('gives nobody more than whoever restores it has', async () => {
    const file = await backUp(await furnished())
    const next = await Client.open(new World(2))
    await next.call({ method: 'POST', path: '/v1/roles', body: { name: 'keeper', permissions: ['host.reset', 'host.view'] } })
    await next.call({
      method: 'POST',
      path: '/v1/users',
      body: { name: 'carl', password: 'another good password', grants: [{ role: 'keeper', on: 'host' }] },
    })
    next.token = (await next.app.sessions.login('carl', 'another good password', '192.0.2.9')).token
    const { steps } = await restore(next, file)
    expect(
      steps
        .filter(({ kind, id }) => kind === 'user' || id === 'roles')
        .map(({ name, action }) => `${action} ${name}`)
        .sort(),
    ).toEqual(['keep bert', 'keep carl', 'keep roles'])
  })
})

it('of another machine brings its network, with cards of this one in place of the others until they are adopted', async () => {
  const old = await furnished()
  const settings = { ...old.app.network.kept().settings, adapters: ['52:54:00:00:00:01'] }
  await old.app.network.change(settings, { by: 'administrator' })
  await old.world.clock.advance(5_000)
  old.app.network.confirm('administrator', { peer: 'console', connectedMs: null })
  old.world.store.putSetting('network', { revision: 2, settings: { ...settings, adapters: ['52:54:00:00:00:99'] } })
  const next = await Client.open(new World(2))
  expect((await restore(next, await backUp(old))).status).toBe(200)
  await next.world.clock.advance(5_000)
  next.app.network.confirm('administrator', { peer: 'console', connectedMs: null })
  const { wanted, replacements } = await next.app.network.view()
  expect([wanted.adapters, replacements]).toEqual([['52:54:00:00:00:99'], [expect.objectContaining({ wanted: '52:54:00:00:00:99' })]])
  next.app.network.adopt('administrator')
  expect((await next.app.network.view()).replacements).toEqual([])
})
