// Fills in the defaults that follow from a VM's guest type and chipset.
import type * as v from 'valibot'
import { factsOf } from './field.ts'
import type { GuestType } from './guest-type.ts'
import { type VmDraft, vmSpecSchema } from './vm.ts'
import { entriesOf, itemOf } from './vm-fields.ts'

/** What a preset becomes on a chipset that does not have it. */
const INSTEAD: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  q35: { ide: 'sata' },
  i440fx: { sata: 'ide', e1000e: 'e1000', 'uefi-secure-boot': 'uefi' },
}

/** The draft with every preset filled in; what is given stays. */
export function applyPresets(draft: VmDraft): VmDraft {
  const type = draft.guestType
  const chipset = draft.chipset ?? String(factsOf(vmSpecSchema.entries.chipset).presets?.[type])
  return fill(vmSpecSchema, draft, type, INSTEAD[chipset] ?? {}) as VmDraft
}

function fill(schema: v.GenericSchema, value: unknown, type: GuestType, instead: Readonly<Record<string, string>>): unknown {
  const item = itemOf(schema)
  if (item !== null) return Array.isArray(value) ? value.map((one) => fill(item, one, type, instead)) : value
  const entries = entriesOf(schema)
  if (entries === null || typeof value !== 'object' || value === null) return value
  const filled: Record<string, unknown> = { ...value }
  for (const [name, inner] of Object.entries(entries)) {
    const preset = factsOf(inner).presets?.[type]
    if (filled[name] === undefined && preset !== undefined) filled[name] = instead[String(preset)] ?? preset
    else if (filled[name] !== undefined) filled[name] = fill(inner, filled[name], type, instead)
  }
  return filled
}
