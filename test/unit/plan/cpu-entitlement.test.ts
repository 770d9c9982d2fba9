// CPUs under contention: reservations first, the rest by shares, nobody more than it can use, nothing left over that somebody could use.
import { describe, expect, it } from 'vitest'
import { type Contender, entitle, weightsOf } from '../../../control/src/plan/cpu-entitlement.ts'

const contender = (reservation: number, most: number, shares = 100): Contender => ({ reservation, most, shares })

describe('cores', () => {
  it.each<[string, number, readonly Contender[], readonly number[]]>([
    ['are nobody’s where there is nobody', 4, [], []],
    ['are divided by shares', 4, [contender(0, 4, 100), contender(0, 4, 300)], [1, 3]],
    ['are promised first, and the rest divided', 4, [contender(2, 4), contender(0, 4)], [3, 1]],
    ['go to nobody beyond what it can use', 4, [contender(0, 1, 900), contender(0, 4, 100)], [1, 3]],
    [
      'that one cannot use go to the others by their shares',
      8,
      [contender(0, 1, 1000), contender(0, 8, 100), contender(0, 8, 300)],
      [1, 1.75, 5.25],
    ],
    ['are left over where nobody can use them', 8, [contender(0, 1), contender(0, 2)], [1, 2]],
    ['are never promised beyond what can be used', 4, [contender(3, 1), contender(0, 4)], [1, 3]],
    ['are cut alike where too many are promised', 2, [contender(3, 4), contender(1, 4)], [1.5, 0.5]],
    ['are none where there are none', 0, [contender(0, 4)], [0]],
  ])('%s', (_name, cores, contenders, expected) => {
    expect(entitle(cores, contenders).map((value) => Math.round(value * 1e9) / 1e9)).toEqual(expected)
  })

  it('add up, whoever wants what', () => {
    let state = 7
    const next = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return state / 2 ** 32
    }
    for (let round = 0; round < 5000; round++) {
      const cores = next() * 64
      const contenders = Array.from({ length: Math.floor(next() * 8) }, () => {
        const most = next() * 32
        return contender(next() < 0.5 ? 0 : (next() * Math.min(most, cores)) / 8, most, 1 + Math.floor(next() * 10_000))
      })
      const entitled = entitle(cores, contenders)
      const usable = contenders.reduce((sum, { most }) => sum + most, 0)
      expect(entitled.reduce((sum, value) => sum + value, 0)).toBeCloseTo(Math.min(cores, usable), 6)
      for (const [index, { reservation, most }] of contenders.entries()) {
        expect(entitled[index]).toBeGreaterThanOrEqual(reservation - 1e-9)
        expect(entitled[index]).toBeLessThanOrEqual(most + 1e-9)
      }
    }
  })
})

describe('weights', () => {
  it('are in proportion, as far as the kernel counts', () => {
    expect(weightsOf([1, 3, 0.25])).toEqual([3333, 10_000, 833])
    expect(weightsOf([1, 0, 100_000])).toEqual([1, 1, 10_000])
    expect(weightsOf([])).toEqual([])
    expect(weightsOf([0])).toEqual([1])
  })
})
