// Who gives memory, how much, and when it comes back: in single cases, over thousands of random hosts, and until nothing moves any more.
import { describe, expect, it } from 'vitest'
import { type BalloonVm, balloonFloorMiB, type MemoryBound, marginsOf, planBalloons } from '../../../control/src/plan/balloon.ts'

const LIMIT = 4096
const { low, aim, high } = marginsOf(LIMIT)

const vm = (id: string, rest: Partial<BalloonVm> = {}): BalloonVm => ({
  ...{ id, pool: 'host', memoryMiB: 1024, ceilingMiB: 1024, floorMiB: 256, targetMiB: 1024, actualMiB: 1024 },
  ...{ touchedMiB: 1024, neededMiB: null, follows: true },
  ...rest,
})
/** With others in it that could take more than there is. */
const host = (heldMiB: number, growthMiB = 10_000): MemoryBound => ({
  ...{ name: 'host', parent: null, limitMiB: LIMIT, reservationMiB: 0, heldMiB, growthMiB },
})
const pool = (name: string, heldMiB: number, rest: Partial<MemoryBound> = {}): MemoryBound => ({
  ...{ name, parent: 'host', limitMiB: null, reservationMiB: 0, heldMiB, growthMiB: 10_000 },
  ...rest,
})

/** What each is to have less than it was told, or more. */
function changes(bounds: readonly MemoryBound[], vms: readonly BalloonVm[], pressed = false): Readonly<Record<string, number>> {
  const { targets } = planBalloons(bounds, vms, pressed)
  const differing = vms.map(({ id, targetMiB }) => [id, (targets.get(id) ?? 0) - targetMiB] as const)
  return Object.fromEntries(differing.filter(([, change]) => change !== 0))
}

describe('memory of VMs', () => {
  it.each<[string, readonly MemoryBound[], readonly BalloonVm[], Readonly<Record<string, number>>]>([
    ['stays where it is while there is enough', [host(LIMIT - low)], [vm('a', { neededMiB: 100 }), vm('b')], {}],
    [
      'is taken from who has it idle before anybody else',
      [host(LIMIT - low + 10)],
      [vm('idle', { neededMiB: 100 }), vm('busy', { neededMiB: 1000 }), vm('silent')],
      { idle: Math.floor(-(aim - low + 10)) },
    ],
    [
      'is taken in proportion to what is above the floors where nothing is idle',
      [host(LIMIT - low + 1)],
      [vm('much', { memoryMiB: 2048 }), vm('little', { touchedMiB: 640 })],
      { much: -69, little: -419 },
    ],
    ['stays where it is while all that could be wanted fits', [host(LIMIT - 10, 10)], [vm('a', { neededMiB: 100 })], {}],
    ['comes back where all fits', [host(LIMIT - 300, 10)], [vm('a', { targetMiB: 800, touchedMiB: 800 })], { a: 128 }],
    ['is taken an eighth at a time', [host(LIMIT)], [vm('a', { neededMiB: 100 })], { a: -128 }],
    [
      'that was never touched goes at once, as nobody has used it',
      [host(LIMIT)],
      [vm('a', { touchedMiB: 512, neededMiB: 100 })],
      { a: -640 },
    ],
    ['is not taken where the balloon does not move', [host(LIMIT)], [vm('a', { follows: false })], {}],
    ['that is on its way counts as taken', [host(LIMIT)], [vm('a', { targetMiB: 600 })], {}],
    ['is not taken below the floor', [host(LIMIT)], [vm('a', { floorMiB: 1000 })], { a: -24 }],
    ['of who wants less himself is the most that is given', [host(0)], [vm('a', { ceilingMiB: 512 })], { a: -512 }],
    [
      'that has been reserved meanwhile is given at once',
      [host(LIMIT)],
      [vm('a', { targetMiB: 300, touchedMiB: 300, floorMiB: 500 })],
      { a: 200 },
    ],
    ['comes back when there is room', [host(0)], [vm('a', { targetMiB: 300, actualMiB: 300, touchedMiB: 300 })], { a: 128 }],
    ['does not come back as long as it would soon be missing', [host(LIMIT - high)], [vm('a', { targetMiB: 300, touchedMiB: 300 })], {}],
    [
      'comes back in equal parts where there is little',
      [host(Math.floor(LIMIT - high - 100))],
      [vm('a', { targetMiB: 300, touchedMiB: 300 }), vm('b', { targetMiB: 700, touchedMiB: 700 })],
      { a: 50, b: 50 },
    ],
    [
      'that a guest has done with is taken for one that had to give',
      [host(LIMIT - aim)],
      [vm('done', { neededMiB: 100 }), vm('gave', { targetMiB: 300, actualMiB: 300, touchedMiB: 300, neededMiB: 280 })],
      { done: -128 },
    ],
    [
      'is not taken from a pool that has no more than it was promised',
      [host(LIMIT), pool('gold', 1100, { reservationMiB: 1100 })],
      [vm('in', { pool: 'gold', neededMiB: 100 }), vm('out', { neededMiB: 900 })],
      { out: -128 },
    ],
    [
      'is taken from a pool as far as it has more than that',
      [host(LIMIT), pool('gold', 1100, { reservationMiB: 1060 })],
      [vm('in', { pool: 'gold', neededMiB: 100 })],
      { in: -40 },
    ],
    [
      'is taken in the pool whose limit is reached, and nowhere else',
      [host(2000), pool('small', 1000, { limitMiB: 1024 })],
      [vm('in', { pool: 'small', neededMiB: 100 }), vm('out', { neededMiB: 100 })],
      { in: -(144 - 24) },
    ],
  ])('%s', (_name, bounds, vms, expected) => {
    expect(changes(bounds, vms)).toEqual(expected)
  })

  it('is taken earlier where work waits for it', () => {
    const vms = [vm('a', { neededMiB: 100 })]
    expect(changes([host(LIMIT - aim + 1)], vms)).toEqual({})
    expect(changes([host(LIMIT - aim + 1)], vms, true)).toEqual({ a: -Math.ceil(high - aim + 1) })
  })

  it('is missing when all have given what may be taken', () => {
    expect(planBalloons([host(LIMIT)], [vm('a')], false).missingMiB).toBe(0)
    expect(planBalloons([host(LIMIT)], [vm('a', { floorMiB: 1000 })], false).missingMiB).toBe(Math.round(low - 24))
  })
})

