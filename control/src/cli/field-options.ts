// The options that follow from the fields of a schema: a new field has its option, with help, as soon as it is in the schema.
import type { Problem } from '../domain/problem.ts'
import type { Given, Option } from './command.ts'
import { deviceKind, deviceLists, type Edit } from './edits.ts'
import { fieldHelp } from './field-help.ts'
import { readValue } from './field-value.ts'
import { choicesOf, fieldsOf, headOf, isFileReference, itemsOf, type Schema, withoutNull } from './schema.ts'

export interface FieldOption {
  readonly option: Option
  readonly field: string
  /** Of the value. */
  readonly schema: Schema
  /** What giving it means. */
  readonly means: 'set' | 'switch' | 'add' | 'remove'
}

/** `memoryMiB` → `memory-mib`; `sizeBytes` → `size`, as sizes are typed with their units. */
export function optionName(field: string): string {
  return field
    .replace(/Bytes$/, '')
    .replace(/MiB/g, 'Mib')
    .replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

/** `edit`: devices are added and removed instead of given. */
export function fieldOptions(schema: Schema, mode: 'create' | 'edit', except: readonly string[] = []): readonly FieldOption[] {
  const lists = deviceLists(schema)
  return Object.entries(fieldsOf(schema))
    .filter(([field]) => !except.includes(field))
    .flatMap(([field, inner]) => (lists.includes(field) ? deviceOptions(field, inner, mode) : ownOptions(field, inner)))
}

function ownOptions(field: string, schema: Schema): FieldOption[] {
  const name = optionName(field)
  const help = fieldHelp(schema)
  if (withoutNull(schema).type === 'boolean') return [{ option: { name, negatable: true, help }, field, schema, means: 'switch' }]
  const values = choicesOf(schema)
  return [
    { option: { name, value: placeholder(field, schema), ...(values.length > 0 ? { values } : {}), help }, field, schema, means: 'set' },
  ]
}

function deviceOptions(field: string, schema: Schema, mode: 'create' | 'edit'): FieldOption[] {
  const item = itemsOf(schema) ?? {}
  const kind = deviceKind(field)
  const value = headPlaceholder(item)
  const file = value.includes('/')
    ? { kind: 'file' as const }
    : { values: choicesOf(Object.values(fieldsOf(item)).find((inner) => choicesOf(inner).length > 0) ?? {}) }
  const form = `${value}[,FIELD=VALUE…]`
  const inner = Object.keys(fieldsOf(item)).join(', ')
  if (mode === 'create') {
    const help = `${fieldHelp(schema)} Repeatable. Fields: ${inner}.`
    return [{ option: { name: optionName(kind), value: form, repeated: true, ...file, help }, field, schema: item, means: 'add' }]
  }
  return [
    {
      option: {
        name: `add-${optionName(kind)}`,
        value: form,
        repeated: true,
        ...file,
        help: `Add one. ${fieldHelp(schema)} Fields: ${inner}.`,
      },
      ...{ field, schema: item, means: 'add' as const },
    },
    {
      option: {
        name: `remove-${optionName(kind)}`,
        value: `${kind}N`,
        repeated: true,
        help: `Remove one, by its name (${kind}0)${value.includes('/') ? ' or its file' : ''}.`,
      },
      ...{ field, schema: item, means: 'remove' as const },
    },
  ]
}

function headPlaceholder(item: Schema): string {
  const head = headOf(item)
  if (head === null) return 'FIELD=VALUE'
  return head.kind === 'file' || isFileReference(fieldsOf(item)[head.name] ?? {}) ? 'DATASTORE/FILE' : head.name.toUpperCase()
}

function placeholder(field: string, schema: Schema): string {
  const plain = withoutNull(schema)
  if (/Bytes$/.test(field)) return 'SIZE'
  if (choicesOf(schema).length > 0) return choicesOf(schema).join('|')
  if (isFileReference(plain)) return 'DATASTORE/FILE'
  const fields = Object.keys(fieldsOf(plain))
  if (fields.length > 0) return `${fields[0]}=VALUE,…`
  if (itemsOf(plain) !== null) return 'VALUE,…'
  return schema['x-unit'] ?? (plain.type === 'integer' || plain.type === 'number' ? 'NUMBER' : 'TEXT')
}

/** What the given options ask for, in the order of the schema; `problems` names every value that cannot be read. */
export function readFieldOptions(options: readonly FieldOption[], given: Given): { edits: readonly Edit[]; problems: readonly Problem[] } {
  const edits: Edit[] = []
  const problems: Problem[] = []
  for (const { option, field, schema, means } of options) {
    if (means === 'switch') edits.push(...switchEdits(option.name, field, given))
    else
      for (const text of given.values(option.name)) {
        const read = means === 'remove' ? null : readValue(schema, text, means === 'add' ? deviceKind(field) : field)
        if (read === null) edits.push({ kind: 'remove', list: field, device: text })
        else if (!read.ok) problems.push({ ...read.problem, field: `--${option.name}` })
        else if (means === 'add') edits.push({ kind: 'add', list: field, item: read.value })
        else edits.push(...setEdits(field, read.value))
      }
  }
  return { edits, problems }
}

function switchEdits(name: string, field: string, given: Given): Edit[] {
  if (given.has(`no-${name}`)) return [{ kind: 'set', path: [field], value: false }]
  return given.has(name) ? [{ kind: 'set', path: [field], value: true }] : []
}

/** The fields of an object one by one, so that those that are not given stay. */
function setEdits(field: string, value: unknown): Edit[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [{ kind: 'set', path: [field], value }]
  return Object.entries(value).map(([name, inner]) => ({ kind: 'set', path: [field, name], value: inner }))
}
