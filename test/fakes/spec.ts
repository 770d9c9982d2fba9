// A complete VM spec from a few fields.
import { check } from '../../control/src/domain/check.ts'
import { type VmSpec, vmSpecSchema } from '../../control/src/domain/vm.ts'
import { completeSpec } from '../../control/src/domain/vm-complete.ts'

export function spec(id: string, fields: Readonly<Record<string, unknown>>): VmSpec {
  const checked = check(vmSpecSchema, fields, 'vm')
  const complete = checked.ok ? completeSpec(id, checked.value, null, () => false) : checked
  if (!complete.ok) throw new Error(JSON.stringify(complete.problems))
  return complete.value
}
