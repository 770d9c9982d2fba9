// A checked VM spec from a few fields.
import { check } from '../../../control/src/domain/check.ts'
import { type VmDraft, vmSpecSchema } from '../../../control/src/domain/vm.ts'

export function draft(name: string, rest: Readonly<Record<string, unknown>> = {}): VmDraft {
  const checked = check(vmSpecSchema, { name, ...rest }, 'vm')
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems))
  return checked.value
}
