// Lockdown at every way in: what each answers in each mode, what stands in the way of locking, and the recovery code.
import { beforeEach, describe, expect, it } from 'vitest'
import { parseBase32 } from '../../../control/src/domain/base32.ts'
import { LOCKDOWN_MODES, type LockdownMode } from '../../../control/src/domain/lockdown.ts'
import { readRecoveryCode } from '../../../control/src/domain/recovery-code.ts'
import { codeAt } from '../../../control/src/domain/totp.ts'
import { BOOT_OUTCOME } from '../../fakes/host.ts'
import { Client, PASSWORD, type Sent, World } from '../../fakes/world.ts'

const NEW_PASSWORD = 'another horse battery'
let client: Client
beforeEach(async () => {
  client = await Client.open()
})

type Answer = Awaited<ReturnType<Client['call']>>
const codeOf = ({ status, body }: Answer) => (status < 400 ? '-' : `${status} ${(body as { code: string }).code}`)
const codesOf = ({ body }: Answer) => (body as { problems: readonly { code: string; field: string }[] }).problems.map(({ code }) => code)

async function lock(
  mode: LockdownMode,
  apiUsers: readonly string[] = ['administrator'],
  breakGlass: readonly string[] = [],
): Promise<Answer> {
  const { headers } = await client.call({ path: '/v1/host/lockdown' })
  const etag = headers.etag ?? ''
  return client.call({ method: 'PUT', path: '/v1/host/lockdown', headers: { 'if-match': etag }, body: { mode, apiUsers, breakGlass } })
}

/** Makes a recovery code and confirms it. */
async function makeCode(): Promise<string> {
  const { body } = await client.call({ method: 'POST', path: '/v1/host/recovery-code' })
  const { code, confirm } = body as { code: string; confirm: readonly number[] }
  const groups = confirm.map((number) => code.split('-')[number - 1])
  expect((await client.call({ method: 'POST', path: '/v1/host/recovery-code/confirm', body: { groups } })).status).toBe(204)
  return code
}

const anonymous = async (sent: Sent) => {
  const { token } = client
  client.token = null
  try {
    return await client.call(sent)
  } finally {
    client.token = token
  }
}
const login = (peer: 'network' | 'console', password = PASSWORD) =>
  anonymous({ method: 'POST', path: '/v1/login', peer, body: { username: 'administrator', password } })
const use = (code: string, rest: Partial<Sent> = {}, password?: string) =>
  anonymous({
    method: 'POST',
    path: '/v1/console/recovery',
    peer: 'console',
    body: { code, ...(password === undefined ? {} : { password }) },
    ...rest,
  })

/** Each way to come in, tried as it is; the session and the code were made before the host was locked. */
const WAYS: Readonly<Record<string, (code: string) => Promise<Answer>>> = {
  'log-in over the network': () => login('network'),
  'a session over the network': () => client.call({ path: '/v1/host' }),
  'log-in at the console': () => login('console'),
  'a session at the console': () => client.call({ path: '/v1/host', peer: 'console' }),
  'the status at the console': () => anonymous({ path: '/v1/console/status', peer: 'console' }),
  'the status over the network': () => anonymous({ path: '/v1/console/status' }),
  'health over the network': () => anonymous({ path: '/v1/health' }),
  'the recovery code over the network': (code) => use(code, { peer: 'network' }),
  'the recovery code with a session over the network': (code) =>
    client.call({ method: 'POST', path: '/v1/console/recovery', body: { code } }),
  'the recovery code at the console': (code) => use(code),
}

const NAMED = '403 lockdown.not-named'
const CLOSED = '403 lockdown.console-closed'
const GLASS = '403 lockdown.not-break-glass'
const AT_CONSOLE_ONLY = '403 auth.forbidden'

