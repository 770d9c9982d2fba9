// What the host keeps for itself, and how far it may give out more than there is. Schemas, ranges and defaults.
import * as v from 'valibot'
import { closed } from './check.ts'
import { field } from './field.ts'
import type { Problem } from './problem.ts'

/** Lower than this nobody may set it: the console, the API and the adoption of VMs would not be sure to work. */
export const RESERVE_FLOOR = { cores: 0.1, memoryMiB: 160 } as const

export const hostResourcesSchema = closed({
  reserve: v.pipe(
    v.optional(
      closed({
        cores: v.pipe(
          v.optional(v.nullable(v.pipe(v.number(), v.minValue(RESERVE_FLOOR.cores), v.maxValue(4096))), null),
          field({
            title: 'CPU reserve',
            unit: 'cores',
            description: 'Kept for the host; null: a core, a quarter of a small machine, 2 % of a large one.',
          }),
        ),
        memoryMiB: v.pipe(
          v.optional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(RESERVE_FLOOR.memoryMiB), v.maxValue(67_108_864))), null),
          field({
            title: 'Memory reserve',
            unit: 'MiB',
            description: 'Kept for the host; null: 192 MiB and 4 % of the memory, up to 16 GiB.',
          }),
        ),
      }),
      {},
    ),
    field({ title: 'Host reserve', takesEffect: 'live' }),
  ),
  overcommit: v.pipe(
    v.optional(
      closed({
        memory: v.pipe(
          v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(8)), 1),
          field({
            title: 'Memory overcommit',
            description:
              'Memory that VMs may have together, per memory there is for them. Above 1, while it is short, VMs are asked to give back what they have above their reservations, and one may be ended when that is not enough.',
          }),
        ),
        vcpus: v.pipe(
          v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(64)), 16),
          field({ title: 'vCPU overcommit', description: 'vCPUs that VMs may have together, per thread of the host.' }),
        ),
      }),
      {},
    ),
    field({ title: 'Overcommit', takesEffect: 'live' }),
  ),
})

export type HostResources = v.InferOutput<typeof hostResourcesSchema>

/** What is there, and how far more than that may be given out where nothing is promised. */
export interface Capacity {
  readonly cores: number
  /** Of the core that has most: cores are dedicated whole. */
  readonly threadsPerCore: number
  readonly memoryMiB: number
  /** Kept for the host itself. */
  readonly reserve: { readonly cores: number; readonly memoryMiB: number }
  /** 1 or more: memory of VMs per memory there is, vCPUs per core there is. */
  readonly overcommit: { readonly memory: number; readonly vcpus: number }
}

/** What a machine has for everything that runs on it. */
export interface MachineSize {
  /** Threads. */
  readonly cores: number
  readonly memoryMiB: number
}

/** Given out per what there is; above 1 is more than that. */
export interface Overcommitted {
  readonly memory: number
  readonly vcpus: number
}

/** What a VM takes of the host when it runs; of memory, what QEMU needs for itself included. */
export interface Allocation {
  readonly pool: string
  readonly vcpus: number
  readonly memoryMiB: number
  /** Of these, promised. */
  readonly reservedCores: number
  readonly reservedMiB: number
}

/** A pool with what runs in it and in the pools in it. */
export interface PoolView {
  readonly name: string
  readonly parent: string
  readonly cpu: {
    readonly promisedCores: number
    /** Of the promise; less than that only where the host has less than it promised. */
    readonly keptCores: number
    /** To VMs, and to pools in it. */
    readonly givenCores: number
    /** The most that a VM in it could still be promised. */
    readonly freeCores: number
  }
  readonly memory: {
    readonly promisedMiB: number
    readonly keptMiB: number
    readonly givenMiB: number
    readonly freeMiB: number
    /** Of VMs, promised or not. */
    readonly usedMiB: number
  }
  readonly vcpus: number
  /** Against the smallest limit that it is under, or what the host has for VMs. */
  readonly overcommitted: Overcommitted
}

export interface ResourcesView {
  readonly settings: HostResources
  readonly capacity: Capacity
  /** What the machine had and has no more, since somebody last said that it is to be so. */
  readonly missing: MachineSize
  /** By what runs now. */
  readonly promised: { readonly cores: number; readonly memoryMiB: number }
  readonly used: { readonly memoryMiB: number; readonly vcpus: number }
  /** The most that a VM in no pool could still be promised. */
  readonly free: { readonly cores: number; readonly memoryMiB: number }
  readonly overcommitted: Overcommitted
  readonly pools: readonly PoolView[]
  /** Promises that cannot be kept, as when memory is gone since they were made. */
  readonly broken: readonly Problem[]
  /** What the kernel could not be told, in words: a controller that it lacks, a limit that it refuses. */
  readonly unkept: readonly string[]
  readonly cpus: CpusView
}

/** Who runs where; CPUs as in `0-3,8`. */
export interface CpusView {
  readonly online: string
  /** Those that are nobody's own, where the host itself runs. */
  readonly everybody: string
  readonly pools: readonly { readonly name: string; readonly cpus: string }[]
  /** VMs that run. */
  readonly vms: readonly VmCpusView[]
}

export interface VmCpusView {
  readonly id: string
  readonly name: string
  /** That it shares with others. */
  readonly shared: string
  /** That it has for itself; empty for none. */
  readonly own: string
  /** By vCPU, where each is held to some; null where none is. */
  readonly vcpus: readonly string[] | null
  /** NUMA nodes that its memory comes from as long as they have some; null: wherever. */
  readonly nodes: readonly number[] | null
}
