// Classes of traffic: which there are, which is in which, and what each may.
import { describe, expect, it } from 'vitest'
import type { NicLimits } from '../../../control/src/domain/nic-limits.ts'
import type { TrafficClass } from '../../../control/src/domain/traffic.ts'
import { findTooDeep, isShaped, nicsOf, numberPools, planTraffic, shapeNic, type TrafficPool } from '../../../control/src/plan/traffic.ts'
import { spec } from '../../fakes/spec.ts'

const limits = (rest: Partial<NicLimits>): NicLimits => ({
  ...{ receiveBytesPerSecond: null, transmitBytesPerSecond: null, burstFactor: 1, burstSeconds: 1 },
  ...rest,
})
const pool = (name: string, parent: string, receive: number | null, transmit: number | null = null): TrafficPool => ({
  ...{ name, parent },
  network: { receiveBytesPerSecond: receive, transmitBytesPerSecond: transmit },
})
const NONE = new Map<string, number>()
/** The parent and rate of each, without the numbers. */
const rates = (classes: readonly TrafficClass[]) => classes.map(({ bytesPerSecond, burstBytes }) => [bytesPerSecond, burstBytes])

describe('a NIC', () => {
  it('without a limit above it is not touched', () => {
    const shape = shapeNic([pool('a', 'host', null)], new Map([['a', 1]]), 20_000, 'a', { slot: 0, limits: null })
    expect([shape, isShaped(shape)]).toEqual([{ tap: 'vm0n0', receive: [], transmit: [] }, false])
  })

  it('is held each way to what it may, in no other class', () => {
    const shape = shapeNic([], NONE, 20_002, 'host', {
      slot: 1,
      limits: limits({ receiveBytesPerSecond: 1_000_000, transmitBytesPerSecond: 100_000_000 }),
    })
    expect(shape).toEqual({
      tap: 'vm2n1',
      receive: [{ minor: 0x129, parent: 0, bytesPerSecond: 1_000_000, burstBytes: 100_000 }],
      transmit: [{ minor: 0x129, parent: 0, bytesPerSecond: 100_000_000, burstBytes: 1_048_576 }],
    })
  })

  it('goes faster for as long as a burst is to last', () => {
    const nic = { slot: 0, limits: limits({ receiveBytesPerSecond: 1_000_000, burstFactor: 4, burstSeconds: 10 }) }
    const { receive } = shapeNic([], NONE, 20_000, 'host', nic)
    expect(rates(receive)).toEqual([
      [4_000_000, 400_000],
      [1_000_000, 30_000_000],
    ])
    expect(receive[1]?.parent).toBe(receive[0]?.minor)
  })

  it('in a pool with a limit is in the pool’s class, with a limit of its own or without', () => {
    const pools = [pool('a', 'host', 5_000_000), pool('b', 'a', null)]
    const numbers = numberPools(pools, NONE)
    const shape = (own: NicLimits | null) => shapeNic(pools, numbers, 20_000, 'b', { slot: 0, limits: own })
    expect(shape(null).receive).toMatchObject([{ parent: 1, bytesPerSecond: 5_000_000 }])
    expect(shape(limits({ receiveBytesPerSecond: 70_000 })).receive).toMatchObject([{ parent: 1, bytesPerSecond: 70_000 }])
    expect(shape(null).transmit).toEqual([])
  })

  it('that is being changed is of what comes, one that stays or goes of what is', () => {
    const nic = (slot: number, rest: object = {}) => ({ slot, network: 'nat', mac: `52:54:00:00:00:0${slot}`, ...rest })
    const now = spec('x', { name: 'a', nics: [nic(0), nic(1)] })
    const then = spec('x', { name: 'a', nics: [nic(1, { limits: { receiveBytesPerSecond: 70_000 } }), nic(2)] })
    expect(nicsOf(now, then).map(({ slot, limits: own }) => [slot, own?.receiveBytesPerSecond ?? null])).toEqual([
      [1, 70_000],
      [2, null],
      [0, null],
    ])
    expect(nicsOf(now, null)).toEqual(now.nics)
  })
})

describe('the numbers of classes', () => {
  it('differ for all NICs and pools that there may be, and choose no band on their way out', () => {
    const pools = Array.from({ length: 100 }, (_, n) => pool(`p${n}`, 'host', 70_000))
    const numbers = numberPools(pools, NONE)
    const nic = (uid: number, slot: number) =>
      shapeNic([], NONE, uid, 'host', { slot, limits: limits({ receiveBytesPerSecond: 70_000, burstFactor: 2 }) }).receive
    const vms = Array.from({ length: 1000 }, (_, n) => 20_000 + n)
    const tree = planTraffic(
      pools,
      numbers,
      pools.map(({ name }, n) => ({ uid: 20_000 + n, pool: name, nics: [] })),
    )
    const chains = vms.flatMap((uid) => [0, 7].map((slot) => nic(uid, slot)))
    const all = [...tree.pools.receive, ...chains.flat()].map(({ minor }) => minor)
    expect([all.length, new Set(all).size, Math.min(...all) > 0, Math.max(...all) < 65_536]).toEqual([4100, 4100, true, true])
    expect(chains.every((chain) => ((chain.at(-1)?.minor ?? 0) & 8) === 8)).toBe(true)
  })

  it('stay with a pool for as long as it is there, and are taken by another one then', () => {
    const before = numberPools([pool('b', 'host', null), pool('c', 'host', null)], NONE)
    const after = numberPools([pool('a', 'host', null), pool('c', 'host', null), pool('d', 'host', null)], before)
    expect([...before, ...after]).toEqual([
      ['b', 1],
      ['c', 2],
      ['c', 2],
      ['a', 1],
      ['d', 3],
    ])
  })
})

describe('the tree', () => {
  const pools = [
    pool('in', 'mid', 1_000_000, 900_000),
    pool('mid', 'out', null),
    pool('out', 'host', 3_000_000),
    pool('empty', 'host', 70_000),
  ]
  const numbers = numberPools(pools, NONE)

  it('has the pools that have a limit and VMs in them, each after the one that it is in', () => {
    const tree = planTraffic(pools, numbers, [{ uid: 20_000, pool: 'in', nics: [{ slot: 0, limits: null }] }])
    const [inner, outer] = [numbers.get('in'), numbers.get('out')]
    expect(tree.pools.receive).toMatchObject([
      { minor: outer, parent: 0, bytesPerSecond: 3_000_000 },
      { minor: inner, parent: outer, bytesPerSecond: 1_000_000 },
    ])
    expect(tree.pools.transmit).toMatchObject([{ minor: inner, parent: 0, bytesPerSecond: 900_000 }])
    expect(tree.nics).toMatchObject([{ tap: 'vm0n0', receive: [{ parent: inner }], transmit: [{ parent: inner }] }])
  })

  it('is empty where nothing runs, or nothing of it is limited', () => {
    const none = { pools: { receive: [], transmit: [] }, nics: [] }
    expect(planTraffic(pools, numbers, [])).toEqual(none)
    expect(planTraffic(pools, numbers, [{ uid: 20_000, pool: 'host', nics: [{ slot: 0, limits: null }] }])).toEqual(none)
  })

  it('is no deeper than the kernel’s may be', () => {
    const chain = (length: number) => Array.from({ length }, (_, n) => pool(`p${n}`, n === 0 ? 'host' : `p${n - 1}`, 70_000))
    expect(findTooDeep(chain(6))).toEqual([])
    expect(findTooDeep(chain(7))).toEqual(['p6'])
    expect(findTooDeep([...chain(6), pool('p6', 'p5', null), pool('p7', 'p6', null)])).toEqual([])
  })
})
