// What every field of a resource says about itself, for the API document and the field docs.
import * as v from 'valibot'

export interface FieldFacts {
  readonly title: string
  /** One sentence; range and default come from the schema. */
  readonly description?: string
  /** `MiB`, `vCPUs`, … */
  readonly unit?: string
  /** When a change counts: at once, or when the VM is next powered on. */
  readonly takesEffect?: 'live' | 'next-power-on'
  readonly readOnly?: boolean
}

export function field<T>(facts: FieldFacts) {
  return v.metadata<T, Record<keyof FieldFacts, unknown>>({ ...facts } as Record<keyof FieldFacts, unknown>)
}