/** By way: in normal mode, locked and on no list, locked and on both, strict and on both, strict and on no list. */
const EXPECTED: Readonly<Record<string, readonly [string, string, string, string, string]>> = {
  'log-in over the network': ['-', NAMED, '-', '-', NAMED],
  'a session over the network': ['-', NAMED, '-', '-', NAMED],
  'log-in at the console': ['-', GLASS, '-', CLOSED, CLOSED],
  'a session at the console': ['-', GLASS, '-', CLOSED, CLOSED],
  'the status at the console': ['-', '-', '-', '-', '-'],
  'the status over the network': Array(5).fill(AT_CONSOLE_ONLY) as never,
  'health over the network': ['-', '-', '-', '-', '-'],
  'the recovery code over the network': Array(5).fill(AT_CONSOLE_ONLY) as never,
  'the recovery code with a session over the network': Array(5).fill(AT_CONSOLE_ONLY) as never,
  'the recovery code at the console': ['-', '-', '-', '-', '-'],
}

const CASES: readonly (readonly [LockdownMode, boolean])[] = [
  ['normal', true],
  ['locked', false],
  ['locked', true],
  ['strict', true],
  ['strict', false],
]

const table = Object.keys(WAYS).flatMap((way) =>
  CASES.map(([mode, listed], index) => [way, mode, listed ? 'listed' : 'on no list', EXPECTED[way]?.[index] ?? ''] as const),
)

describe('every way in', () => {
  it('is in the table, in every mode', () => {
    expect(Object.keys(EXPECTED)).toEqual(Object.keys(WAYS))
    expect(new Set(CASES.map(([mode]) => mode))).toEqual(new Set(LOCKDOWN_MODES))
  })

  it.each(table)('%s, mode %s, %s', async (way, mode, listed, expected) => {
    const code = await makeCode()
    const lists = listed === 'listed' ? ['administrator'] : []
    // As set: the rule that somebody must be left is another test's.
    client.world.store.putSetting('lockdown', { revision: 1, mode, apiUsers: lists, breakGlass: lists })
    const answer = await WAYS[way]?.(code)
    expect(answer === undefined ? '' : codeOf(answer)).toBe(expected)
  })
})

describe('locking', () => {
  it('is in force at once, for open sessions too, and opening ends it', async () => {
    expect(await lock('locked')).toMatchObject({ status: 200, headers: { etag: '"1"' }, body: { mode: 'locked', revision: 1 } })
    expect(codeOf(await login('console'))).toBe('403 lockdown.not-break-glass')
    expect(codeOf(await lock('normal'))).toBe('-')
    expect(codeOf(await login('console'))).toBe('-')
    expect(client.world.store.latestEvents(2).map(({ code, message }) => `${code} ${message}`)).toEqual([
      'lockdown.changed The host was locked by administrator.',
      'lockdown.changed The host was opened by administrator.',
    ])
  })

  it('outlives controld, and is shown on the console', async () => {
    await lock('locked')
    const next = new Client(client.world, await client.world.boot())
    expect((await next.call({ path: '/v1/console/status', peer: 'console' })).body).toMatchObject({
      lockdown: { mode: 'locked', hasRecoveryCode: false },
    })
    const session = await next.call({
      method: 'POST',
      path: '/v1/login',
      peer: 'console',
      body: { username: 'administrator', password: PASSWORD },
    })
    expect(codeOf(session)).toBe('403 lockdown.not-break-glass')
  })

  it('is refused with all that is wrong with it, and strictly only with a recovery code that has been confirmed', async () => {
    expect(codesOf(await lock('strict', ['nobody'], ['ghost']))).toEqual([
      'lockdown.user.unknown',
      'lockdown.user.unknown',
      'lockdown.nobody-left',
      'lockdown.no-recovery-code',
    ])
    await client.call({ method: 'POST', path: '/v1/host/recovery-code' })
    expect(codesOf(await lock('strict'))).toEqual(['lockdown.no-recovery-code'])
    await makeCode()
    expect(codeOf(await lock('strict'))).toBe('-')
  })

  it('needs to know what is being changed', async () => {
    const body = { mode: 'locked', apiUsers: ['administrator'] }
    expect(codeOf(await client.call({ method: 'PUT', path: '/v1/host/lockdown', body }))).toBe('428 request.if-match-required')
    await lock('locked')
    const late = await client.call({ method: 'PUT', path: '/v1/host/lockdown', headers: { 'if-match': '"0"' }, body })
    expect(codeOf(late)).toBe('412 lockdown.changed')
  })

  it('does not touch VMs: a task that was begun goes on', async () => {
    const body = { name: 'web1', boot: { from: 'cdrom' }, cdroms: [{ medium: { datastore: 'local', file: 'x.iso' } }] }
    const { id } = (await client.call({ method: 'POST', path: '/v1/vms', body })).body as { id: string }
    const started = await client.call({ method: 'POST', path: `/v1/vms/${id}/power-on` })
    client.world.store.putSetting('lockdown', { revision: 1, mode: 'strict', apiUsers: [], breakGlass: [] })
    expect(started.status).toBe(202)
    const task = (started.body as { id: string }).id
    for (let turn = 0; turn < 50; turn++) await client.world.clock.advance(100)
    expect(client.app.tasks.get(task)).toMatchObject({ state: 'succeeded' })
    expect(client.app.vms.get(id).status.powerState).toBe('running')
  })
})

