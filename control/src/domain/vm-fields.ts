// The property table of a VM as rows, read off its schema: for defaults, for what is pending, for the field docs and for tests that go through them all.
import type * as v from 'valibot'
import { type FieldFacts, factsOf, type TakesEffect } from './field.ts'
import { vmSpecSchema } from './vm.ts'

export interface FieldRow {
  /** `disks[].bus`, `smbios.serial`. */
  readonly path: string
  readonly facts: Partial<FieldFacts>
  readonly takesEffect: TakesEffect
  readonly schema: v.GenericSchema
}

/** What is known of a schema's inside: its fields, items, alternatives, or what it wraps. */
interface Inside {
  readonly entries?: Readonly<Record<string, v.GenericSchema>>
  readonly item?: v.GenericSchema
  readonly options?: readonly unknown[]
  readonly wrapped?: v.GenericSchema
}

/** The fields of an object schema, whatever it is wrapped in; null for any other. */
export function entriesOf(schema: v.GenericSchema): Readonly<Record<string, v.GenericSchema>> | null {
  const { entries, wrapped } = schema as Inside
  return entries ?? (wrapped === undefined ? null : entriesOf(wrapped))
}

/** The items of a list schema, whatever it is wrapped in; null for any other. */
export function itemOf(schema: v.GenericSchema): v.GenericSchema | null {
  const { item, wrapped } = schema as Inside
  return item ?? (wrapped === undefined ? null : itemOf(wrapped))
}

/** The objects that a field may be instead of each other. */
function alternativesOf(schema: v.GenericSchema): readonly v.GenericSchema[] {
  const { options, wrapped } = schema as Inside
  if (wrapped !== undefined) return alternativesOf(wrapped)
  return (options ?? []).filter((option): option is v.GenericSchema => typeof option === 'object' && option !== null && 'entries' in option)
}

/** Every field, those inside lists and objects after what holds them. */
export function fieldRows(): readonly FieldRow[] {
  return rowsOf(entriesOf(vmSpecSchema) ?? {}, '', 'next-power-on')
}

function rowsOf(entries: Readonly<Record<string, v.GenericSchema>>, prefix: string, inherited: TakesEffect): FieldRow[] {
  return Object.entries(entries).flatMap(([name, schema]) => {
    const path = `${prefix}${name}`
    const facts = factsOf(schema)
    if (facts.title === undefined) return []
    const takesEffect = facts.takesEffect ?? inherited
    return [{ path, facts, takesEffect, schema }, ...rowsInside(schema, path, takesEffect)]
  })
}

function rowsInside(schema: v.GenericSchema, path: string, takesEffect: TakesEffect): FieldRow[] {
  const item = itemOf(schema)
  if (item !== null) return rowsOf(entriesOf(item) ?? {}, `${path}[].`, takesEffect)
  const own = entriesOf(schema)
  if (own !== null) return rowsOf(own, `${path}.`, takesEffect)
  return alternativesOf(schema).flatMap((option) => rowsOf(entriesOf(option) ?? {}, `${path}.`, takesEffect))
}

/** The names of the spec's own fields that concern nothing but the host, so that a change is in force as soon as it is kept. */
export const HOST_FIELDS = [
  'name',
  'description',
  'guestType',
  'onCrash',
  'shutdown',
  'autostart',
  'onHostShutdown',
  'cpuAllocation',
  'memoryAllocation',
  'cpuPlacement',
  'priority',
  'ioAllocation',
] as const
