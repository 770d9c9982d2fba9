// Where on the host a VM or a pool is: which CPUs, which NUMA nodes, which pages of memory. Schemas, ranges and defaults.
import * as v from 'valibot'
import { closed, rule } from './check.ts'
import { parseCpuList } from './cpu-list.ts'
import { field } from './field.ts'

/** Above all that Linux has on x86. */
const MAX_NODE = 1023

/** `0-3,8`: at least one CPU. Whether the host has them is another question. */
const cpuListSchema = v.pipe(
  v.string(),
  v.maxLength(1024),
  rule('malformed', 'must be CPUs as in 0-3,8', (text) => (parseCpuList(text)?.length ?? 0) > 0),
)

export const numaNodesSchema = v.pipe(
  v.array(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_NODE))),
  v.minLength(1),
  v.maxLength(16),
  rule('duplicate', 'must not name a node twice', (nodes) => new Set(nodes).size === nodes.length),
)

const CPU_MODES = ['shared', 'pinned', 'dedicated'] as const

export const cpuPlacementSchema = closed({
  mode: v.pipe(
    v.optional(v.picklist(CPU_MODES), 'shared'),
    field({
      title: 'CPU placement',
      description:
        '`shared`: vCPUs run wherever there is room. `pinned`: each is held to one CPU, which others use too. `dedicated`: whole cores of its own, on which nothing else runs; QEMU’s other threads run beside them.',
      takesEffect: 'live',
    }),
  ),
  cpus: v.pipe(
    v.optional(v.nullable(cpuListSchema), null),
    field({
      title: 'CPUs',
      description: 'That it may have, as in `4-7`; null: all of its pool. Pinned vCPUs take them in turn, from the lowest.',
      takesEffect: 'live',
    }),
  ),
})

export const HUGE_PAGES = ['none', '2MiB', '1GiB'] as const
export type HugePages = (typeof HUGE_PAGES)[number]

/** Null for ordinary pages. */
export const HUGE_PAGE_KIB: Readonly<Record<HugePages, number | null>> = { none: null, '2MiB': 2048, '1GiB': 1_048_576 }

export const cpuSetSchema = closed({
  cpus: v.pipe(
    v.optional(v.nullable(cpuListSchema), null),
    field({ title: 'CPUs', description: 'That its VMs run on, as in `4-7`; null: all of its parent.', takesEffect: 'live' }),
  ),
  dedicated: v.pipe(
    v.optional(v.boolean(), false),
    field({ title: 'Dedicated', description: 'Nothing but its VMs runs on these CPUs.', takesEffect: 'live' }),
  ),
})
