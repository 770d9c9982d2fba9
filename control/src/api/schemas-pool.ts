// What the API answers about pools and the host's resources, as schemas.
import * as v from 'valibot'
import { closed } from '../domain/check.ts'
import {
  type Allocation,
  hostResourcesSchema,
  type Overcommitted,
  type PoolView,
  type ResourcesView,
  type VmCpusView,
} from '../domain/host-resources.ts'
import { type PoolRecord, poolSpecSchema } from '../domain/pool.ts'
import { type Of, problemSchema } from './schemas.ts'

const cores = v.pipe(v.number(), v.minValue(0), v.description('Cores.'))
const mib = v.pipe(v.number(), v.minValue(0), v.description('MiB.'))

const cpuList = v.pipe(v.string(), v.description('CPUs, as in 0-3,8.'))

const vmCpusSchema = closed({
  id: v.string(),
  name: v.string(),
  shared: v.pipe(cpuList, v.description('Shared with others.')),
  own: v.pipe(cpuList, v.description('For itself; empty for none.')),
  vcpus: v.pipe(v.nullable(v.pipe(v.array(cpuList), v.readonly())), v.description('By vCPU; null where none is held to any.')),
  nodes: v.pipe(
    v.nullable(v.pipe(v.array(v.number()), v.readonly())),
    v.description('NUMA nodes that memory comes from as long as they have some; null: wherever.'),
  ),
}) satisfies Of<VmCpusView>

export const poolSchema = closed({
  spec: poolSpecSchema,
  revision: v.pipe(v.number(), v.integer(), v.minValue(1), v.description('Counts changes; the ETag is this in quotes.')),
}) satisfies Of<PoolRecord>

export const allocationSchema = closed({
  pool: v.string(),
  vcpus: v.number(),
  memoryMiB: v.pipe(mib, v.description('QEMU’s own included.')),
  reservedCores: v.pipe(cores, v.description('Promised.')),
  reservedMiB: v.pipe(mib, v.description('Promised, QEMU’s own included.')),
}) satisfies Of<Allocation>

const ratio = v.pipe(v.number(), v.minValue(0), v.description('Given out per what there is; above 1 is more than that.'))

const overcommittedSchema = closed({ memory: ratio, vcpus: ratio }) satisfies Of<Overcommitted>

const poolViewSchema = closed({
  name: v.string(),
  parent: v.string(),
  cpu: closed({
    promisedCores: cores,
    keptCores: v.pipe(cores, v.description('Of the promise; less than that only where the host has less than it promised.')),
    givenCores: v.pipe(cores, v.description('To VMs, and to pools in it.')),
    freeCores: v.pipe(cores, v.description('The most that a VM in it could still be promised.')),
  }),
  memory: closed({
    promisedMiB: mib,
    keptMiB: mib,
    givenMiB: mib,
    freeMiB: mib,
    usedMiB: v.pipe(mib, v.description('Of VMs that run, promised or not.')),
  }),
  vcpus: v.number(),
  overcommitted: v.pipe(overcommittedSchema, v.description('Against the smallest limit that it is under, or what the host has for VMs.')),
}) satisfies Of<PoolView>

export const resourcesViewSchema = closed({
  settings: hostResourcesSchema,
  capacity: v.pipe(
    closed({
      cores,
      threadsPerCore: v.pipe(v.number(), v.integer(), v.description('Of the core that has most: cores are dedicated whole.')),
      memoryMiB: mib,
      reserve: closed({ cores, memoryMiB: mib }),
      overcommit: closed({ memory: v.number(), vcpus: v.number() }),
    }),
    v.description('What there is, and what of it is kept, with the defaults filled in.'),
  ),
  missing: v.pipe(
    closed({ cores, memoryMiB: mib }),
    v.description('What the machine had and has no more, since an administrator last said that it is to be so.'),
  ),
  promised: v.pipe(closed({ cores, memoryMiB: mib }), v.description('To VMs that run, QEMU’s own memory included.')),
  used: v.pipe(closed({ memoryMiB: mib, vcpus: v.number() }), v.description('Of VMs that run, promised or not.')),
  free: v.pipe(closed({ cores, memoryMiB: mib }), v.description('The most that a VM in no pool could still be promised.')),
  overcommitted: v.pipe(overcommittedSchema, v.description('Memory against what the host has for VMs, vCPUs against its threads.')),
  pools: v.pipe(v.array(poolViewSchema), v.readonly(), v.description('Each with what runs in it and in the pools in it.')),
  broken: v.pipe(
    v.array(problemSchema),
    v.readonly(),
    v.description('Promises that cannot be kept, as when memory has gone since they were made.'),
  ),
  cpus: v.pipe(
    closed({
      online: cpuList,
      everybody: v.pipe(cpuList, v.description('Nobody’s own; the host itself runs there.')),
      pools: v.pipe(v.array(closed({ name: v.string(), cpus: cpuList })), v.readonly()),
      vms: v.pipe(v.array(vmCpusSchema), v.readonly()),
    }),
    v.description('Who runs where.'),
  ),
  unkept: v.pipe(
    v.array(v.string()),
    v.readonly(),
    v.description('What the kernel could not be told, in words: a controller that it lacks, a limit that it refuses.'),
  ),
}) satisfies Of<ResourcesView>
