// What is kept where there is less than was promised: the higher priority first, and never more than there is.
import { describe, expect, it } from 'vitest'
import type { Capacity } from '../../../control/src/domain/host-resources.ts'
import type { PoolSpec } from '../../../control/src/domain/pool.ts'
import { PRIORITIES, type Priority } from '../../../control/src/domain/priority.ts'
import { type Claim, findBrokenPromises } from '../../../control/src/plan/admission.ts'
import { type Candidate, keepPromises, openAdmission } from '../../../control/src/plan/keep-promises.ts'
import { Chance, must, pool } from './random-hosts.ts'

const HOST: Capacity = {
  cores: 4,
  memoryMiB: 4096,
  reserve: { cores: 1, memoryMiB: 256 },
  overcommit: { memory: 1, vcpus: 8 },
  threadsPerCore: 1,
}
const vm = (id: string, priority: Priority, rest: Partial<Claim> = {}): Candidate => ({
  claim: { ...{ id, pool: 'host', vcpus: 1, memoryMiB: 512, reservedCores: 0, reservedMiB: 0, dedicatedVcpus: 0 }, ...rest },
  priority,
})
const cores = (name: string, reservationCores: number, rest: object = {}) => pool(name, { cpu: { reservationCores }, ...rest })
const kept = (pools: readonly PoolSpec[]) => pools.map(({ name, cpu }) => [name, cpu.reservationCores])

describe('VMs', () => {
  it('of higher priority start, whoever is named first, and those of lower fill what is left', () => {
    const candidates = [
      vm('a', 'low', { memoryMiB: 3000 }),
      vm('b', 'normal', { memoryMiB: 1500 }),
      vm('c', 'high', { memoryMiB: 2000 }),
      vm('d', 'low', { memoryMiB: 300 }),
    ]
    const { admitted, refused } = keepPromises(HOST, [], [], candidates, 'by-priority')
    expect(admitted).toEqual(['c', 'b', 'd'])
    expect(refused).toMatchObject([{ id: 'a', shortages: [{ resource: 'memory', asked: 3000, promised: 3500, free: 340 }] }])
  })

  it('that run are never hurt, even by those of higher priority', () => {
    const { claim } = vm('a', 'low', { reservedCores: 2 })
    expect(keepPromises(HOST, [], [claim], [vm('b', 'high', { reservedCores: 2 })], 'by-priority').refused).toMatchObject([{ id: 'b' }])
  })
})

describe('pools', () => {
  it('are kept whole while there is enough', () => {
    const pools = [cores('a', 1), cores('b', 2)]
    expect(kept(keepPromises(HOST, pools, [], [], 'by-priority').pools)).toEqual(kept(pools))
  })

  it('of higher priority are kept whole, and the next gets the rest', () => {
    const pools = [cores('a', 2, { priority: 'low' }), cores('b', 2), cores('c', 1.5, { priority: 'high' })]
    expect(kept(keepPromises(HOST, pools, [], [], 'by-priority').pools)).toEqual([
      ['a', 0],
      ['b', 1.5],
      ['c', 1.5],
    ])
  })

  it('yield to VMs of higher priority and come before those of their own; unless they come first', () => {
    const candidates = [vm('same', 'normal', { reservedCores: 1 }), vm('higher', 'high', { reservedCores: 1 })]
    const pools = [cores('a', 3)]
    const byPriority = keepPromises(HOST, pools, [], candidates, 'by-priority')
    expect([byPriority.admitted, kept(byPriority.pools)]).toEqual([['higher'], [['a', 2]]])
    const poolsFirst = keepPromises(HOST, pools, [], candidates, 'pools-first')
    expect([poolsFirst.admitted, kept(poolsFirst.pools)]).toEqual([[], [['a', 3]]])
  })

  it('keep for the VMs in them what those have, whatever the pool’s own priority', () => {
    const pools = [cores('a', 2, { priority: 'low' }), cores('b', 3)]
    const { admitted, pools: after } = keepPromises(HOST, pools, [], [vm('x', 'high', { pool: 'a', reservedCores: 1 })], 'by-priority')
    expect([admitted, kept(after)]).toEqual([
      ['x'],
      [
        ['a', 1],
        ['b', 2],
      ],
    ])
  })

  it('of CPUs of their own keep what else is reserved for them as it was', () => {
    const pools = [cores('a', 1, { cpuSet: { cpus: '1-2', dedicated: true } })]
    const { pools: after, refused } = keepPromises(HOST, pools, [], [vm('x', 'normal', { reservedCores: 1.5 })], 'pools-first')
    expect([kept(after), refused.map(({ id }) => id)]).toEqual([[['a', 1]], ['x']])
  })

  it('in a pool have their part of what is kept of it', () => {
    const pools = [cores('a', 3, { priority: 'high' }), cores('b', 1, { parent: 'a' }), cores('c', 1)]
    expect(kept(keepPromises({ ...HOST, cores: 3.5 }, pools, [], [], 'by-priority').pools)).toEqual([
      ['a', 2.5],
      ['b', 1],
      ['c', 0],
    ])
  })
})

