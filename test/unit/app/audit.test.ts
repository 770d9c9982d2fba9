// The audit log: its chain, its bounds, what a power cut leaves of it, and floods.
import { beforeEach, describe, expect, it } from 'vitest'
import { type Audit, type AuditAsked, type AuditOutcome, createAudit } from '../../../control/src/app/audit.ts'
import { createLedger } from '../../../control/src/app/ledger.ts'
import { type AuditEntry, auditLine, createAuditCheck } from '../../../control/src/domain/audit.ts'
import { World } from '../../fakes/world.ts'

const LIMITS = { entries: 20, characters: 100_000, segment: 5 }
const ASKED: AuditAsked = {
  user: 'ann',
  how: 'session',
  from: '192.0.2.1',
  action: 'PATCH /v1/vms/{id}',
  object: { id: 'v' },
  what: { vcpus: 2 },
}
const OK: AuditOutcome = { status: 200, code: null, location: null }
const WRONG: AuditOutcome = { status: 401, code: 'auth.invalid-credentials', location: null }

let world: World
let audit: Audit
beforeEach(() => {
  world = new World()
  audit = make()
})

function make(limits = LIMITS): Audit {
  return createAudit(world, createLedger(world.store, world.clock), limits)
}

function change(asked: Partial<AuditAsked> = {}, outcome = OK): void {
  const trail = audit.open()
  trail.begin({ ...ASKED, ...asked })
  trail.end({ ...ASKED, ...asked }, outcome)
}

function refuse(count: number, asked: Partial<AuditAsked> = {}, outcome = WRONG): void {
  for (let index = 0; index < count; index++) audit.open().end({ ...ASKED, user: null, action: 'login', ...asked }, outcome)
}

function entries(): AuditEntry[] {
  return world.store.audit.rows.map(({ text }) => JSON.parse(text) as AuditEntry)
}

function spoil(sequence: number, alter: (text: string) => string | null): void {
  world.store.audit.rows = world.store.audit.rows.flatMap((row) => {
    const text = row.sequence === sequence ? alter(row.text) : row.text
    return text === null ? [] : [{ ...row, text }]
  })
}

describe('an entry', () => {
  it('says who asked for what, from where, and what became of it', () => {
    change({}, { status: 201, code: null, location: '/v1/vms/v' })
    expect(entries()).toEqual([
      {
        sequence: 1,
        previous: '0'.repeat(64),
        at: '2026-01-01T00:00:00.000Z',
        ...ASKED,
        object: { id: 'v', location: '/v1/vms/v' },
        ...{ result: 'ok', status: 201, code: null, requestId: expect.any(String), repeated: null },
      },
    ])
    expect(world.store.audit.listAttempts()).toEqual([])
  })

  it.each([
    [200, 'ok'],
    [101, 'ok'],
    [409, 'refused'],
    [429, 'throttled'],
    [507, 'failed'],
  ])('of status %i has the result %s', (status, result) => {
    change({}, { ...OK, status })
    expect(entries()[0]?.result).toBe(result)
  })

  it('is there in any case once the change has begun: one that a controld left open ends as unknown', () => {
    audit.open().begin(ASKED)
    expect(entries()).toEqual([])
    audit = make()
    audit.start()
    expect(entries()).toMatchObject([{ sequence: 1, action: ASKED.action, result: 'unknown', status: null }])
    expect(world.store.audit.listAttempts()).toEqual([])
  })

  it('waits for the disk only where nothing that was written since the attempt did', () => {
    const { store } = world
    const trail = audit.open()
    const before = store.syncs
    trail.begin(ASKED)
    expect(store.syncs).toBe(before)
    store.putSetting('changed', 1)
    trail.end(ASKED, OK)
    expect(store.syncs).toBe(before + 1)
    change()
    expect(store.syncs).toBe(before + 2)
    change({}, WRONG)
    expect(store.syncs).toBe(before + 2)
  })

  it('is on disk within a second, and said to be so then', async () => {
    const told: number[] = []
    audit.follow(() => told.push(audit.durable().sequence))
    const trail = audit.open()
    trail.begin(ASKED)
    world.store.putSetting('changed', 1)
    trail.end(ASKED, OK)
    expect([audit.durable().sequence, told]).toEqual([0, []])
    const before = world.store.syncs
    await world.clock.advance(1_000)
    expect([audit.durable(), told, world.store.syncs]).toEqual([audit.summary().head, [1], before + 1])
    change({}, WRONG)
    world.store.putSetting('changed', 2)
    await world.clock.advance(1_000)
    expect([audit.durable().sequence, told, world.store.syncs]).toEqual([2, [1, 2], before + 2])
    change()
    expect(audit.durable().sequence).toBe(3)
  })

  it('that cannot be begun keeps the change from happening', () => {
    world.store.writesLeft = 0
    expect(() => audit.open().begin(ASKED)).toThrow('the disk is full')
  })

  it('that cannot be ended is written as soon as there is room', async () => {
    const trail = audit.open()
    trail.begin(ASKED)
    world.store.writesLeft = 0
    trail.end(ASKED, OK)
    expect(entries()).toEqual([])
    world.store.writesLeft = Number.POSITIVE_INFINITY
    await world.clock.advance(5_000)
    expect(entries()).toMatchObject([{ sequence: 1, result: 'ok' }])
    expect(await audit.verify()).toMatchObject({ whole: true })
  })

  it('of a log-in that cannot be kept is no log-in', () => {
    world.store.writesLeft = 0
    expect(() => audit.open().end(ASKED, OK)).toThrow('the disk is full')
    expect(() => refuse(1)).not.toThrow()
  })
})

