// Admission: nothing is promised twice, refusals show their arithmetic and are true, and in which order VMs come is no matter of safety.
import { describe, expect, it } from 'vitest'
import type { Capacity } from '../../../control/src/domain/host-resources.ts'
import { admit, type Claim, findBrokenPromises, type PoolPromise, type Shortage } from '../../../control/src/plan/admission.ts'
import { Chance, must } from './random-hosts.ts'

const HOST: Capacity = {
  cores: 8,
  memoryMiB: 16_384,
  reserve: { cores: 0.5, memoryMiB: 1024 },
  overcommit: { memory: 1, vcpus: 4 },
  threadsPerCore: 2,
}

const pool = (
  name: string,
  rest: { parent?: string; cores?: number; most?: number; mib?: number; mostMib?: number; cpus?: string; dedicated?: boolean } = {},
): PoolPromise => ({
  ...{ name, parent: rest.parent ?? 'host' },
  cpu: { reservationCores: rest.cores ?? 0, limitCores: rest.most ?? null },
  memory: { reservationMiB: rest.mib ?? 0, limitMiB: rest.mostMib ?? null },
  cpuSet: { cpus: rest.cpus ?? null, dedicated: rest.dedicated ?? false },
})

let count = 0
const vm = (rest: Partial<Claim> = {}): Claim => ({
  ...{ id: `vm${count++}`, pool: 'host', vcpus: 1, memoryMiB: 512, reservedCores: 0, reservedMiB: 0, dedicatedVcpus: 0 },
  ...rest,
})

const told = (shortages: readonly Shortage[]) =>
  shortages.map(({ resource, pool: name, asked, free, fits }) => [resource, name, asked, free, fits])

describe('a VM', () => {
  it('fits where there is room', () => {
    expect(admit(HOST, [], [], vm({ vcpus: 8, memoryMiB: 15_360, reservedCores: 7.5, reservedMiB: 15_360 }))).toEqual([])
  })

  it('that does not is refused with all figures', () => {
    expect(admit(HOST, [], [vm({ reservedMiB: 12_000, memoryMiB: 12_000 })], vm({ reservedMiB: 4000, memoryMiB: 3000 }))).toEqual([
      { resource: 'memory-reservation', pool: 'host', asked: 4000, promised: 12_000, kept: 1024, total: 16_384, free: 3360, fits: 3360 },
    ])
  })

  it.each<[string, readonly PoolPromise[], readonly Claim[], Partial<Claim>, readonly unknown[]]>([
    ['may take cores that nobody was promised', [], [vm({ reservedCores: 4 })], { reservedCores: 3.5 }, []],
    ['does not take the host’s', [], [vm({ reservedCores: 4 })], { reservedCores: 3.6 }, [['cpu-reservation', 'host', 3.6, 3.5, 3.5]]],
    ['may have whole cores for itself', [], [vm({ reservedCores: 3.4 })], { dedicatedVcpus: 3 }, []],
    ['has them whole', [], [vm({ reservedCores: 3.5 })], { dedicatedVcpus: 3 }, [['cpu-reservation', 'host', 4.1, 4, 4]]],
    ['leaves them to nobody else', [], [vm({ dedicatedVcpus: 4 })], { vcpus: 17 }, [['vcpus', 'host', 17, 16, 16]]],
    [
      'has no more than its pool has CPUs',
      [pool('a', { cpus: '2-3' })],
      [vm({ pool: 'a', reservedCores: 1 })],
      { pool: 'a', reservedCores: 1.5 },
      [['cpu-reservation', 'a', 1.5, 1, 1]],
    ],
    [
      'has nothing of what is a pool’s alone',
      [pool('a', { cpus: '2-5', dedicated: true })],
      [],
      { reservedCores: 4 },
      [['cpu-reservation', 'host', 4, 3.5, 3.5]],
    ],
    ['does not take a pool’s', [pool('a', { cores: 6 })], [], { reservedCores: 2 }, [['cpu-reservation', 'host', 2, 1.5, 1.5]]],
    ['in a pool takes the pool’s', [pool('a', { cores: 6 })], [], { pool: 'a', reservedCores: 6 }, []],
    [
      ...(['in a pool takes the pool’s and of what is free', [pool('a', { cores: 6 })], []] as const),
      ...([{ pool: 'a', reservedCores: 7.6 }, [['cpu-reservation', 'host', 7.6 - 6, 1.5, 7.5]]] as const),
    ],
    [
      ...(['in a pool stays within its limit', [pool('a', { cores: 2, most: 3 })], [vm({ pool: 'a', reservedCores: 2 })]] as const),
      ...([{ pool: 'a', reservedCores: 2 }, [['cpu-reservation', 'a', 2, 1, 1]]] as const),
    ],
    [
      ...(['in a pool in a pool meets every bound on the way', [pool('a', { most: 1 }), pool('b', { parent: 'a', most: 2 })], []] as const),
      ...([
        { pool: 'b', reservedCores: 3 },
        [
          ['cpu-reservation', 'b', 3, 2, 2],
          ['cpu-reservation', 'a', 3, 1, 1],
        ],
      ] as const),
    ],
    ['has no more vCPUs than there may be', [], [vm({ vcpus: 30 })], { vcpus: 3 }, [['vcpus', 'host', 3, 2, 2]]],
    ['has memory even where none is promised', [], [vm({ memoryMiB: 15_000 })], {}, [['memory', 'host', 512, 360, 360]]],
    ['of a pool that is not there is in the host', [], [], { pool: 'gone', reservedCores: 8 }, [['cpu-reservation', 'host', 8, 7.5, 7.5]]],
  ])('%s', (_name, pools, taken, asked, shortages) => {
    expect(told(admit(HOST, pools, taken, vm(asked)))).toEqual(shortages)
  })

  it('is not counted beside itself when it is changed', () => {
    const running = vm({ id: 'x', reservedCores: 7 })
    expect(admit(HOST, [], [running], { ...running, reservedCores: 7.5 })).toEqual([])
  })

  it('that asks for nothing is taken by a host that has promised too much', () => {
    expect(admit(HOST, [pool('a', { cores: 9 })], [], vm())).toEqual([])
  })

  it('may be one of more than there is, where that is allowed', () => {
    const generous = { ...HOST, overcommit: { memory: 1.5, vcpus: 4 } }
    const taken = [vm({ memoryMiB: 15_360 })]
    expect(told(admit(generous, [], taken, vm({ memoryMiB: 7681 })))).toEqual([['memory', 'host', 7681, 7680, 7680]])
    expect(admit(generous, [], taken, vm({ memoryMiB: 7680 }))).toEqual([])
    // What is promised is there: that is never given out twice.
    expect(told(admit(generous, [], [vm({ reservedMiB: 15_000 })], vm({ reservedMiB: 500 })))).toEqual([
      ['memory-reservation', 'host', 500, 360, 360],
    ])
  })
})

