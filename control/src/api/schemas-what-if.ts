// What the API answers to what-ifs, as schemas.
import * as v from 'valibot'
import { closed } from '../domain/check.ts'
import type { StartOutcome, StepOutcome, WhatIfAnswer } from '../domain/what-if.ts'
import { type Of, problemSchema } from './schemas.ts'
import { resourcesViewSchema } from './schemas-pool.ts'

const outcome = v.picklist(['admitted', 'refused'])
const problems = v.pipe(v.array(problemSchema), v.readonly())
const count = v.pipe(v.number(), v.integer(), v.minValue(0))

const startOutcomeSchema = closed({ name: v.string(), outcome, problems }) satisfies Of<StartOutcome>

const stepOutcomeSchema = closed({
  outcome: v.pipe(outcome, v.description('As far as resources go; whether files are there is not asked.')),
  message: v.pipe(v.nullable(v.string()), v.description('What a real refusal would say.')),
  problems,
  fits: v.exactOptional(v.pipe(count, v.description('Of a VM that is started: how many more like it there is room for after this step.'))),
  started: v.exactOptional(v.pipe(count, v.description('Of `start-new`: how many were started before the first that was refused.'))),
  vms: v.exactOptional(
    v.pipe(v.array(startOutcomeSchema), v.readonly(), v.description('Of `restart`: every VM that is to start with the host.')),
  ),
}) satisfies Of<StepOutcome>

export const whatIfAnswerSchema = closed({
  steps: v.pipe(v.array(stepOutcomeSchema), v.readonly()),
  resources: v.pipe(resourcesViewSchema, v.description('After the last step.')),
}) satisfies Of<WhatIfAnswer>
