// What the API answers is what its document says: every success of every route, checked against the schema of that route.

import { describe, expect, it } from 'vitest'
import { routes } from '../../../control/src/api/routes.ts'
import { problemBodySchema } from '../../../control/src/api/schemas.ts'
import { check } from '../../../control/src/domain/check.ts'
import { toBase64 } from '../../fakes/backup-files.ts'
import { installedSlots } from '../../fakes/boot-slots.ts'
import { blankInstallDisk } from '../../fakes/installer.ts'
import { UPDATE_ON_STICK } from '../../fakes/update-media.ts'
import { Client, encodeAscii, type Sent } from '../../fakes/world.ts'

async function prepared() {
  const client = await Client.open()
  const body = {
    ...{ name: 'web1', cdroms: [{ medium: { datastore: 'local', file: 'x.iso' } }], nics: [{ network: 'nat' }] },
    boot: { from: 'kernel', kernel: { datastore: 'local', file: 'vmlinuz' } },
    disks: [{ datastore: 'local', file: 'a.qcow2', format: 'qcow2' }],
  }
  await client.call({ method: 'POST', path: '/v1/pools', body: { name: 'gold' } })
  await client.call({ method: 'POST', path: '/v1/roles', body: { name: 'starter', permissions: ['vm.view', 'vm.power'] } })
  const ann = { name: 'ann', password: 'battery staple correct', grants: [{ role: 'starter', on: 'pool:gold' }] }
  await client.call({ method: 'POST', path: '/v1/users', body: ann })
  const { id } = (await client.call({ method: 'POST', path: '/v1/vms', body })).body as { id: string }
  client.app.power.powerOn(id, 'x')
  await client.world.clock.advance(0)
  client.world.vmHost.machine(id).crash()
  await client.world.clock.advance(0)
  const task = client.app.power.powerOn(id, 'x').id
  await client.world.clock.advance(0)
  return { client, id, task }
}

const BODIES: Record<string, unknown> = {
  'POST /v1/login': { username: 'administrator', password: 'correct horse battery' },
  'POST /v1/users': { name: 'bob', password: 'battery staple correct', grants: [{ role: 'viewer' }] },
  'PATCH /v1/users/{user}': { fullName: 'Ann A.' },
  'POST /v1/roles': { name: 'stopper', permissions: ['vm.power'] },
  'PATCH /v1/roles/{role}': { description: 'starts and stops' },
  'PUT /v1/host/syslog': { host: 'logs.example', fingerprint: Array.from({ length: 32 }, () => 'AB').join(':') },
  'PATCH /v1/session-policy': { idleMinutes: 30 },
  'POST /v1/vms': { name: 'other' },
  'PUT /v1/host/lockdown': { mode: 'locked', apiUsers: ['administrator'] },
  'PATCH /v1/vms/{id}': { vcpus: 2 },
  'POST /v1/pools': { name: 'silver' },
  'PATCH /v1/pools/{pool}': { cpu: { shares: 300 } },
  'PATCH /v1/host/resources': { reserve: { cores: 1 } },
  'PUT /v1/host/devices/{device}/virtual-functions': { count: 1 },
  'POST /v1/host/reset': { hostname: 'corbel', scope: 'state' },
  'POST /v1/host/state/renew': { hostname: 'corbel' },
  'PUT /v1/host/network': { hostname: 'rack9' },
  'POST /v1/install': { target: { path: '/dev/vda' } },
  'PUT /v1/host/keyboard': { layout: 'de' },
  'PUT /v1/host/time': { ntp: true, servers: ['ntp.example.net'] },
  'POST /v1/host/time/clock': { time: '2026-03-01T12:00:00Z' },
  'POST /v1/host/resources/what-if': {
    steps: [
      { do: 'start-new', spec: { name: 'x' }, count: 2 },
      { do: 'restart', cores: 1 },
    ],
  },
  'POST /v1/vms/{id}/console/tickets': { console: 'vnc' },
  'POST /v1/host/mirrors/disks': { target: {} },
  'POST /v1/host/update': { url: 'http://files.example/update' },
  'POST /v1/host/update/from-medium': { device: 'sdb1', file: 'corbel-0.2.0.update' },
  'POST /v1/datastores/{name}/disks': { file: 'new.raw', format: 'raw', sizeBytes: 1_048_576 },
  'POST /v1/datastores/{name}/files/{file}/grow': { sizeBytes: 1_048_576 },
  'POST /v1/datastores/{name}/files/{file}/copy': { to: 'copy.raw', format: 'qcow2' },
}