describe('whatever host, pools and VMs', () => {
  const chance = new Chance(5)

  function round() {
    const host = chance.host()
    const pools = chance.pools()
    const running: Claim[] = []
    for (let at = chance.some(3); at > 0; at--) {
      const claim = chance.claim(`r${at}`, pools)
      if (openAdmission(host, pools, running, 'low', 'by-priority').shortages(claim).length === 0) running.push(claim)
    }
    const candidates = Array.from({ length: chance.some(8) }, (_, at) => ({
      claim: chance.claim(`c${at}`, pools),
      priority: chance.priority(),
    }))
    return { host, pools, running, candidates }
  }

  const claimsOf = (running: readonly Claim[], candidates: readonly Candidate[], admitted: readonly string[]) => [
    ...running,
    ...candidates.map(({ claim }) => claim).filter(({ id }) => admitted.includes(id)),
  ]

  it('no more is kept than there is, and nothing is kept that was not promised', () => {
    let cut = 0
    for (let at = 0; at < 1500; at++) {
      const { host, pools, running, candidates } = round()
      for (const order of ['by-priority', 'pools-first'] as const) {
        const { pools: after, admitted, refused } = keepPromises(host, pools, running, candidates, order)
        const taken = claimsOf(running, candidates, admitted)
        must(findBrokenPromises(host, after, taken).length === 0, () => ({ at, order, after, taken }))
        must(admitted.length + refused.length === candidates.length, () => ({ at, admitted, refused }))
        const sizes = (all: readonly PoolSpec[]) => all.map(({ cpu, memory }) => [cpu.reservationCores, memory.reservationMiB] as const)
        const promised = sizes(pools)
        const isNoMore = sizes(after).every(
          ([cores, mib], index) => cores <= (promised[index]?.[0] ?? 0) && mib <= (promised[index]?.[1] ?? 0),
        )
        must(isNoMore, () => ({ at, order, pools, after }))
        if (findBrokenPromises(host, pools, taken).length > 0) cut++
        else must(JSON.stringify(sizes(after)) === JSON.stringify(promised), () => ({ at, order, pools, after }))
      }
    }
    expect(cut).toBeGreaterThan(250)
  })

  it('nothing of lower priority changes what becomes of what is of higher', () => {
    let refusals = 0
    for (let at = 0; at < 1000; at++) {
      const { host, pools, running, candidates } = round()
      const all = keepPromises(host, pools, running, candidates, 'by-priority')
      for (const least of PRIORITIES) {
        const isKept = ({ priority }: { readonly priority: Priority }) => PRIORITIES.indexOf(priority) >= PRIORITIES.indexOf(least)
        const without = pools.map((one) =>
          isKept(one) ? one : { ...one, cpu: { ...one.cpu, reservationCores: 0 }, memory: { ...one.memory, reservationMiB: 0 } },
        )
        const higher = candidates.filter(isKept)
        const alone = keepPromises(host, without, running, higher, 'by-priority')
        const names = new Set(higher.map(({ claim }) => claim.id))
        must(all.admitted.filter((id) => names.has(id)).join() === alone.admitted.join(), () => ({ at, least, all, alone }))
        for (const one of alone.pools.filter(isKept)) {
          const now = all.pools.find(({ name }) => name === one.name)
          const isSame = now?.cpu.reservationCores === one.cpu.reservationCores && now.memory.reservationMiB === one.memory.reservationMiB
          must(isSame, () => ({ at, least, one, now }))
        }
        refusals += alone.refused.length
      }
    }
    expect(refusals).toBeGreaterThan(1000)
  })

  it('so many fit as are said to, and not one more', () => {
    let bounded = 0
    for (let at = 0; at < 1000; at++) {
      const { host, pools, running, candidates } = round()
      for (const { claim, priority } of candidates.slice(0, 2)) {
        const admission = openAdmission(host, pools, running, priority, 'by-priority')
        const fits = admission.fits(claim, 40)
        for (let count = 0; count < fits; count++) {
          must(admission.shortages(claim).length === 0, () => ({ at, fits, count, claim }))
          admission.take(claim)
        }
        if (fits === 40) continue
        bounded++
        must(admission.shortages(claim).length > 0, () => ({ at, fits, claim }))
      }
    }
    expect(bounded).toBeGreaterThan(500)
  })
})