describe('a floor', () => {
  it.each<[string, number, Partial<Parameters<typeof balloonFloorMiB>[0]>]>([
    ['is a quarter of the memory', 256, {}],
    ['is 64 MiB at least', 64, { memoryMiB: 128, ceilingMiB: 128 }],
    ['is what is reserved', 700, { reservationMiB: 700 }],
    ['is above what the balloon does not reach', 576, { hotMiB: 512 }],
    ['is never above the ceiling', 128, { ceilingMiB: 128, reservationMiB: 700 }],
  ])('%s', (_name, expected, rest) => {
    expect(balloonFloorMiB({ memoryMiB: 1024, reservationMiB: 0, hotMiB: 0, ceilingMiB: 1024, ...rest })).toBe(expected)
  })
})

/** A host with pools and VMs, and what happens in it when every guest does as it is told. */
class Simulation {
  readonly #random: () => number
  readonly limits: ReadonlyMap<string, MemoryBound>
  vms: (BalloonVm & { readonly overheadMiB: number; readonly usedMiB: number })[]

  constructor(seed: number) {
    this.#random = randomFrom(seed)
    const pools = Array.from({ length: this.int(0, 3) }, (_, index) =>
      pool(`pool${index}`, 0, {
        growthMiB: 0,
        parent: index > 0 && this.int(0, 1) === 1 ? 'pool0' : 'host',
        limitMiB: this.int(0, 1) === 1 ? this.int(512, 4096) : null,
        reservationMiB: this.int(0, 2) === 0 ? this.int(0, 512) : 0,
      }),
    )
    this.limits = new Map([host(0, 0), ...pools].map((bound) => [bound.name, bound]))
    this.vms = Array.from({ length: this.int(1, 12) }, (_, index) => {
      const memoryMiB = this.int(64, 1536)
      const ceilingMiB = this.int(0, 3) === 0 ? this.int(64, memoryMiB) : memoryMiB
      const floorMiB = balloonFloorMiB({
        memoryMiB,
        ceilingMiB,
        hotMiB: 0,
        reservationMiB: this.int(0, 2) === 0 ? this.int(0, memoryMiB) : 0,
      })
      const targetMiB = this.int(0, 1) === 0 ? ceilingMiB : this.int(floorMiB, ceilingMiB)
      const usedMiB = this.int(16, memoryMiB)
      return {
        ...{
          id: `vm${index}`,
          pool: [...this.limits.keys()][this.int(0, this.limits.size - 1)] ?? 'host',
          memoryMiB,
          ceilingMiB,
          floorMiB,
        },
        ...{
          targetMiB,
          actualMiB: targetMiB,
          touchedMiB: this.int(16, targetMiB),
          follows: this.int(0, 5) > 0,
          overheadMiB: this.int(48, 90),
        },
        ...{ usedMiB, neededMiB: this.int(0, 3) === 0 ? null : Math.min(usedMiB, targetMiB) },
      }
    })
  }