/** Three bytes, written to whatever descriptor is offered. */
const INCOMING: Readonly<Record<string, (client: Client) => Partial<Sent>>> = {
  'PUT /v1/datastores/{name}/files/{file}': ({ world }) => ({
    headers: { 'content-type': 'application/octet-stream' },
    incoming: { sizeBytes: 3, receive: (descriptor) => world.diskImages.deliver(descriptor, { bytes: 3, sha256: 'ab'.repeat(32) }) },
  }),
  'PUT /v1/host/update': ({ world }) => {
    const payload = { bytes: 3, sha256: 'ab'.repeat(32) }
    const text = JSON.stringify({
      format: 1,
      version: '0.2.0',
      base: 'debian',
      payload,
      host: 'ab'.repeat(32),
      programs: 'ef'.repeat(32),
      minimumFrom: '0.1.0',
    })
    world.bootSlots.update = { manifest: { bytes: encodeAscii(text), text, signature: world.updateTrust.trusted } }
    return { headers: { 'content-type': 'application/octet-stream' }, incoming: { sizeBytes: 4096 + 3, receive: () => {} } }
  },
}

/** A confirmed system in slot a. */
async function runFromSlot({ app, world }: Client): Promise<undefined> {
  world.bootSlots.seen = installedSlots()
  void app.systemSlots.start()
  await world.clock.advance(0)
}

/** What has to be so before a request makes sense; a task to be asked about instead of the power-on's. */
async function openAgent(client: Client, id: string): Promise<undefined> {
  client.world.vmHost.machine(id).guest.isOpen = true
  await client.world.clock.advance(5_000)
}

/** So that there are rates, of everything that can have some. */
async function sample(client: Client, id: string): Promise<undefined> {
  const { usage, vmHost, clock } = client.world
  const moved = { readBytes: 1, writtenBytes: 2, reads: 3, writes: 4 }
  vmHost.machine(id).devicesInUse = { balloonBytes: 1024, guestMemory: null, disks: [{ name: 'disk0', ...moved }] }
  const pressure = { someAvg10Percent: 1.5, fullAvg10Percent: 0, someTotalMicroseconds: 7, fullTotalMicroseconds: 0 }
  usage.host = { ...usage.host, pressure: { cpu: pressure, memory: pressure, io: pressure }, disks: [{ name: 'sda', ...moved }] }
  client.app.accounting.run()
  await clock.advance(20_000)
  return undefined
}

/** A change of the network that is in force and waits. */
async function changeNetwork({ app, world }: Client): Promise<undefined> {
  await app.network.change({ ...app.network.kept().settings, hostname: 'rack9' }, { by: 'x' })
  await world.clock.advance(1_000)
}

/** A card that stands in for another. */
async function exchangeCard({ app, world }: Client): Promise<undefined> {
  const applied = world.kernelNetwork.applied()
  const replacements = [{ wanted: '52:54:00:00:00:99', used: '52:54:00:00:00:01', because: 'same-slot' as const }]
  if (applied !== null) world.kernelNetwork.record({ ...applied, replacements })
  await app.network.tests.start(null)
}

/** Both mirrors have lost a copy, and there is a disk for it. */
async function loseCopy({ world }: Client): Promise<undefined> {
  const copies = (part: number) => [{ device: `/dev/vda${part}`, state: 'in-sync' } as const]
  world.mirrors.all = [
    { holds: 'state', device: '/dev/md0', copies: copies(5), missing: 1, copiedPercent: null },
    { holds: 'datastore', device: '/dev/md1', copies: copies(6), missing: 1, copiedPercent: null },
  ]
  world.installer.disks = ['vda', 'vdb'].map((name) => blankInstallDisk(name))
}

/** The boot is an installation. */
async function startInstaller({ world }: Client): Promise<undefined> {
  world.host.bootOutcome = { ...world.host.bootOutcome, install: { mode: 'ask', seedSha256: null } }
}

