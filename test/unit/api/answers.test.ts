// What the API answers is what its document says: every success of every route, checked against the schema of that route.
import { describe, expect, it } from 'vitest'
import { routes } from '../../../control/src/api/routes.ts'
import { problemBodySchema } from '../../../control/src/api/schemas.ts'
import { check } from '../../../control/src/domain/check.ts'
import { Client, type Sent } from '../../fakes/world.ts'

async function prepared() {
  const client = await Client.open()
  const body = {
    ...{ name: 'web1', cdroms: [{ medium: { datastore: 'local', file: 'x.iso' } }], nics: [{ network: 'nat' }] },
    boot: { from: 'kernel', kernel: { datastore: 'local', file: 'vmlinuz' } },
    disks: [{ datastore: 'local', file: 'a.qcow2', format: 'qcow2' }],
  }
  await client.call({ method: 'POST', path: '/v1/pools', body: { name: 'gold' } })
  const { id } = (await client.call({ method: 'POST', path: '/v1/vms', body })).body as { id: string }
  client.app.power.powerOn(id, 'x')
  await client.world.clock.advance(0)
  client.world.vmHost.machine(id).crash()
  await client.world.clock.advance(0)
  const task = client.app.power.powerOn(id, 'x').id
  await client.world.clock.advance(0)
  return { client, id, task }
}

const BODIES: Readonly<Record<string, unknown>> = {
  'POST /v1/login': { username: 'administrator', password: 'correct horse battery' },
  'POST /v1/vms': { name: 'other' },
  'PATCH /v1/vms/{id}': { vcpus: 2 },
  'POST /v1/pools': { name: 'silver' },
  'PATCH /v1/pools/{pool}': { cpu: { shares: 300 } },
  'PATCH /v1/host/resources': { reserve: { cores: 1 } },
  'PUT /v1/host/devices/{device}/virtual-functions': { count: 1 },
  'POST /v1/host/resources/what-if': {
    steps: [
      { do: 'start-new', spec: { name: 'x' }, count: 2 },
      { do: 'restart', cores: 1 },
    ],
  },
  'POST /v1/vms/{id}/console/tickets': { console: 'vnc' },
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
  const documented = routes.filter(({ answers }) =>
    answers.some(({ schema, mediaType }) => schema !== undefined && mediaType === undefined),
  )

  it.each(documented.map((route) => [`${route.method} ${route.path}`, route] as const))('%s', async (key, route) => {
    const { client, id, task } = await prepared()
    const arranged = (await ARRANGE[key]?.(client, id)) ?? task
    const path = route.path
      .replace('{id}', route.path.includes('/tasks/') ? arranged : id)
      .replace('{pool}', 'gold')
      .replace('{name}', 'local')
      .replace('{file}', 'c.raw')
      .replace('{device}', 'PCI0-1e.0-00.0')
    const body = BODIES[key]
    const sent: Sent = {
      method: route.method,
      path,
      headers: { 'if-match': '*' },
      ...(body === undefined ? {} : { body }),
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