  int(least: number, most: number): number {
    return least + Math.floor(this.#random() * (most - least + 1))
  }

  inside(name: string, poolName: string): boolean {
    const bound = this.limits.get(poolName)
    return poolName === name || (bound?.parent != null && this.inside(name, bound.parent))
  }

  bounds(): readonly MemoryBound[] {
    const heldIn = (name: string) =>
      this.vms.filter((one) => this.inside(name, one.pool)).reduce((total, one) => total + one.touchedMiB + one.overheadMiB, 0)
    return [...this.limits.values()].map((bound) => ({ ...bound, heldMiB: heldIn(bound.name) }))
  }

  /** Whether the next round told somebody something else. Guests touch what they use, and let go of what is taken. */
  round(): boolean {
    const { targets } = planBalloons(this.bounds(), this.vms, false)
    let changed = false
    this.vms = this.vms.map((one) => {
      const targetMiB = targets.get(one.id) ?? one.targetMiB
      changed ||= targetMiB !== one.targetMiB
      const actualMiB = one.follows ? targetMiB : one.actualMiB
      const touchedMiB = Math.max(Math.min(one.touchedMiB, actualMiB), Math.min(one.usedMiB, actualMiB))
      return { ...one, targetMiB, actualMiB, touchedMiB, neededMiB: one.neededMiB === null ? null : Math.min(one.usedMiB, actualMiB) }
    })
    return changed
  }
}

function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** In each of three; and as many that are followed until nothing moves. */
const HOSTS = 1000
const FOLLOWED = 60
const worlds = (count = HOSTS) => Array.from({ length: count }, (_, index) => new Simulation(index + 1))

describe('over random hosts', () => {
  it('nobody is left less than the floor, given more than the ceiling, or told to do two steps at once', () => {
    for (const world of worlds()) {
      const { targets } = planBalloons(world.bounds(), world.vms, world.int(0, 1) === 1)
      const wrong = world.vms.filter((one) => {
        const target = targets.get(one.id) ?? Number.NaN
        const step = Math.max(32, one.memoryMiB / 8) + 1
        const within = target >= one.floorMiB && target <= one.ceilingMiB && target >= Math.min(one.targetMiB, one.touchedMiB) - step
        return !within || (!one.follows && target !== Math.max(one.floorMiB, one.targetMiB))
      })
      expect(wrong).toEqual([])
    }
  })

  it('nothing is taken where every bound has room', () => {
    for (const world of worlds()) {
      const bounds = world.bounds().map((bound) => ({ ...bound, limitMiB: bound.limitMiB === null ? null : bound.heldMiB * 2 + 1000 }))
      const { targets, missingMiB } = planBalloons(bounds, world.vms, false)
      expect(missingMiB).toBe(0)
      expect(world.vms.filter(({ id, targetMiB }) => (targets.get(id) ?? 0) < targetMiB)).toEqual([])
    }
  })

  it('the more is missing, the less is left to each', () => {
    for (const world of worlds()) {
      const [top, ...pools] = world.bounds()
      if (top === undefined) throw new Error('no host')
      const at = (heldMiB: number) => planBalloons([{ ...top, heldMiB }, ...pools], world.vms, false).targets
      const [less, more] = [at(top.heldMiB), at(top.heldMiB + world.int(1, 500))]
      expect(world.vms.filter(({ id }) => (more.get(id) ?? 0) > (less.get(id) ?? 0))).toEqual([])
    }
  })

  it('nothing moves any more after a while, and then all fits unless all have given what they can', () => {
    for (const world of worlds(FOLLOWED)) {
      // In the first, guests touch what they use.
      world.round()
      let rounds = 0
      while (world.round() && rounds < 200) rounds++
      expect(rounds).toBeLessThan(200)
      for (const { name, limitMiB, heldMiB } of world.bounds()) {
        if (limitMiB === null || heldMiB <= limitMiB - marginsOf(limitMiB).low + 1) continue
        const guarded = new Set([...world.limits.values()].filter(({ reservationMiB }) => reservationMiB > 0).map((bound) => bound.name))
        const could = world.vms.filter((one) => world.inside(name, one.pool) && one.follows && one.touchedMiB > one.floorMiB + 1)
        expect(could.filter((one) => ![...guarded].some((reserved) => world.inside(reserved, one.pool)))).toEqual([])
      }
    }
  })
})
