// What somebody wants to know the outcome of before it is done: steps, and what would become of each. Schemas, ranges and defaults.
import * as v from 'valibot'
import { closed, rule } from './check.ts'
import type { ResourcesView } from './host-resources.ts'
import { poolSpecSchema } from './pool.ts'
import type { Problem } from './problem.ts'
import { vmSpecSchema } from './vm.ts'

const MAX_STEPS = 50
const MAX_NEW_VMS = 200

/** A VM that is there, by its id or name; or one of an earlier step, by its name. */
const vm = v.pipe(v.string(), v.minLength(1), v.maxLength(64))
const pool = v.pipe(v.string(), v.minLength(1), v.maxLength(63))
/** @source RFC 7396 */
const patch = v.record(v.string(), v.unknown())

export const stepSchema = v.variant('do', [
  closed({ do: v.literal('start'), vm }),
  closed({
    do: v.literal('start-new'),
    spec: vmSpecSchema,
    count: v.pipe(
      v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_NEW_VMS)), 1),
      v.description('So many of it, named NAME-1, NAME-2, … where there are several.'),
    ),
  }),
  closed({ do: v.literal('stop'), vm }),
  closed({ do: v.literal('change'), vm, patch }),
  closed({ do: v.literal('make-pool'), spec: poolSpecSchema }),
  closed({ do: v.literal('change-pool'), pool, patch }),
  closed({ do: v.literal('delete-pool'), pool }),
  closed({ do: v.literal('change-host'), patch }),
  closed({
    do: v.literal('restart'),
    cores: v.pipe(
      v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(4096))),
      v.description('Threads that the machine has then; absent: as many as now.'),
    ),
    memoryMiB: v.pipe(
      v.optional(v.pipe(v.number(), v.integer(), v.minValue(64), v.maxValue(67_108_864))),
      v.description('Memory that it has then, as the host tells it; absent: as much as now.'),
    ),
  }),
])

export const whatIfSchema = closed({
  steps: v.pipe(
    v.array(stepSchema),
    v.minLength(1),
    v.maxLength(MAX_STEPS),
    // Each is planned for: the host is not to be kept from its work.
    rule('too-many-new-vms', `must have at most ${MAX_NEW_VMS} new VMs in all`, (steps) => newVmsIn(steps) <= MAX_NEW_VMS),
    v.description('One after the other; one that is refused changes nothing.'),
  ),
})

function newVmsIn(steps: readonly WhatIfStep[]): number {
  return steps.reduce((sum, step) => sum + (step.do === 'start-new' ? step.count : 0), 0)
}

export type WhatIfStep = v.InferOutput<typeof stepSchema>

/** Of a VM that would start with the host. */
export interface StartOutcome {
  readonly name: string
  readonly outcome: 'admitted' | 'refused'
  readonly problems: readonly Problem[]
}

export interface StepOutcome {
  readonly outcome: 'admitted' | 'refused'
  /** What a real refusal would say. */
  readonly message: string | null
  readonly problems: readonly Problem[]
  /** Of a VM that is started: how many more like it there is room for after this step. */
  readonly fits?: number
  /** Of `start-new`: how many were started before the first that was refused. */
  readonly started?: number
  /** Of `restart`: every VM that is to start with the host. */
  readonly vms?: readonly StartOutcome[]
}

export interface WhatIfAnswer {
  readonly steps: readonly StepOutcome[]
  /** After the last step. */
  readonly resources: ResourcesView
}
