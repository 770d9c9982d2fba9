// What a host has, keeps, has promised and given out, in all and by pool, as people and programs look at it. Pure.
import type { Capacity, Overcommitted, PoolView, ResourcesView } from '../domain/host-resources.ts'
import { type PoolSpec, ROOT_POOL } from '../domain/pool.ts'
import type { Claim, Resource } from './admission.ts'
import { Books } from './books.ts'
import { cpuProblem } from './cpu-shortage.ts'
import { showCpus } from './cpu-view.ts'
import { brokenIn, claimsOf, cpuPlanOf, keptPools, type Situation } from './situation.ts'
import { problemOf } from './vm-share.ts'

export function viewOf(situation: Situation): Omit<ResourcesView, 'settings' | 'missing' | 'unkept'> {
  const { capacity, pools } = situation
  const claims = claimsOf(situation)
  const kept = keptPools(situation)
  const plan = cpuPlanOf(situation)
  const books = (resource: Resource) => new Books(resource, capacity, kept, claims)
  const [cores, memory] = [books('cpu-reservation'), books('memory-reservation')]
  const inside = contents(pools, claims)
  const known = new Map(pools.map((pool) => [pool.name, pool]))
  const whole = inside.get(ROOT_POOL) ?? EMPTY
  return {
    capacity,
    promised: { cores: whole.reservedCores, memoryMiB: whole.reservedMiB },
    used: { memoryMiB: whole.memoryMiB, vcpus: whole.vcpus },
    free: { cores: cores.fits(ROOT_POOL), memoryMiB: memory.fits(ROOT_POOL) },
    overcommitted: ratios(whole, boundsOf(null, known, capacity)),
    pools: pools.map((pool): PoolView => {
      const now = kept.find(({ name }) => name === pool.name) ?? pool
      const used = inside.get(pool.name) ?? EMPTY
      return {
        ...{ name: pool.name, parent: pool.parent },
        cpu: {
          ...{ promisedCores: pool.cpu.reservationCores, keptCores: now.cpu.reservationCores },
          ...{ givenCores: cores.given(pool.name), freeCores: cores.fits(pool.name) },
        },
        memory: {
          ...{ promisedMiB: pool.memory.reservationMiB, keptMiB: now.memory.reservationMiB },
          ...{ givenMiB: memory.given(pool.name), freeMiB: memory.fits(pool.name), usedMiB: used.memoryMiB },
        },
        vcpus: used.vcpus,
        overcommitted: ratios(used, boundsOf(pool, known, capacity)),
      }
    }),
    broken: [...brokenIn(situation).map(problemOf), ...plan.shortages.map(cpuProblem)],
    cpus: showCpus(plan, situation.running),
  }
}

interface Contents {
  readonly vcpus: number
  readonly memoryMiB: number
  readonly reservedCores: number
  readonly reservedMiB: number
}

const EMPTY: Contents = { vcpus: 0, memoryMiB: 0, reservedCores: 0, reservedMiB: 0 }

/** Of VMs in each pool, and in the pools in it. */
function contents(pools: readonly PoolSpec[], claims: readonly Claim[]): ReadonlyMap<string, Contents> {
  const parents = new Map(pools.map(({ name, parent }) => [name, parent]))
  const found = new Map<string, Contents>()
  for (const claim of claims) {
    for (let at: string | undefined = parents.has(claim.pool) ? claim.pool : ROOT_POOL; at !== undefined; at = parents.get(at)) {
      const before = found.get(at) ?? EMPTY
      found.set(at, {
        vcpus: before.vcpus + claim.vcpus,
        memoryMiB: before.memoryMiB + claim.memoryMiB,
        reservedCores: before.reservedCores + claim.reservedCores,
        reservedMiB: before.reservedMiB + claim.reservedMiB,
      })
    }
  }
  return found
}

interface Bounds {
  readonly cores: number
  readonly memoryMiB: number
}

/** What there is for VMs of a pool together: the smallest limit on the way up, or what the host has. */
function boundsOf(pool: PoolSpec | null, known: ReadonlyMap<string, PoolSpec>, { cores, memoryMiB, reserve }: Capacity): Bounds {
  const bounds = { cores, memoryMiB: Math.max(1, memoryMiB - reserve.memoryMiB) }
  for (let at = pool; at !== null; at = known.get(at.parent) ?? null) {
    bounds.cores = Math.min(bounds.cores, at.cpu.limitCores ?? bounds.cores)
    bounds.memoryMiB = Math.min(bounds.memoryMiB, at.memory.limitMiB ?? bounds.memoryMiB)
  }
  return bounds
}

function ratios({ vcpus, memoryMiB }: Contents, bounds: Bounds): Overcommitted {
  return { memory: hundredths(memoryMiB / bounds.memoryMiB), vcpus: hundredths(vcpus / bounds.cores) }
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100
}
