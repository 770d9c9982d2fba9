// Pools: shares of the host that VMs live in, one inside the other. Schemas, ranges and defaults.
import * as v from 'valibot'
import { closed } from './check.ts'
import { field } from './field.ts'
import { cpuSetSchema, numaNodesSchema } from './placement-fields.ts'
import { poolIoSchema, poolNetworkSchema } from './pool-limits.ts'
import { poolPrioritySchema } from './priority.ts'
import type { Problem } from './problem.ts'

/** What all pools and VMs are in, unless said otherwise; it is no pool of its own, and cannot be changed or deleted. */
export const ROOT_POOL = 'host'

const MAX_CORES = 4096
const MAX_MEMORY_MIB = 67_108_864

export const poolNameSchema = v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be 1 to 63 of a-z 0-9 -'))

function cores(least: number) {
  return v.pipe(v.number(), v.minValue(least), v.maxValue(MAX_CORES))
}

/** Of a pool or a VM among its siblings. */
const sharesSchema = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10_000))

export const cpuReservationSchema = v.pipe(
  v.optional(cores(0), 0),
  field({
    title: 'CPU reservation',
    unit: 'cores',
    description: 'Promised at any time, to whoever else works how hard.',
    takesEffect: 'live',
  }),
)
export const cpuLimitSchema = v.pipe(
  v.optional(v.nullable(cores(0.05)), null),
  field({
    title: 'CPU limit',
    unit: 'cores',
    description: 'Never more, even where there is more; null: as much as there is.',
    takesEffect: 'live',
  }),
)
export const cpuSharesSchema = v.pipe(
  v.optional(sharesSchema, 100),
  field({
    title: 'CPU shares',
    description: 'Of what is reserved by nobody, in proportion to the shares of the others beside it.',
    takesEffect: 'live',
  }),
)

const memory = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_MEMORY_MIB))

export const memoryReservationSchema = v.pipe(
  v.optional(memory, 0),
  field({
    title: 'Memory reservation',
    unit: 'MiB',
    description: 'Promised, and never taken back, whatever others need.',
    takesEffect: 'live',
  }),
)

/** A pool as it is asked for. Every field but `name` has a default. */
export const poolSpecSchema = closed({
  name: v.pipe(poolNameSchema, field({ title: 'Name', description: 'Unique on the host; it is what VMs refer to, and does not change.' })),
  parent: v.pipe(
    v.optional(poolNameSchema, ROOT_POOL),
    field({ title: 'Parent', description: 'The pool that this one is in; `host` for none. Does not change while a VM runs in it.' }),
  ),
  description: v.pipe(v.optional(v.pipe(v.string(), v.maxLength(2048)), ''), field({ title: 'Description', description: 'For people.' })),
  cpu: v.pipe(
    v.optional(closed({ reservationCores: cpuReservationSchema, limitCores: cpuLimitSchema, shares: cpuSharesSchema }), {}),
    field({ title: 'CPU', takesEffect: 'live' }),
  ),
  memory: v.pipe(
    v.optional(
      closed({
        reservationMiB: memoryReservationSchema,
        limitMiB: v.pipe(
          v.optional(v.nullable(v.pipe(memory, v.minValue(64))), null),
          field({
            title: 'Memory limit',
            unit: 'MiB',
            description: 'Of all VMs in it together, QEMU’s own memory included; null: none.',
            takesEffect: 'live',
          }),
        ),
      }),
      {},
    ),
    field({ title: 'Memory', takesEffect: 'live' }),
  ),
  cpuSet: v.pipe(v.optional(cpuSetSchema, {}), field({ title: 'CPU set', description: 'cgroup: cpuset.cpus.', takesEffect: 'live' })),
  numaNodes: v.pipe(
    v.optional(v.nullable(numaNodesSchema), null),
    field({
      title: 'NUMA nodes',
      description: 'Whose CPUs its VMs run on, and whose memory those get that are started from now on; null: those of its parent.',
      takesEffect: 'live-where-possible',
    }),
  ),
  priority: poolPrioritySchema,
  io: v.pipe(
    v.optional(poolIoSchema, {}),
    field({
      title: 'Disks',
      description: 'Of all VMs in it together, at the datastore’s disk: what the page cache answers does not count. cgroup: io.max.',
      takesEffect: 'live',
    }),
  ),
  network: v.pipe(
    v.optional(poolNetworkSchema, {}),
    field({ title: 'Network', description: 'Of all VMs in it together, those in pools inside included. tc: htb.', takesEffect: 'live' }),
  ),
})

export type PoolSpec = v.InferOutput<typeof poolSpecSchema>

export interface PoolRecord {
  readonly spec: PoolSpec
  /** Starts at 1, one more with each change; its ETag. */
  readonly revision: number
}

/** A pool whose parent is not there, or is the pool itself or in it; `pools` has it already. */
export function findParentProblem({ name, parent }: PoolSpec, pools: readonly PoolSpec[]): Problem | null {
  const field = 'parent'
  let at = parent
  for (const passed = new Set([name]); at !== ROOT_POOL; ) {
    const pool = pools.find((candidate) => candidate.name === at)
    if (pool === undefined) return { code: 'pool.parent.not-found', field, message: `there is no pool ${at}`, got: parent }
    if (passed.has(at)) return { code: 'pool.parent.inside', field, message: 'is the pool itself, or in it', got: parent }
    passed.add(at)
    at = pool.parent
  }
  return null
}

/** Nobody is promised more than allowed. */
export function findPoolProblems({ cpu, memory, cpuSet }: PoolSpec): readonly Problem[] {
  return [
    ...above('cpu.reservationCores', 'pool.cpu.above-limit', cpu.reservationCores, cpu.limitCores),
    ...above('memory.reservationMiB', 'pool.memory.above-limit', memory.reservationMiB, memory.limitMiB),
    ...(cpuSet.dedicated && cpuSet.cpus === null
      ? [{ code: 'pool.cpuSet.cpus-missing', field: 'cpuSet.cpus', message: 'must name the CPUs that are its alone' }]
      : []),
  ]
}

function above(field: string, code: string, reservation: number, limit: number | null): Problem[] {
  return limit === null || reservation <= limit
    ? []
    : [{ code, field, message: 'must not be above the limit', got: reservation, max: limit }]
}
