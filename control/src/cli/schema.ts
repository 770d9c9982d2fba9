// JSON Schema as the API's schemas make it, and the few questions that the command line has about one.

export interface Schema {
  readonly type?: string
  readonly title?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly minimum?: number
  readonly maximum?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly 'x-unit'?: string
  readonly 'x-takes-effect'?: string
  /** Defaults by guest type. */
  readonly presets?: Readonly<Record<string, unknown>>
}

/** The schema without the null that it may be instead. */
export function withoutNull(schema: Schema): Schema {
  const options = schema.anyOf?.filter(({ type }) => type !== 'null')
  const [only, ...others] = options ?? []
  if (only === undefined || others.length > 0) return schema
  const { anyOf: _both, ...facts } = schema
  return { ...only, ...facts }
}

/** The fields of an object, of all its alternatives together; empty for anything else. */
export function fieldsOf(schema: Schema): Readonly<Record<string, Schema>> {
  const { properties, oneOf = [] } = withoutNull(schema)
  const fields: Record<string, Schema> = { ...properties }
  for (const option of oneOf) {
    for (const [name, field] of Object.entries(option.properties ?? {})) fields[name] = merged(fields[name], field)
  }
  return fields
}

/** The same field of two alternatives: what tells them apart is a choice. */
function merged(a: Schema | undefined, b: Schema): Schema {
  const values = a === undefined ? [] : (a.enum ?? (a.const === undefined ? [] : [a.const]))
  return b.const === undefined ? b : { type: typeof b.const, enum: [...values, b.const] }
}

/** The items of a list; null for anything else. */
export function itemsOf(schema: Schema): Schema | null {
  return withoutNull(schema).items ?? null
}

/** Words that the field can be; empty where it is not a choice. */
export function choicesOf(schema: Schema): readonly string[] {
  const { type, enum: values = [] } = withoutNull(schema)
  if (type === 'boolean') return ['true', 'false']
  return values.map(String)
}

/** Whether it is a file in a datastore, and nothing else. */
export function isFileReference(schema: Schema): boolean {
  return Object.keys(fieldsOf(schema)).sort().join() === 'datastore,file'
}

/**
 * What an object is about, and is written first: its own file (`file`), a field that is a file, or else the first that it must have. Null for an object
 * that has no such thing.
 */
export function headOf(schema: Schema): { readonly kind: 'file' } | { readonly kind: 'field'; readonly name: string } | null {
  const fields = fieldsOf(schema)
  if ('datastore' in fields && 'file' in fields) return { kind: 'file' }
  const name = Object.keys(fields).find((candidate) => isFileReference(fields[candidate] ?? {})) ?? withoutNull(schema).required?.[0]
  return name === undefined ? null : { kind: 'field', name }
}

/** The schema of the field at a path such as `boot.from`; null where there is none. */
export function schemaAt(schema: Schema, path: readonly string[]): Schema | null {
  let here: Schema | undefined = schema
  for (const name of path) here = here === undefined ? undefined : fieldsOf(here)[name]
  return here ?? null
}