describe('the chain', () => {
  it('is whole over restarts', async () => {
    for (let index = 0; index < 4; index++) change()
    audit = make()
    change()
    expect(await audit.verify()).toMatchObject({ whole: true, from: { sequence: 0 }, to: { sequence: 5 } })
  })

  it.each<[string, () => void, string]>([
    ['an entry was altered', () => spoil(2, (text) => text.replace('ann', 'eve')), 'entry 2 has been altered'],
    ['an entry was removed', () => spoil(2, () => null), 'entry 2 is missing'],
    ['the last ones were removed', () => spoil(4, () => null), 'entries after 3 are missing'],
  ])('is cut where %s, which is an event and told on the console once and for good', async (_name, damage, problem) => {
    for (let index = 0; index < 4; index++) change()
    damage()
    expect(await audit.verify()).toMatchObject({ whole: false, problem })
    await audit.verify()
    expect(world.store.latestEvents(9).filter(({ code }) => code === 'audit.chain-broken')).toHaveLength(1)
    audit = make()
    expect(audit.summary().problem).toBe(problem)
  })

  it('is looked through at start from where it was left off', async () => {
    for (let index = 0; index < 4; index++) change()
    await audit.verify()
    change()
    spoil(2, (text) => text.replace('ann', 'eve'))
    audit = make()
    audit.start()
    await world.clock.advance(0)
    expect(audit.summary().problem).toBeNull()
    spoil(5, () => null)
    audit = make()
    audit.start()
    await world.clock.advance(0)
    expect(audit.summary().problem).toBe('entries after 4 are missing')
    expect((await audit.verify()).problem).toBe('entry 2 has been altered')
  })

  it('goes on after entries that its state does not know', async () => {
    change()
    const old = world.store.audit.getState()
    change()
    if (old !== null) world.store.audit.putState(old)
    audit = make()
    change()
    expect(entries()).toHaveLength(3)
    expect(audit.summary().problem).toBe('entries after 1 are not the log’s own')
  })

  it('is looked through in bits, while it grows', async () => {
    audit = make({ ...LIMITS, entries: 1_000, characters: 1_000_000 })
    for (let index = 0; index < 600; index++) change()
    const verdict = audit.verify()
    change()
    await world.clock.advance(0)
    expect(await verdict).toMatchObject({ whole: true, to: { sequence: 601 } })
  })
})

describe('the bound', () => {
  it.each([
    ['of entries', LIMITS],
    ['of size', { ...LIMITS, entries: 1_000, characters: 5_000 }],
  ])('%s lets the oldest go, and leaves a chain that says so', async (_name, limits) => {
    audit = make(limits)
    for (let index = 0; index < 50; index++) change()
    const kept = entries()
    expect(kept.length).toBeLessThanOrEqual(limits.entries)
    expect(kept.reduce((sum, entry) => sum + JSON.stringify(entry).length, 0)).toBeLessThanOrEqual(Math.max(5_000, limits.characters))
    expect(kept[0]?.sequence).toBeGreaterThan(1)
    expect(kept.some(({ action }) => action === 'audit.trimmed')).toBe(true)
    expect(await audit.verify()).toMatchObject({ whole: true })
    const check = createAuditCheck(world.passwords.digest)
    for (const { text, hash } of world.store.audit.rows) check.add(auditLine(text, hash))
    expect(check.end()).toMatchObject({ whole: true })
  })
})

describe('a flood', () => {
  it('of failed log-ins is counted after the first, and told of in ever longer periods', async () => {
    audit = make({ ...LIMITS, entries: 10_000, characters: 10_000_000 })
    refuse(500, { from: '192.0.2.8' })
    refuse(500, { from: '192.0.2.9' })
    expect(entries()).toHaveLength(30)
    await world.clock.advance(60_000)
    expect(entries().at(-1)).toMatchObject({
      user: null,
      action: 'login',
      result: 'refused',
      repeated: { count: 970, addresses: ['192.0.2.8', '192.0.2.9'] },
    })
    refuse(5)
    await world.clock.advance(60_000)
    const before = entries().length
    await world.clock.advance(60_000)
    expect(entries().length).toBe(before + 1)
    expect(await audit.verify()).toMatchObject({ whole: true })
  })

  it('leaves no more than some a day, however long it goes on', async () => {
    audit = make({ ...LIMITS, entries: 10_000, characters: 10_000_000 })
    for (let minute = 0; minute < 24 * 60; minute++) {
      refuse(10, { from: `192.0.2.${minute % 250}`, action: `POST /v1/x${minute % 40}` })
      await world.clock.advance(60_000)
    }
    expect(entries().length).toBeLessThan(800)
  })

  it('of one user leaves room for others', () => {
    audit = make({ ...LIMITS, entries: 10_000, characters: 10_000_000 })
    refuse(500, { user: 'eve' })
    const before = entries().length
    expect(before).toBe(100)
    refuse(1, { user: 'bob' })
    refuse(1)
    refuse(1, { from: 'console' })
    change({ user: 'eve' })
    expect(entries()).toHaveLength(before + 4)
  })

  it('takes nothing from the log when its attempts are counted', () => {
    audit = make({ ...LIMITS, entries: 10_000, characters: 10_000_000 })
    for (let index = 0; index < 150; index++) change({}, { ...OK, status: 409, code: 'vm.busy' })
    expect(entries()).toHaveLength(100)
    expect(world.store.audit.listAttempts()).toEqual([])
  })

  it('is told of before controld ends', () => {
    refuse(40)
    audit.flush()
    expect(entries().at(-1)).toMatchObject({ repeated: { count: 10 } })
    audit.flush()
    expect(entries().at(-1)?.sequence).toBe(entries().length + (entries()[0]?.sequence ?? 1) - 1)
  })
})
