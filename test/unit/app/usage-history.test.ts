// The past in memory: bounded, exact about averages and maxima, and honest about gaps.
import { describe, expect, it } from 'vitest'
import { History } from '../../../control/src/app/usage-history.ts'

interface Use {
  readonly a: number
  readonly b: number | null
}

const METRICS = [
  { name: 'a', of: ({ a }: Use) => a },
  { name: 'b', of: ({ b }: Use) => b },
]
const HOUR = 3_600_000
const DAY = 24 * HOUR
const inSeconds = (atMs: number) => String(atMs / 1000)

/** Samples every 10 s from 10 s on; `of` is told how many there were before. */
function filled(samples: number, of: (index: number) => Use): History<Use> {
  const history = new History(METRICS)
  for (let index = 0; index < samples; index++) history.add((index + 1) * 10_000, of(index))
  return history
}

describe('the last hour', () => {
  it('is what was sampled, the oldest first', () => {
    const history = filled(3, (index) => ({ a: index, b: index === 1 ? null : 0.125 }))
    expect(history.read('10s', 30_000, inSeconds)).toEqual({
      resolution: '10s',
      at: ['10', '20', '30'],
      average: { a: [0, 1, 2], b: [0.13, null, 0.13] },
    })
  })

  it('has 360 points at most, the latest', () => {
    const { at, average } = filled(1000, (index) => ({ a: index, b: 0 })).read('10s', 10_000_000, inSeconds)
    expect([at.length, at[0], at[359]]).toEqual([360, '6410', '10000'])
    expect([average.a?.[0], average.a?.[359]]).toEqual([640, 999])
  })

  it('leaves out what is older, however few samples came after it', () => {
    const history = filled(2, () => ({ a: 1, b: 1 }))
    expect(history.read('10s', HOUR + 15_000, inSeconds).at).toEqual(['20'])
    expect(history.read('10s', HOUR + 20_000, inSeconds).at).toEqual([])
  })
})

describe('the last day', () => {
  it('has averages and maxima of 5 minutes, the one that is not over included', () => {
    const history = filled(40, (index) => ({ a: index < 29 ? 10 : 40, b: index === 3 ? 7 : null }))
    // Samples are at 10, 20, … 290 s, and from 300 s on.
    expect(history.read('5m', 400_000, inSeconds)).toEqual({
      ...{ resolution: '5m', at: ['290', '400'] },
      average: { a: [10, 40], b: [7, null] },
      maximum: { a: [10, 40], b: [7, null] },
    })
  })

  it('has the highest of the samples, wherever it stands', () => {
    const history = filled(3, (index) => ({ a: [1, 9, 2][index] ?? 0, b: null }))
    expect(history.read('5m', 30_000, inSeconds)).toMatchObject({ average: { a: [4] }, maximum: { a: [9], b: [null] } })
  })

  it('weighs samples by the time that they are of', () => {
    const history = new History(METRICS)
    history.add(10_000, { a: 0, b: 0 })
    history.add(20_000, { a: 0, b: 0 })
    history.add(40_000, { a: 100, b: 0 })
    const { average, maximum } = history.read('5m', 40_000, inSeconds)
    expect([average.a, maximum?.a]).toEqual([[50], [100]])
  })

  it('takes a sample after a gap for 10 s', () => {
    const history = new History(METRICS)
    history.add(10_000, { a: 0, b: 0 })
    history.add(280_000, { a: 100, b: 0 })
    expect(history.read('5m', 290_000, inSeconds).average.a).toEqual([50])
  })

  it('leaves out times in which nothing was sampled', () => {
    const history = filled(1, () => ({ a: 1, b: 1 }))
    history.add(HOUR, { a: 2, b: 2 })
    expect(history.read('5m', HOUR, inSeconds)).toMatchObject({ at: ['10', '3600'], average: { a: [1, 2] } })
  })

  it('has 288 points at most, and the one that is not over', () => {
    const history = filled(3 * 8640, (index) => ({ a: index, b: 0 }))
    const nowMs = 3 * DAY
    const { at, maximum } = history.read('5m', nowMs, inSeconds)
    expect([at.length, at.at(-1), maximum?.a?.at(-1)]).toEqual([289, String(nowMs / 1000), 3 * 8640 - 1])
  })
})

describe('numbers of any size', () => {
  it.each([
    ['a terabyte per second, to 24 bits', 1e12, (got: number) => Math.abs(got - 1e12) < 1e12 / 2 ** 23],
    ['nothing', 0, (got: number) => got === 0],
    ['a hundredth', 0.01, (got: number) => got === 0.01],
  ])('%s', (_name, value, isRight) => {
    const [got = Number.NaN] = filled(1, () => ({ a: value, b: null })).read('10s', 10_000, inSeconds).average.a ?? []
    expect(isRight(got ?? Number.NaN)).toBe(true)
  })
})
