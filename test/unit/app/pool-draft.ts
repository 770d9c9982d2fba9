// A checked pool from a few fields.
import { check } from '../../../control/src/domain/check.ts'
import { type PoolSpec, poolSpecSchema } from '../../../control/src/domain/pool.ts'

export function poolDraft(name: string, rest: Readonly<Record<string, unknown>> = {}): PoolSpec {
  const checked = check(poolSpecSchema, { name, ...rest }, 'pool')
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems))
  return checked.value
}
