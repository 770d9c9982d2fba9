// Getting in: the first password, logins, tokens, and what slows a guesser down.
import { beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../../../control/src/app/app.ts'
import { Refusal } from '../../../control/src/app/refusal.ts'
import { defaultNetwork } from '../../../control/src/domain/network.ts'
import { BOOT_OUTCOME } from '../../fakes/host.ts'
import { PASSWORD, World } from '../../fakes/world.ts'

const HERE = '192.0.2.1'

async function refusal(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
  } catch (error) {
    if (error instanceof Refusal) return error.retryAfterSeconds === null ? error.code : `${error.code} ${error.retryAfterSeconds}`
    throw error
  }
  return 'was not refused'
}

describe('logging in', () => {
  let world: World
  let app: App
  beforeEach(async () => {
    world = new World()
    app = await world.boot()
    await app.sessions.setUp(PASSWORD)
  })
  const login = (password = PASSWORD, source = HERE, name = 'administrator') => app.sessions.login(name, password, source)

  it('gives a token that names the user for 12 hours', async () => {
    const { token, expiresAt } = await login()
    expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/)
    expect(expiresAt).toBe('2026-01-01T12:00:00.000Z')
    expect(app.sessions.authenticate(token, false)).toMatchObject({ kind: 'user', name: 'administrator', held: [{ on: 'host' }] })
    for (let hour = 1; hour < 12; hour++) {
      await world.clock.advance(3_600_000)
      expect(app.sessions.authenticate(token, false)).not.toBeNull()
    }
    await world.clock.advance(3_600_000 - 1)
    expect(app.sessions.authenticate(token, false)).not.toBeNull()
    await world.clock.advance(1)
    expect(app.sessions.authenticate(token, false)).toBeNull()
  })

  it('outlives a restart, and ends by logging out', async () => {
    const { token } = await login()
    const next = await world.boot()
    const principal = next.sessions.authenticate(token, false)
    if (principal?.kind !== 'user') throw new Error('nobody')
    next.sessions.logout(principal.tokenHash)
    expect(next.sessions.authenticate(token, false)).toBeNull()
  })

  it('stores neither the token nor the password', async () => {
    const { token } = await login()
    expect(world.store.getSession(token)).toBeNull()
    expect(world.store.getSession(world.passwords.digest(token))).not.toBeNull()
  })

  it('is refused alike for a wrong password and an unknown name, with the same work', async () => {
    expect(await refusal(login('wrong'))).toBe('auth.invalid-credentials')
    const once = world.passwords.verifications
    expect(await refusal(login(PASSWORD, HERE, 'nobody'))).toBe('auth.invalid-credentials')
    expect(world.passwords.verifications).toBe(2 * once)
  })

  it('is slowed from the third failure on, twice as long each time, up to 30 s', async () => {
    const waits: number[] = []
    for (let failure = 1; failure <= 9; failure++) {
      expect(await refusal(login('wrong'))).toBe('auth.invalid-credentials')
      // Of the first two nothing is told: only a further attempt would, and would count.
      const answer = failure < 3 ? '' : await refusal(login('wrong'))
      const seconds = Number(answer.replace('auth.rate-limited ', ''))
      waits.push(seconds)
      await world.clock.advance(seconds * 1000)
    }
    expect(waits).toEqual([0, 0, 1, 2, 4, 8, 16, 30, 30])
  })

  it('is not slowed for another address, nor for good', async () => {
    for (let failure = 0; failure < 3; failure++) await refusal(login('wrong'))
    expect(await refusal(login())).toBe('auth.rate-limited 1')
    expect(await refusal(login(PASSWORD, '192.0.2.2'))).toBe('was not refused')
    await world.clock.advance(1_000)
    expect(await refusal(login())).toBe('was not refused')
    await refusal(login('wrong'))
    expect(await refusal(login())).toBe('was not refused')
  })

  it('verifies one password at a time, nine in all at once', async () => {
    const outcomes = await Promise.all(Array.from({ length: 12 }, (_, index) => refusal(login(PASSWORD, `192.0.2.${index}`))))
    expect(outcomes.filter((outcome) => outcome === 'was not refused')).toHaveLength(9)
    expect(outcomes.filter((outcome) => outcome === 'auth.rate-limited 1')).toHaveLength(3)
    expect(world.passwords.mostAtOnce).toBe(1)
    expect(await refusal(login())).toBe('was not refused')
  })
})

describe('the first password', () => {
  it('is needed before anybody can log in, and can be set once', async () => {
    const world = new World()
    const app = await world.boot()
    expect(app.sessions.setupRequired).toBe(true)
    expect(await refusal(app.sessions.login('administrator', PASSWORD, HERE))).toBe('setup.required')
    const both = await Promise.all([refusal(app.sessions.setUp(PASSWORD)), refusal(app.sessions.setUp('another password'))])
    expect(both.sort()).toEqual(['setup.already-done', 'was not refused'])
    expect(app.sessions.setupRequired).toBe(false)
    expect(await refusal(app.sessions.login('administrator', PASSWORD, HERE))).toBe('was not refused')
    expect(world.store.latestEvents(1)).toMatchObject([{ code: 'user.created' }])
  })

  const { hostname: _name, ...defaults } = defaultNetwork('a')
  const seeded = (document: object) => ({
    ...BOOT_OUTCOME,
    seed: { state: 'applied' as const, problems: [], document: { version: 1 as const, ...document } },
  })

  it.each([
    ['password', { password: PASSWORD }],
    ['hash', { passwordHash: `$argon2id$v=19$m=8,t=1,p=1$${PASSWORD}` }],
  ])('comes from the seed as a %s, with the hostname, once', async (_what, administrator) => {
    const world = new World()
    world.host.bootOutcome = seeded({ hostname: 'rack3', administrator, management: { ...defaults, dns: ['192.0.2.53'] } })
    const app = await world.boot()
    expect(await refusal(app.sessions.login('administrator', PASSWORD, HERE))).toBe('was not refused')
    const network = { revision: 1, settings: { ...defaultNetwork('rack3'), dns: ['192.0.2.53'] } }
    expect(world.store.getSetting('network')).toEqual(network)

    world.host.bootOutcome = seeded({ hostname: 'other', administrator: { password: 'another password' } })
    const next = await world.boot()
    expect(world.store.getSetting('network')).toEqual(network)
    expect(await refusal(next.sessions.login('administrator', PASSWORD, HERE))).toBe('was not refused')
  })

  it('is not taken from a seed that was refused', async () => {
    const world = new World()
    world.host.bootOutcome = {
      ...seeded({ administrator: { password: PASSWORD } }),
      seed: { state: 'refused', problems: [], document: null },
    }
    expect((await world.boot()).sessions.setupRequired).toBe(true)
    expect(world.store.getSetting('network')).toBeNull()
  })
})