describe('a recovery code', () => {
  it('is told once, kept as a hash, and in force only when some of it has been typed back', async () => {
    const { body, status } = await client.call({ method: 'POST', path: '/v1/host/recovery-code' })
    const { code, confirm } = body as { code: string; confirm: readonly number[] }
    expect([status, readRecoveryCode(code).ok]).toEqual([201, true])
    const digits = code.replaceAll('-', '')
    expect(codeOf(await use(code))).toBe('409 recovery.no-code')
    const wrong = await client.call({
      method: 'POST',
      path: '/v1/host/recovery-code/confirm',
      body: { groups: confirm.map(() => '000000') },
    })
    expect(codesOf(wrong)).toEqual(confirm.map(() => 'recovery.group.wrong'))
    expect(JSON.stringify(wrong.body)).not.toContain('000000')
    expect(client.app.lockdown.view().recoveryCodeSince).toBeNull()
    const groups = confirm.map((number) => code.split('-')[number - 1])
    expect((await client.call({ method: 'POST', path: '/v1/host/recovery-code/confirm', body: { groups } })).status).toBe(204)
    expect(client.app.lockdown.view().recoveryCodeSince).toBe(client.world.clock.now())
    const kept = client.world.store.getSetting('recoveryCode') as { hash: string }
    expect(kept.hash).toBe(await client.world.passwords.hash(digits))
    expect(JSON.stringify((await client.call({ path: '/v1/host/lockdown' })).body)).not.toContain(kept.hash)
  })

  it('leaves the one before in force until it is confirmed, and for a quarter of an hour', async () => {
    const first = await makeCode()
    const second = (await client.call({ method: 'POST', path: '/v1/host/recovery-code' })).body as {
      code: string
      confirm: readonly number[]
    }
    await client.world.clock.advance(900_000)
    const groups = second.confirm.map((number) => second.code.split('-')[number - 1])
    const late = await client.call({ method: 'POST', path: '/v1/host/recovery-code/confirm', body: { groups } })
    expect(codeOf(late)).toBe('409 recovery.nothing-to-confirm')
    expect(codeOf(await use(second.code))).toBe('403 recovery.code.wrong')
    expect(codeOf(await use(first))).toBe('-')
  })

  it('opens the host in the strictest mode, once, and can give the administrator a new password', async () => {
    const code = await makeCode()
    await lock('strict')
    expect(codeOf(await use(code, {}, 'short'))).toBe('422 request.invalid')
    expect((await use(code.replaceAll('-', ' '), {}, NEW_PASSWORD)).status).toBe(204)
    expect(client.app.lockdown.view()).toMatchObject({ mode: 'normal', apiUsers: ['administrator'], recoveryCodeSince: null })
    expect(codeOf(await use(code))).toBe('409 recovery.no-code')
    expect(codeOf(await login('console', NEW_PASSWORD))).toBe('-')
    expect(codeOf(await login('network', PASSWORD))).toBe('401 auth.invalid-credentials')
    expect(client.world.store.latestEvents(1)).toMatchObject([{ code: 'recovery-code.used', severity: 'warning' }])
  })

  it('with a new password ends all sessions of the administrator and takes the one-time codes away; without one it does neither', async () => {
    const { app, world } = client
    const { secret } = app.secondFactor.begin('administrator')
    const key = parseBase32(secret) ?? new Uint8Array()
    const step = Math.floor(Date.parse(world.clock.now()) / 30_000)
    app.secondFactor.confirm(
      'administrator',
      codeAt(step, (message) => world.passwords.hmacSha1(key, message)),
    )
    expect(codeOf(await login('network'))).toBe('401 auth.second-factor-required')

    expect(codeOf(await use(await makeCode()))).toBe('-')
    expect((await client.call({ path: '/v1/host' })).status).toBe(200)
    expect(codeOf(await login('network'))).toBe('401 auth.second-factor-required')

    const ended: string[] = []
    const held = app.holds.keep(
      () => app.sessions.authenticate(client.token ?? '', false) !== null,
      () => ended.push('stream'),
    )
    expect(codeOf(await use(await makeCode(), {}, NEW_PASSWORD))).toBe('-')
    expect((await client.call({ path: '/v1/host' })).status).toBe(401)
    expect(ended).toEqual(['stream'])
    held()
    expect(codeOf(await login('network', NEW_PASSWORD))).toBe('-')
    expect(app.secondFactor.state('administrator').state).toBe('off')
  })

  it('that is mistyped tells the group and costs no try; one that is wrong costs time, never more than half a minute', async () => {
    const code = await makeCode()
    const groups = code.split('-')
    const mistyped = await use([...groups.slice(0, 4), '123456', ...groups.slice(5)].join('-'))
    expect(mistyped.body).toMatchObject({ problems: [{ code: 'recovery.code.mistyped', message: 'group 5 has been mistyped' }] })
    const wrong = Array(8).fill('000011').join('-')
    const waits: number[] = []
    while (waits.length < 8) {
      const { status, headers } = await use(wrong)
      if (status !== 429) continue
      const seconds = Number(headers['retry-after'])
      waits.push(seconds)
      expect(codeOf(await use('1'))).toBe('422 request.invalid')
      await client.world.clock.advance(seconds * 1000)
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 30, 30, 30])
    expect(client.world.store.latestEvents(1)).toMatchObject([{ code: 'recovery-code.refused' }])
    expect(codeOf(await use(code))).toBe('-')
  })

  it('that two consoles have at once is used by one', async () => {
    const code = await makeCode()
    const outcomes = (await Promise.all([use(code), use(code)])).map(codeOf).sort()
    expect(outcomes).toEqual(['-', '409 recovery.no-code'])
  })
})

describe('a recovery code from the seed', () => {
  it('is in force without being typed back, and is not brought back by the seed once it has been used', async () => {
    const code = Array(8).fill('000011').join('')
    const world = new World()
    const hash = await world.passwords.hash(code)
    const document = { version: 1 as const, administrator: { password: PASSWORD }, recoveryCode: { hash } }
    world.host.bootOutcome = { ...BOOT_OUTCOME, seed: { state: 'applied', problems: [], document } }
    client = await Client.open(world)
    expect(codeOf(await lock('strict'))).toBe('-')
    expect(codeOf(await use(code))).toBe('-')
    client = await Client.open(world)
    expect(client.app.lockdown.view()).toMatchObject({ mode: 'normal', recoveryCodeSince: null })
    expect(codeOf(await use(code))).toBe('409 recovery.no-code')
  })
})

describe('a world without lockdown', () => {
  it('is open', async () => {
    const app = await new World().boot()
    expect(app.lockdown.view()).toEqual({ mode: 'normal', apiUsers: [], breakGlass: [], revision: 0, recoveryCodeSince: null })
  })
})
