// What QEMU tells of a balloon and of its guest's memory, as QEMU 10 answers.
import { describe, expect, it } from 'vitest'
import { observeBalloon } from '../../../control/src/adapters/balloon.ts'
import { codeOf, ScriptedQmp } from './scripted-qmp.ts'

const UNTOLD = 2 ** 64
const AT = Date.parse('2026-01-01T00:00:00Z') / 1000
const stats = (total: number, available: number) => ({
  'stat-total-memory': total,
  'stat-available-memory': available,
  'stat-swap-in': UNTOLD,
})

function answering(guest: unknown): ScriptedQmp {
  const qmp = new ScriptedQmp()
  qmp.answers.set('query-balloon', { actual: 268_435_456 })
  qmp.answers.set('qom-get', guest)
  return qmp
}

describe('a balloon', () => {
  it('is told with what the guest says of its memory, and is asked no more than that', async () => {
    const qmp = answering({ 'last-update': AT, stats: stats(4096, 1024) })
    expect(await observeBalloon(2000, qmp)).toEqual({
      actualBytes: 268_435_456,
      guest: { totalBytes: 4096, availableBytes: 1024, updatedAt: '2026-01-01T00:00:00.000Z' },
    })
    expect(qmp.heard).toEqual(['query-balloon', 'qom-get /machine/peripheral/balloon'])
  })

  it('whose guest has never said anything is asked for it from now on', async () => {
    const qmp = answering({ 'last-update': 0, stats: stats(UNTOLD, UNTOLD) })
    expect(await observeBalloon(2000, qmp)).toEqual({ actualBytes: 268_435_456, guest: null })
    expect(qmp.asked.at(-1)).toMatchObject({
      command: 'qom-set',
      commandArguments: { path: '/machine/peripheral/balloon', property: 'guest-stats-polling-interval', value: 5 },
    })
  })

  it.each<[string, unknown]>([
    ['does not know what is available', stats(4096, UNTOLD)],
    ['claims more than there is', stats(4096, 8192)],
    ['claims less than nothing', stats(4096, -1)],
    ['says it in words', { 'stat-total-memory': 'much', 'stat-available-memory': 'all' }],
  ])('whose guest %s is known without it', async (_name, said) => {
    expect((await observeBalloon(2000, answering({ 'last-update': AT, stats: said }))).guest).toBeNull()
  })

  it('that is not there is none', async () => {
    const qmp = answering({})
    for (const command of ['query-balloon', 'qom-get']) qmp.failing.add(command)
    expect(await observeBalloon(2000, qmp)).toEqual({ actualBytes: null, guest: null })
  })

  it('of a QEMU that answers nonsense is not known', async () => {
    expect(await codeOf(observeBalloon(2000, answering('no')))).toBe('qmp.malformed')
  })
})
