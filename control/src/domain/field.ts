// What every field of a resource says about itself, for validation, defaults, the API document and the field docs.
import * as v from 'valibot'
import type { GuestType } from './guest-type.ts'

/**
 * When a change counts for a VM that runs. `live`: at once. `live-where-possible`: at once within the limits that the description names, at the next
 * power-on beyond them. `next-power-on`: only then.
 */
export type TakesEffect = 'live' | 'live-where-possible' | 'next-power-on'

export interface FieldFacts {
  readonly title: string
  /** One sentence; range and default come from the schema. */
  readonly description?: string
  /** `MiB`, `vCPUs`, … */
  readonly unit?: string
  /** Fields inside an object or list that say nothing themselves are as what holds them. */
  readonly takesEffect?: TakesEffect
  /** The default by the VM's `guestType`, for an optional field that has none in the schema. */
  readonly presets?: Readonly<Record<GuestType, string | boolean | number>>
  readonly readOnly?: boolean
}

export function field<T>(facts: FieldFacts) {
  return v.metadata<T, Record<keyof FieldFacts, unknown>>({ ...facts } as Record<keyof FieldFacts, unknown>)
}

/** The facts of a schema, wherever in its pipes they stand; empty for one that has none. */
export function factsOf(schema: v.GenericSchema): Partial<FieldFacts> {
  return v.getMetadata(schema as Parameters<typeof v.getMetadata>[0]) as Partial<FieldFacts>
}
