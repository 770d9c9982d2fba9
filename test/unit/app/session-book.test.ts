// How long sessions last, whatever the clock says, and who ends them.
import { beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../../../control/src/app/app.ts'
import { PASSWORD, World } from '../../fakes/world.ts'
import { codeOf, refusalOf } from './refused.ts'

const HOUR_MS = 3_600_000

describe('a session', () => {
  let world: World
  let app: App
  let token: string
  beforeEach(async () => {
    world = new World()
    app = await world.boot()
    await app.sessions.setUp(PASSWORD)
    token = (await app.sessions.login('administrator', PASSWORD, '192.0.2.1')).token
  })
  const lasts = () => app.sessions.authenticate(token, false) !== null
  /** Used each hour. */
  const useFor = async (hours: number) => {
    for (let hour = 0; hour < hours; hour++) {
      await world.clock.advance(HOUR_MS)
      lasts()
    }
  }

  it('that stands idle for two hours is over, and one that is used goes on', async () => {
    await useFor(3)
    await world.clock.advance(2 * HOUR_MS - 1)
    expect(lasts()).toBe(true)
    await world.clock.advance(2 * HOUR_MS)
    expect(lasts()).toBe(false)
    expect(app.sessionBook.list(null, null)).toEqual([])
  })

  it.each([
    ['forward', '2040-01-01T00:00:00.000Z'],
    ['back', '1970-01-01T00:00:00.000Z'],
  ])('lasts its 12 hours, no less and no more, when the clock jumps %s', async (_where, at) => {
    await useFor(2)
    world.clock.setWall(at)
    expect(lasts()).toBe(true)
    expect(app.sessionBook.list(null, null)).toMatchObject([{ expiresAt: new Date(Date.parse(at) + 10 * HOUR_MS).toISOString() }])
    await useFor(9)
    expect(lasts()).toBe(true)
    await useFor(1)
    expect(lasts()).toBe(false)
  })

  it('of an earlier boot is over while the clock is before its beginning, and goes on when that has been set right', async () => {
    world.powerCut()
    app = await world.boot()
    world.clock.setWall('1970-01-01T00:00:00.000Z')
    expect(lasts()).toBe(false)
    world.clock.setWall('2026-01-01T01:00:00.000Z')
    expect(lasts()).toBe(true)
    // From its first use on it lives by the uptime of this boot.
    world.clock.setWall('2026-01-01T00:00:00.000Z')
    await useFor(10)
    expect(lasts()).toBe(true)
    await useFor(1)
    expect(lasts()).toBe(false)
  })

  it('of an earlier boot is over when more than its time has passed', async () => {
    world.powerCut()
    app = await world.boot()
    world.clock.setWall('2026-01-01T12:00:00.000Z')
    expect(lasts()).toBe(false)
  })

  it('keeps when it was used across a restart, but for a twentieth of what it may be idle', async () => {
    await useFor(1)
    app = await world.boot()
    await world.clock.advance(2 * HOUR_MS - 6 * 60_000 - 1)
    expect(lasts()).toBe(true)
  })

  it('is listed with where it came from, and ended by its id, which opens nothing', async () => {
    await app.sessions.login('administrator', PASSWORD, '192.0.2.7', 'network', undefined, 'rack-tool/2')
    const all = app.sessionBook.list('administrator', null)
    expect(all.map(({ source, user, client }) => [source, user, client])).toEqual([
      ['192.0.2.7', 'administrator', 'rack-tool/2'],
      ['192.0.2.1', 'administrator', ''],
    ])
    const id = all[1]?.id ?? ''
    expect(app.sessions.authenticate(id, false)).toBeNull()
    expect(codeOf(() => app.sessionBook.end(id, 'somebody'))).toBe('session.not-found')
    app.sessionBook.end(id, 'administrator')
    expect(lasts()).toBe(false)
    expect(codeOf(() => app.sessionBook.end(id, null))).toBe('session.not-found')
  })

  it('is used also where nothing can be written any more', async () => {
    world.store.writesLeft = 0
    await world.clock.advance(HOUR_MS)
    expect(lasts()).toBe(true)
  })

  it('lasts as the policy says from the moment on that it is changed', async () => {
    expect(app.sessionBook.setPolicy({ lastsMinutes: 60, idleMinutes: 30 }, 'administrator')).toEqual({ lastsMinutes: 60, idleMinutes: 30 })
    expect(refusalOf(() => app.sessionBook.setPolicy({ idleMinutes: 1 }, 'administrator')).problems[0]?.code).toBe(
      'session-policy.idleMinutes.below-minimum',
    )
    await world.clock.advance(30 * 60_000)
    expect(lasts()).toBe(false)
    app = await world.boot()
    expect(app.sessionBook.policy()).toEqual({ lastsMinutes: 60, idleMinutes: 30 })
  })
})
