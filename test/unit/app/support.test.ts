// Support bundles: what is in them, what is not, and where they go.
import { beforeEach, describe, expect, it } from 'vitest'
import { renderTar } from '../../../control/src/codec/tar.ts'
import { redacted } from '../../../control/src/domain/redact.ts'
import { STICK } from '../../fakes/support.ts'
import { Client, encodeAscii, PASSWORD, World } from '../../fakes/world.ts'

describe('a support bundle', () => {
  let client: Client
  let world: World
  beforeEach(async () => {
    world = new World()
    client = await Client.open(world)
  })
  const make = (body: unknown = {}) => client.call({ method: 'POST', path: '/v1/host/support/bundle', body })
  const task = async (made: Awaited<ReturnType<typeof make>>) => {
    await world.clock.advance(1000)
    return client.app.tasks.get((made.body as { id: string }).id)
  }
  const packed = () => new Map(world.support.packed?.map(({ name, text }) => [name, text]))

  it('has facts, settings, VMs, tasks, events, the log by kind, and what the kernel says', async () => {
    world.hostLogs.add('kernel', 'Linux version 6')
    await client.call({ method: 'POST', path: '/v1/vms', body: { name: 'web1' } })
    expect(await task(await make())).toMatchObject({ kind: 'support.bundle', state: 'succeeded' })
    expect(packed().get('logs/kernel.log')).toBe('2026-01-01T00:00:00.000Z info Linux version 6\n')
    expect(packed().get('host/proc/version')).toBe('Linux\n')
    expect(packed().get('vms.json')).toContain('"name": "web1"')
    for (const name of ['host/facts.json', 'host/status.json', 'host/services.json', 'settings.json', 'tasks.json', 'events.json']) {
      expect(JSON.parse(packed().get(name) ?? '')).toBeTruthy()
    }
  })

  it('has no secret in it', async () => {
    const document = { version: 1 as const, administrator: { password: 'first-password-1' } }
    world.host.bootOutcome = { ...world.host.bootOutcome, seed: { state: 'applied', problems: [], document } }
    await task(await make())
    const all = [...packed().values()].join('\n')
    for (const secret of ['first-password-1', PASSWORD, client.token ?? '', world.store.getUser('administrator')?.passwordHash ?? 'x'])
      expect(all).not.toContain(secret)
  })

  it('can be downloaded once it is made', async () => {
    const get = () => client.send({ path: '/v1/host/support/bundle' })
    expect(await get()).toMatchObject({ status: 404 })
    await task(await make())
    const bytes = world.support.read() ?? new Uint8Array()
    expect(await get()).toMatchObject({ status: 200, headers: { 'content-type': 'application/gzip' }, body: bytes })
    expect((await client.call({ path: '/v1/host/support' })).body).toMatchObject({
      bundle: { sizeBytes: bytes.length },
      lines: expect.any(Array),
    })
  })

  it('is written to a stick, one that was put in a moment ago too', async () => {
    expect(await make({ device: 'sdb1' })).toMatchObject({ status: 404, body: { code: 'support.no-such-medium' } })
    world.support.sticks = [STICK]
    expect((await client.call({ path: '/v1/host/support/media' })).body).toEqual({ items: [STICK] })
    expect(await task(await make({ device: 'sdb1' }))).toMatchObject({ state: 'succeeded' })
    expect(world.support.written[0]).toMatch(/^sdb1 corbel-corbel-\d{14}\.tar\.gz$/)
  })

  it('says in words that the stick was pulled out, and can be made again', async () => {
    world.support.sticks = [STICK]
    world.support.pulled = true
    expect(await task(await make({ device: 'sdb1' }))).toMatchObject({
      state: 'failed',
      error: { code: 'support.medium-failed', message: 'The stick is not there any more.' },
    })
    world.support.pulled = false
    expect(await task(await make({ device: 'sdb1' }))).toMatchObject({ state: 'succeeded' })
  })

  it('is made one at a time', async () => {
    const first = await make()
    expect(await make()).toMatchObject({ status: 409, body: { code: 'support.busy' } })
    await task(first)
    expect((await make()).status).toBe(202)
  })

  it('takes no path for a device', async () => {
    expect(await make({ device: '../sda' })).toMatchObject({ status: 422 })
  })
})

describe('what is left out of documents', () => {
  it('is whatever has a name of a secret, at any depth', () => {
    const document = {
      users: [{ name: 'a', passwordHash: 'x' }],
      cloudInit: { userData: 'y' },
      token: null,
      keyboard: 'de',
      totpSecret: 'z',
    }
    expect(redacted(document)).toEqual({
      users: [{ name: 'a', passwordHash: '[left out]' }],
      cloudInit: '[left out]',
      token: null,
      keyboard: 'de',
      totpSecret: '[left out]',
    })
  })
})

describe('an archive', () => {
  const render = (name: string, text: string) => renderTar([{ name, text }], { encodeUtf8: encodeAscii, mtimeSeconds: 1 })
  it('is made of blocks, with a sum in each header', () => {
    const bytes = render('a/b.txt', 'hello')
    expect(bytes.length).toBe(4 * 512)
    const header = bytes.slice(0, 512)
    expect(String.fromCharCode(...header.subarray(0, 7))).toBe('a/b.txt')
    const sum = Number.parseInt(String.fromCharCode(...header.subarray(148, 154)), 8)
    header.fill(32, 148, 156)
    expect(header.reduce((total, byte) => total + byte, 0)).toBe(sum)
  })

  it('refuses a name that no archive can have', () => {
    expect(() => render('x'.repeat(101), '')).toThrow(RangeError)
    expect(() => render('a b', '')).toThrow(RangeError)
  })
})
