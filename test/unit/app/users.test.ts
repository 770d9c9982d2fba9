// Users and roles: what their managers may do, and what nobody may.
import { beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../../../control/src/app/app.ts'
import { BUILT_IN_ROLES, type Held } from '../../../control/src/domain/permission.ts'
import { FIRST_USER, type Grant, type UserSpec } from '../../../control/src/domain/user.ts'
import { PASSWORD, World } from '../../fakes/world.ts'
import { draft } from './draft.ts'
import { codeOf, codeOfPromise, refusalOfPromise } from './refused.ts'

const ALL: readonly Held[] = [{ permissions: BUILT_IN_ROLES.administrator, on: 'host' }]
const ADMIN = { by: FIRST_USER, held: ALL }
const MANAGER = { by: 'mia', held: [{ permissions: ['user.manage', ...BUILT_IN_ROLES.viewer], on: 'host' }] satisfies readonly Held[] }
const always = () => true
const spec = (name: string, ...grants: readonly Grant[]): UserSpec => ({ name, fullName: '', disabled: false, grants })
const on = (role: string, place: Grant['on'] = 'host'): Grant => ({ role, on: place })

let world: World
let app: App
beforeEach(async () => {
  world = new World()
  app = await world.boot()
  await app.sessions.setUp(PASSWORD)
})
const login = (name: string, password = PASSWORD) => app.sessions.login(name, password, '192.0.2.1')
const create = (name: string, ...grants: readonly Grant[]) => app.users.create(spec(name, ...grants), PASSWORD, ADMIN)
const isIn = (token: string) => app.sessions.authenticate(token, false) !== null

describe('a user', () => {
  it('is made, changed, told with sessions and log-in, and deleted', async () => {
    await create('ann', on('viewer'))
    const { token } = await login('ann')
    expect(app.users.get('ann')).toMatchObject({ revision: 1, status: { hasPassword: true, lastLoginAt: world.clock.now(), sessions: 1 } })
    expect(app.users.patch('ann', { fullName: 'Ann' }, (revision) => revision === 1, ADMIN)).toMatchObject({ revision: 2 })
    expect(codeOf(() => app.users.patch('ann', { fullName: 'x' }, (revision) => revision === 1, ADMIN))).toBe('user.revision-changed')
    expect(codeOf(() => app.users.patch('ann', { name: 'bob' }, always, ADMIN))).toBe('request.invalid')
    expect(await codeOfPromise(create('ann'))).toBe('user.name.in-use')
    app.users.remove('ann', always, ADMIN)
    expect([isIn(token), codeOf(() => app.users.get('ann'))]).toEqual([false, 'user.not-found'])
    expect(app.events.latest().map(({ code }) => code)).toEqual(expect.arrayContaining(['user.created', 'user.changed', 'user.deleted']))
  })

  it('who is disabled is out at once, and comes in no more until that is taken back', async () => {
    await create('ann', on('viewer'))
    const { token } = await login('ann')
    app.users.patch('ann', { disabled: true }, always, ADMIN)
    expect([isIn(token), await codeOfPromise(login('ann'))]).toEqual([false, 'auth.invalid-credentials'])
    app.users.patch('ann', { disabled: false }, always, ADMIN)
    expect([isIn(token), isIn((await login('ann')).token)]).toEqual([false, true])
  })

  it('without a password cannot log in, and may be given one', async () => {
    await app.users.create(spec('ann'), null, ADMIN)
    expect(await codeOfPromise(login('ann', ''))).toBe('auth.invalid-credentials')
    await app.users.setPassword('ann', 'battery staple correct', ADMIN)
    expect(isIn((await login('ann', 'battery staple correct')).token)).toBe(true)
  })

  it('with a new password from somebody else is logged out everywhere, with an own one everywhere else', async () => {
    await create('ann')
    const [first, second] = [await login('ann'), await login('ann')]
    const self = app.sessions.authenticate(second.token, false)
    if (self === null) throw new Error('nobody')
    const change = (before: string, after: string) =>
      app.users.changeOwnPassword({ ...self, atConsole: false }, { before, after }, '192.0.2.1')
    expect(await codeOfPromise(change('wrong', 'battery staple correct'))).toBe('request.invalid')
    expect((await refusalOfPromise(change(PASSWORD, 'ann-ann-ann-1'))).code).toBe('request.invalid')
    await change(PASSWORD, 'battery staple correct')
    expect([isIn(first.token), isIn(second.token)]).toEqual([false, true])
    await app.users.setPassword('ann', PASSWORD, ADMIN)
    expect(isIn(second.token)).toBe(false)
  })

  it('has only roles and places that there are, and loses what was granted on a VM with it', async () => {
    const { id } = app.vms.create(draft('web1'), { dryRun: false, by: 'x' })
    const wrong = await refusalOfPromise(create('ann', on('nothing'), on('viewer', 'pool:none')))
    expect(wrong.problems.map(({ code }) => code)).toEqual(['user.grants.role.not-found', 'user.grants.on.not-found'])
    await create('ann', on('viewer', `vm:${id}`), on('viewer'))
    app.vms.remove(id, always, { dryRun: false, by: 'x' })
    expect(app.users.get('ann').spec.grants).toEqual([on('viewer')])
  })
})

describe('the last administrator', () => {
  it('cannot be deleted, disabled or demoted, whoever else there is without all rights, a password or being enabled', async () => {
    await create('olga', on('operator'))
    await app.users.create(spec('cert', on('administrator')), null, ADMIN)
    await create('off', on('administrator'))
    app.users.patch('off', { disabled: true }, always, ADMIN)
    await create('pool', on('administrator'))
    app.users.patch('pool', { grants: [] }, always, ADMIN)
    for (const patch of [{ disabled: true }, { grants: [] }, { grants: [on('operator')] }]) {
      expect(codeOf(() => app.users.patch(FIRST_USER, patch, always, ADMIN))).toBe('user.last-administrator')
    }
    expect(codeOf(() => app.users.remove(FIRST_USER, always, ADMIN))).toBe('user.last-administrator')
    app.users.patch('off', { disabled: false }, always, ADMIN)
    app.users.remove(FIRST_USER, always, ADMIN)
    expect(codeOf(() => app.users.remove('off', always, ADMIN))).toBe('user.last-administrator')
  })
})

describe('a manager of users', () => {
  it('gives, changes and takes nothing beyond the own rights', async () => {
    await create('olga', on('operator'))
    const beyond = 'user.beyond-own-rights'
    expect(await codeOfPromise(app.users.create(spec('eve', on('administrator')), PASSWORD, MANAGER))).toBe(beyond)
    expect(codeOf(() => app.users.patch('olga', { fullName: 'x' }, always, MANAGER))).toBe(beyond)
    expect(await codeOfPromise(app.users.setPassword(FIRST_USER, PASSWORD, MANAGER))).toBe(beyond)
    expect(codeOf(() => app.users.remove('olga', always, MANAGER))).toBe(beyond)
    expect(codeOf(() => app.roles.create({ name: 'all', description: '', permissions: ['host.reset'] }, MANAGER))).toBe(beyond)
    await app.users.create(spec('vic', on('viewer')), PASSWORD, MANAGER)
    expect(codeOf(() => app.users.patch('vic', { grants: [on('operator')] }, always, MANAGER))).toBe(beyond)
    app.users.remove('vic', always, MANAGER)
  })
})

describe('a role', () => {
  it('counts at once for all who have it, also after a restart, and is not deleted while somebody has it', async () => {
    app.roles.create({ name: 'starter', description: '', permissions: ['vm.view'] }, ADMIN)
    await create('ann', on('starter'))
    const { token } = await login('ann')
    app.roles.patch('starter', { permissions: ['vm.view', 'vm.power'] }, (revision) => revision === 1, ADMIN)
    expect(app.sessions.authenticate(token, false)?.held).toEqual([{ permissions: ['vm.view', 'vm.power'], on: 'host' }])
    app = await world.boot()
    expect(app.sessions.authenticate(token, false)?.held).toEqual([{ permissions: ['vm.view', 'vm.power'], on: 'host' }])
    expect(codeOf(() => app.roles.remove('starter', always, ADMIN))).toBe('role.in-use')
    app.users.remove('ann', always, ADMIN)
    app.roles.remove('starter', always, ADMIN)
    expect(codeOf(() => app.roles.get('starter'))).toBe('role.not-found')
  })

  it('that comes with the product stays as it is', () => {
    expect(codeOf(() => app.roles.patch('viewer', { permissions: ['vm.view'] }, always, ADMIN))).toBe('role.built-in')
    expect(codeOf(() => app.roles.remove('viewer', always, ADMIN))).toBe('role.built-in')
    expect(codeOf(() => app.roles.create({ name: 'viewer', description: '', permissions: ['vm.view'] }, ADMIN))).toBe('role.name.in-use')
  })
})

describe('guessing at an account', () => {
  const guess = (source: string) => codeOfPromise(app.sessions.login(FIRST_USER, 'wrong', source))

  it('from ever other addresses slows strangers down, by half a minute at most, and neither the console nor those who are known', async () => {
    await login(FIRST_USER)
    for (let index = 0; index < 10; index++) expect(await guess(`198.51.100.${index}`)).toBe('auth.invalid-credentials')
    expect(await guess('203.0.113.1')).toBe('auth.rate-limited')
    for (const source of ['192.0.2.1', 'console']) await app.sessions.login(FIRST_USER, PASSWORD, source)
    for (let index = 0; index < 10; index++) {
      await world.clock.advance(30_000)
      await guess(`198.51.100.${100 + index}`)
    }
    expect((await refusalOfPromise(app.sessions.login(FIRST_USER, PASSWORD, '203.0.113.2'))).retryAfterSeconds).toBe(30)
    await world.clock.advance(30_000)
    await app.sessions.login(FIRST_USER, PASSWORD, '203.0.113.2')
  })

  it('is told, with no name that was typed and does not exist, and never floods', async () => {
    for (let source = 0; source < 200; source++) {
      for (let failure = 0; failure < 3; failure++)
        await codeOfPromise(app.sessions.login('hunter2 typed as a name', 'x', `2001:db8:${source}::/64`))
    }
    const told = app.events.latest().filter(({ code }) => code.startsWith('auth.'))
    expect(told.length).toBeLessThanOrEqual(20)
    expect(told[0]).toMatchObject({ code: 'auth.source-slowed', severity: 'warning', target: { kind: 'host' } })
    expect(JSON.stringify(told)).not.toContain('hunter2')
  })
})
