// What planning costs on a large host: two sockets, 256 threads, 1,000 VMs in pools. Portable: the same work is measured in Node and in the shipped engine.
import { check } from '../../control/src/domain/check.ts'
import { type PoolSpec, poolSpecSchema } from '../../control/src/domain/pool.ts'
import type { VmSpec } from '../../control/src/domain/vm.ts'
import { planCpuSets } from '../../control/src/plan/cpu-sets.ts'
import { planGroups } from '../../control/src/plan/resource-groups.ts'
import { viewOf } from '../../control/src/plan/resources-view.ts'
import { capacityOf, cpuPlanOf, keptPools, planStart, refusalOf, type Situation } from '../../control/src/plan/situation.ts'
import { setOf, shareOf, wishOf } from '../../control/src/plan/vm-share.ts'
import { spec } from '../fakes/spec.ts'
import { percentile } from './load.ts'

export interface PlannerCost {
  readonly what: string
  readonly p50Ms: number
  readonly p99Ms: number
  /** The median against that of a quarter of the VMs: 4 where the cost of each is the same. */
  readonly growth: number
}

const MACHINE = { cores: 256, memoryMiB: 2_097_152 }
export const VMS = 1000
const POOLS = 20
const SETTINGS = { reserve: { cores: null, memoryMiB: null }, overcommit: { memory: 1, vcpus: 16 } }

/** Four pools in `host` with four in each: VMs are in the inner ones, in the outer ones and in none. */
function pools(): readonly PoolSpec[] {
  return Array.from({ length: POOLS }, (_, at) => {
    const parent = at < 4 ? 'host' : `pool${at % 4}`
    const promise = at < 4 ? { reservationCores: 40, reservationMiB: 262_144 } : { reservationCores: 8, reservationMiB: 32_768 }
    const { reservationCores, reservationMiB } = promise
    const checked = check(poolSpecSchema, { name: `pool${at}`, parent, cpu: { reservationCores }, memory: { reservationMiB } }, 'pool')
    if (!checked.ok) throw new Error(checked.problems[0]?.code)
    return checked.value
  })
}

function vms(count: number): ReadonlyMap<string, VmSpec> {
  const priorities = ['low', 'normal', 'high']
  return new Map(
    Array.from({ length: count }, (_, at) => {
      const fields = {
        ...{ name: `vm${at}`, vcpus: 1 + (at % 4), memoryMiB: 1024, priority: priorities[at % 3] },
        pool: at % 10 === 0 ? 'host' : `pool${at % POOLS}`,
        cpuAllocation: { reservationCores: at % 5 === 0 ? 0.25 : 0, shares: 50 + (at % 7) * 50 },
        memoryAllocation: { reservationMiB: at % 4 === 0 ? 512 : 0 },
        autostart: { enabled: true, order: at % 6 },
      }
      return [`id${at}`, spec(`id${at}`, fields)] as const
    }),
  )
}

/** Two sockets with a node each, two threads a core. */
const TOPOLOGY = {
  cpus: Array.from({ length: MACHINE.cores }, (_, id) => {
    const socket = Math.floor(id / 128)
    const first = id - (id % 2)
    return { id, online: true, socket, die: 0, core: (id % 128) >> 1, node: socket, siblings: [first, first + 1] }
  }),
}

const planCpus: Situation['planCpus'] = (vms, pools, reserveCores) => {
  const wishes = [...vms].map(([id, one]) => wishOf(id, one))
  return planCpuSets({ topology: TOPOLOGY, memoryNodes: [0, 1], reserveCores, pools: pools.map(setOf), wishes, current: new Map() })
}

/** Each kind of work so many times, timed by `now`. */
export function measurePlanner(now: () => number, rounds: number): readonly PlannerCost[] {
  const [all, some] = [worksWith(VMS), worksWith(VMS / 4)]
  return all.map(([what, work], index) => {
    const other = some[index]?.[1] ?? work
    work()
    other()
    const [took, tookOther]: [number[], number[]] = [[], []]
    for (let round = 0; round < rounds; round++) {
      took.push(timed(now, work))
      tookOther.push(timed(now, other))
    }
    const p50Ms = percentile(took, 0.5)
    return { what, p50Ms, p99Ms: percentile(took, 0.99), growth: p50Ms / percentile(tookOther, 0.5) }
  })
}

function timed(now: () => number, work: () => unknown): number {
  const begin = now()
  work()
  return now() - begin
}

function worksWith(count: number): readonly (readonly [string, () => unknown])[] {
  const all = vms(count)
  const full: Situation = { capacity: capacityOf(MACHINE, 2, SETTINGS), before: null, pools: pools(), running: all, planCpus }
  const half = { cores: MACHINE.cores / 4, memoryMiB: MACHINE.memoryMiB / 4 }
  const short: Situation = { ...full, capacity: capacityOf(half, 2, SETTINGS), before: full.capacity, running: new Map() }
  const starters = [...all].map(([id, one]) => ({ id, spec: one }))
  const another = spec('another', { name: 'another', vcpus: 4, memoryMiB: 2048, pool: 'pool7' })
  return [
    ['admission of a VM beside the others', () => refusalOf(full, 'another', another)],
    [
      'groups of all pools and VMs',
      () =>
        planGroups(
          full.capacity,
          keptPools(full),
          [...all].map(([id, one]) => shareOf(id, one)),
          cpuPlanOf(full),
        ),
    ],
    ['re-planning of all with a quarter of the machine', () => planStart(short, starters)],
    ['what is whose, to look at', () => viewOf(full)],
  ]
}