const ARRANGE: Readonly<Record<string, (client: Client, id: string) => Promise<string | undefined>>> = {
  async 'POST /v1/vms/{id}/power-on'(client, id) {
    client.world.vmHost.machine(id).crash()
    await client.world.clock.advance(0)
    return undefined
  },
  async 'POST /v1/vms/{id}/resume'(client, id) {
    client.app.power.pause(id, 'x')
    await client.world.clock.advance(0)
    return undefined
  },
  async 'PUT /v1/datastores/{name}/files/{file}'({ world }) {
    world.datastores.contents?.delete('c.raw')
    return undefined
  },
  'PUT /v1/host/update': runFromSlot,
  'POST /v1/host/update': async (client) => {
    client.world.webFiles.files['http://files.example/update'] = 5000
    return runFromSlot(client)
  },
  'POST /v1/host/update/from-medium': async (client) => {
    client.world.updateMedia.updates = [UPDATE_ON_STICK]
    return runFromSlot(client)
  },
  'GET /v1/host/mirrors': loseCopy,
  'GET /v1/host/mirrors/disks': loseCopy,
  'POST /v1/host/mirrors/disks': loseCopy,
  'POST /v1/host/slots/check': runFromSlot,
  'POST /v1/host/slots/{slot}/boot-once': runFromSlot,
  'POST /v1/host/slots/{slot}/activate': runFromSlot,
  async 'POST /v1/host/state/renew'({ world }) {
    world.host.bootOutcome = { ...world.host.bootOutcome, brokenState: '/dev/vda5' }
    return undefined
  },
  async 'POST /v1/host/restore'({ app }) {
    // Any other is refused.
    const { bytes } = await app.backups.make('correct horse battery', 'x')
    BODIES['POST /v1/host/restore'] = { file: toBase64(bytes), passphrase: 'correct horse battery' }
    return undefined
  },
  'POST /v1/host/network/confirm': changeNetwork,
  'POST /v1/host/network/undo': changeNetwork,
  'POST /v1/host/network/adopt': exchangeCard,
  'GET /v1/host/network/test': exchangeCard,
  'GET /v1/install/disks': startInstaller,
  'GET /v1/install/adapters': startInstaller,
  'POST /v1/install': startInstaller,
  'POST /v1/install/recovery-code': startInstaller,
  'POST /v1/vms/{id}/guest/freeze': openAgent,
  'POST /v1/vms/{id}/guest/thaw': openAgent,
  'GET /v1/vms': openAgent,
  'GET /v1/usage': sample,
  'GET /v1/host/usage': sample,
  'GET /v1/vms/{id}/usage': sample,
  async 'POST /v1/tasks/{id}/cancel'(client, id) {
    client.world.vmHost.machine(id).saveGate = new Promise(() => {})
    return client.app.power.suspend(id, 'x').id
  },
}

describe('every answer is as documented', () => {
  // Credentials are made in several steps: credentials.test has them.
  const documented = routes.filter(
    ({ answers, path }) =>
      !/\/(tokens|certificates|totp)/.test(path) &&
      answers.some(({ schema, mediaType }) => schema !== undefined && mediaType === undefined),
  )

  it.each(documented.map((route) => [`${route.method} ${route.path}`, route] as const))('%s', async (key, route) => {
    const { client, id, task } = await prepared()
    const arranged = (await ARRANGE[key]?.(client, id)) ?? task
    const path = route.path
      .replace('{id}', route.path.includes('/tasks/') ? arranged : id)
      .replace('{pool}', 'gold')
      .replace('{user}', 'ann')
      .replace('{role}', 'starter')
      .replace('{name}', 'local')
      .replace('{file}', 'c.raw')
      .replace('{device}', 'PCI0-1e.0-00.0')
      .replace('{kind}', 'kernel')
      .replace('{service}', 'logd')
      .replace('{slot}', 'a')
      .replace('{generation}', '2')
    const body = BODIES[key]
    const sent: Sent = {
      method: route.method,
      path,
      headers: { 'if-match': '*' },
      ...(body === undefined ? {} : { body }),
      connectedMs: 10_000,
      ...(route.who === 'console' ? { peer: 'console' } : {}),
      ...INCOMING[key]?.(client),
    }
    const answer = await client.call(sent)
    const schema = route.answers.find(({ status, mediaType }) => status === answer.status && mediaType === undefined)?.schema
    if (schema === undefined) throw new Error(`${answer.status} is not documented: ${JSON.stringify(answer.body)}`)
    expect(check(schema, answer.body, 'answer')).toEqual({ ok: true, value: answer.body })
  })

  it('problems too', async () => {
    const { client } = await prepared()
    const { body } = await client.call({ method: 'POST', path: '/v1/vms', body: { name: '', boot: { from: 'x' } } })
    expect(check(problemBodySchema, body, 'answer')).toEqual({ ok: true, value: body })
  })
})
