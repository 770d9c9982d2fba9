// What the API answers about pools and the host's resources, as schemas.
import * as v from 'valibot'
import { closed } from '../domain/check.ts'
import { hostResourcesSchema, type ResourcesView } from '../domain/host-resources.ts'
import { type PoolRecord, poolSpecSchema } from '../domain/pool.ts'
import { type Of, problemSchema } from './schemas.ts'

const cores = v.pipe(v.number(), v.minValue(0), v.description('Cores.'))
const mib = v.pipe(v.number(), v.minValue(0), v.description('MiB.'))

export const poolSchema = closed({
  spec: poolSpecSchema,
  revision: v.pipe(v.number(), v.integer(), v.minValue(1), v.description('Counts changes; the ETag is this in quotes.')),
}) satisfies Of<PoolRecord>

export const resourcesViewSchema = closed({
  settings: hostResourcesSchema,
  capacity: v.pipe(
    closed({
      cores,
      memoryMiB: mib,
      reserve: closed({ cores, memoryMiB: mib }),
      overcommit: closed({ memory: v.number(), vcpus: v.number() }),
    }),
    v.description('What there is, and what of it is kept, with the defaults filled in.'),
  ),
  promised: v.pipe(closed({ cores, memoryMiB: mib }), v.description('To VMs that run, QEMU’s own memory included.')),
  used: v.pipe(closed({ memoryMiB: mib, vcpus: v.number() }), v.description('Of VMs that run, promised or not.')),
  broken: v.pipe(
    v.array(problemSchema),
    v.readonly(),
    v.description('Promises that cannot be kept, as when memory has gone since they were made.'),
  ),
}) satisfies Of<ResourcesView>
