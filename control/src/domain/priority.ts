// Who is kept first when there is less than was promised: of a VM or a pool.
import * as v from 'valibot'
import { field } from './field.ts'

/** The least first. */
export const PRIORITIES = ['low', 'normal', 'high'] as const
export type Priority = (typeof PRIORITIES)[number]

/** Positive when `a` is kept before `b`. */
export function comparePriorities(a: Priority, b: Priority): number {
  return PRIORITIES.indexOf(a) - PRIORITIES.indexOf(b)
}

const schema = v.optional(v.picklist(PRIORITIES), 'normal')

export const vmPrioritySchema = v.pipe(
  schema,
  field({
    title: 'Priority',
    description:
      'Who is kept first when there is less than was promised: at the start of the host, and when its memory is at an end. No matter of CPU, which shares divide. /proc: oom_score_adj.',
    takesEffect: 'live',
  }),
)

export const poolPrioritySchema = v.pipe(
  schema,
  field({
    title: 'Priority',
    description: 'Whose promise is kept first when there is less than was promised: before that of VMs of the same priority.',
    takesEffect: 'live',
  }),
)
