// What of the host a VM gets, and where: the fields of its spec that say so, with their ranges, defaults and descriptions.
import * as v from 'valibot'
import { closed } from './check.ts'
import { field } from './field.ts'
import { cpuPlacementSchema, HUGE_PAGES, numaNodesSchema } from './placement-fields.ts'
import { cpuLimitSchema, cpuReservationSchema, cpuSharesSchema, memoryReservationSchema, poolNameSchema, ROOT_POOL } from './pool.ts'
import { ioAllocationSchema } from './pool-limits.ts'
import { vmPrioritySchema } from './priority.ts'

export const resourceFields = {
  pool: v.pipe(
    v.optional(poolNameSchema, ROOT_POOL),
    field({ title: 'Pool', description: 'Which share of the host it lives on; `host` is all of it.', takesEffect: 'next-power-on' }),
  ),
  cpuAllocation: v.pipe(
    v.optional(closed({ reservationCores: cpuReservationSchema, limitCores: cpuLimitSchema, shares: cpuSharesSchema }), {}),
    field({ title: 'CPU allocation', description: 'Among the VMs and pools beside it. cgroup: cpu.weight, cpu.max.', takesEffect: 'live' }),
  ),
  memoryAllocation: v.pipe(
    v.optional(closed({ reservationMiB: memoryReservationSchema }), {}),
    field({
      title: 'Memory allocation',
      description: 'What is not reserved may be taken back by the balloon while it is scarce. cgroup: memory.min.',
      takesEffect: 'live',
    }),
  ),
  priority: vmPrioritySchema,
  ioAllocation: ioAllocationSchema,
  cpuPlacement: v.pipe(
    v.optional(cpuPlacementSchema, {}),
    field({ title: 'CPU placement', description: 'cgroup: cpuset.cpus, cpuset.cpus.partition; sched_setaffinity.', takesEffect: 'live' }),
  ),
  numaNodes: v.pipe(
    v.optional(v.nullable(numaNodesSchema), null),
    field({
      title: 'NUMA nodes',
      description:
        'Whose CPUs it runs on, and whose memory it gets while they have some, huge pages from them alone; null: those of its pool, or of its dedicated CPUs, huge pages of all. QEMU: host-nodes.',
      takesEffect: 'next-power-on',
    }),
  ),
  guestNumaNodes: v.pipe(
    v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(16)), 1),
    field({
      title: 'NUMA nodes of the guest',
      unit: 'nodes',
      description:
        'As many as `numaNodes` names, each with an equal part of vCPUs and memory, which are on that node; 1: it sees none. QEMU: -numa.',
      takesEffect: 'next-power-on',
    }),
  ),
  hugePages: v.pipe(
    v.optional(v.picklist(HUGE_PAGES), 'none'),
    field({
      title: 'Huge pages',
      description:
        'That hold its memory, set aside when it starts; all of it is then reserved, and none ballooned or added live. QEMU: memory-backend-memfd.',
      takesEffect: 'next-power-on',
    }),
  ),
}