describe('promises', () => {
  it('that cannot be kept are all told', () => {
    const pools = [pool('a', { cores: 4 }), pool('b', { cores: 5, mib: 16_000 })]
    expect(findBrokenPromises(HOST, pools, []).map(({ resource, pool: name, promised }) => [resource, name, promised])).toEqual([
      ['cpu-reservation', 'host', 9],
      ['memory-reservation', 'host', 16_000],
    ])
  })

  it('inside a pool are its own up to its reservation, in whatever order they are given', () => {
    const pools = [pool('c', { parent: 'a', cores: 3 }), pool('a', { cores: 2 }), pool('b', { parent: 'a', cores: 1 })]
    for (const some of [pools, [...pools].reverse()]) {
      expect(findBrokenPromises({ ...HOST, cores: 4.5 }, some, [])).toEqual([])
      expect(findBrokenPromises({ ...HOST, cores: 4.4 }, some, []).map(({ promised }) => promised)).toEqual([4])
    }
  })
})

describe('whatever host, pools and VMs', () => {
  const chance = new Chance(20_261_126)

  it('no promise is broken by what was admitted, and every refusal is true and no larger than it has to be', () => {
    let [admitted, refused] = [0, 0]
    for (let round = 0; round < 2000; round++) {
      const host = chance.host()
      const pools = chance.pools()
      if (findBrokenPromises(host, pools, []).length > 0) continue
      const taken: Claim[] = []
      for (let at = 0; at < 12; at++) {
        const asked = chance.claim(`vm${at}`, pools)
        const shortages = admit(host, pools, taken, asked)
        if (shortages.length === 0) {
          taken.push(asked)
          admitted++
          const broken = findBrokenPromises(host, pools, taken)
          must(broken.length === 0, () => ({ round, broken }))
          continue
        }
        refused++
        must(findBrokenPromises(host, pools, [...taken, asked]).length > 0, () => ({ round, shortages }))
        for (const { free, total, kept, promised, asked: size } of shortages) {
          must(Math.abs(free - Math.max(0, total - kept - promised)) < 1e-6 && size > free, () => ({ round, shortages }))
        }
        // With what would fit of each, it fits.
        const least = (resource: string) => Math.min(...shortages.filter((one) => one.resource === resource).map(({ fits }) => fits))
        const smaller: Claim = {
          ...asked,
          reservedCores: Math.min(asked.reservedCores, least('cpu-reservation')),
          reservedMiB: Math.min(asked.reservedMiB, least('memory-reservation')),
          memoryMiB: Math.min(asked.memoryMiB, least('memory')),
          vcpus: Math.min(asked.vcpus, least('vcpus')),
        }
        must(admit(host, pools, taken, smaller).length === 0, () => ({ round, smaller, shortages }))
      }
    }
    expect(Math.min(admitted, refused)).toBeGreaterThan(2000)
  })

  it('VMs that were admitted in one order are admitted in every other', () => {
    let admitted = 0
    for (let round = 0; round < 1000; round++) {
      const host = chance.host()
      const pools = chance.pools()
      if (findBrokenPromises(host, pools, []).length > 0) continue
      const taken: Claim[] = []
      for (let at = 0; at < 8; at++) {
        const asked = chance.claim(`vm${at}`, pools)
        if (admit(host, pools, taken, asked).length === 0) taken.push(asked)
      }
      const again: Claim[] = []
      for (const claim of chance.shuffled(taken)) {
        const shortages = admit(host, chance.shuffled(pools), again, claim)
        must(shortages.length === 0, () => ({ round, again, claim, shortages }))
        again.push(claim)
        admitted++
      }
    }
    expect(admitted).toBeGreaterThan(2000)
  })
})
