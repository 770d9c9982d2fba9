// Turns the schemas into JSON Schema, with what fields say about themselves. Never runs on the appliance.
import { toJsonSchema } from '@valibot/to-json-schema'
import type * as v from 'valibot'

export type JsonSchemaOptions = NonNullable<Parameters<typeof toJsonSchema>[1]>

/** Facts that JSON Schema has no word for become extensions. */
export const JSON_SCHEMA_OPTIONS: JsonSchemaOptions = {
  target: 'draft-2020-12',
  typeMode: 'input',
  errorMode: 'ignore',
  overrideSchema: ({ valibotSchema, jsonSchema }) => {
    if (valibotSchema.type !== 'object_with_rest') return null
    return { ...jsonSchema, additionalProperties: false }
  },
  overrideAction: ({ valibotAction, jsonSchema }) => {
    if (valibotAction.type !== 'metadata') return null
    const { metadata } = valibotAction as unknown as { readonly metadata: Record<string, string> }
    const { unit, takesEffect, ...standard }: Record<string, unknown> = { ...jsonSchema, ...metadata }
    const extensions = {
      ...(unit === undefined ? {} : { 'x-unit': unit }),
      ...(takesEffect === undefined ? {} : { 'x-takes-effect': takesEffect }),
    }
    return { ...standard, ...extensions } as ReturnType<typeof toJsonSchema>
  },
  overrideRef: ({ referenceId }) => `#/components/schemas/${referenceId}`,
}

/** `definitions` are referred to by name wherever they are met; without them the schema holds everything itself. */
export function jsonSchema(schema: v.GenericSchema, definitions?: Record<string, v.GenericSchema>): Readonly<Record<string, unknown>> {
  const {
    $schema: _dialect,
    $defs: _definitions,
    ...rest
  } = toJsonSchema(schema, { ...JSON_SCHEMA_OPTIONS, ...(definitions === undefined ? {} : { definitions }) })
  return rest
}
