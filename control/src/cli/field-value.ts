// What is typed for a field, turned into the field's type. Ranges and rules are the host's to check.
import { mergePatch } from '../domain/merge-patch.ts'
import type { Problem } from '../domain/problem.ts'
import { parseBytes } from './quantity.ts'
import { fieldsOf, headOf, isFileReference, itemsOf, type Schema, withoutNull } from './schema.ts'

export type Read = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: Problem }

/**
 * `null` gives a field its default back. What begins with `[` or `{`, or stands in double quotes, is JSON, but for fields that are text: there only quotes
 * count. `field` is what problems call it.
 */
export function readValue(schema: Schema | null, text: string, field: string): Read {
  if (text === 'null') return { ok: true, value: null }
  const plain = schema === null ? null : withoutNull(schema)
  if (/^".*"$/s.test(text) || (plain?.type !== 'string' && /^[[{]/.test(text))) return readJson(text, field)
  if (plain === null) return { ok: true, value: guess(text) }
  const items = itemsOf(plain)
  if (items !== null && Object.keys(fieldsOf(items)).length === 0) return readList(items, text, field)
  if (items !== null) return refuse(field, 'must be a list, as JSON')
  if (Object.keys(fieldsOf(plain)).length > 0) return readObject(plain, text, field)
  return readScalar(plain, text, field)
}

function readScalar({ type }: Schema, text: string, field: string): Read {
  switch (type) {
    case 'integer':
    case 'number': {
      if (/Bytes$/.test(field)) return readBytes(text, field)
      const number = Number(text)
      return text.trim() === '' || Number.isNaN(number) ? refuse(field, `must be a number, not ${text}`) : { ok: true, value: number }
    }
    case 'boolean':
      if (text === 'true' || text === 'yes' || text === 'on') return { ok: true, value: true }
      if (text === 'false' || text === 'no' || text === 'off') return { ok: true, value: false }
      return refuse(field, `must be true or false, not ${text}`)
    default:
      return { ok: true, value: text }
  }
}

function readBytes(text: string, field: string): Read {
  const bytes = parseBytes(text)
  return bytes === null ? refuse(field, `must be a size such as 20GiB, not ${text}`) : { ok: true, value: bytes }
}

/** Split by commas. */
function readList(items: Schema, text: string, field: string): Read {
  const values: unknown[] = []
  for (const part of text === '' ? [] : text.split(',')) {
    const read = readValue(items, part, field)
    if (!read.ok) return read
    values.push(read.value)
  }
  return { ok: true, value: values }
}

/**
 * `HEAD,name=value,…`: HEAD stands for what the object is about, such as its file (`DATASTORE/FILE`). `limits.readIops=100` is a field of a field.
 * A choice that is required and left out is told by the file's name: `web1.qcow2` is qcow2.
 */
function readObject(schema: Schema, text: string, field: string): Read {
  if (isFileReference(schema)) return readReference(text, field)
  const fields = fieldsOf(schema)
  const value: Record<string, unknown> = {}
  for (const [index, part] of text.split(',').entries()) {
    const [name = '', ...rest] = part.split('=')
    if (rest.length === 0 && index === 0) {
      const read = readHead(schema, part, field)
      if (!read.ok) return read
      Object.assign(value, read.value)
    } else if (rest.length === 0) return refuse(field, `${part} must be NAME=VALUE`)
    else {
      const read = readInner(fields, name.split('.'), rest.join('='), field)
      if (!read.ok) return read
      const [own = ''] = name.split('.')
      value[own] = mergePatch(value[own], read.value)
    }
  }
  return { ok: true, value: { ...value, ...toldByName(schema, value) } }
}

/** The value of the first name of the path, with nothing in it but what is told. */
function readInner(fields: Readonly<Record<string, Schema>>, path: readonly string[], text: string, field: string): Read {
  const [name = '', ...rest] = path
  const schema = fields[name] ?? null
  if (rest.length === 0) return readValue(schema, text, `${field}.${name}`)
  const [next = ''] = rest
  const read = readInner(schema === null ? {} : fieldsOf(withoutNull(schema)), rest, text, `${field}.${name}`)
  return read.ok ? { ok: true, value: { [next]: read.value } } : read
}

/** `empty` is a file that is not there. */
function readHead(schema: Schema, text: string, field: string): Read {
  const head = headOf(schema)
  if (head === null) return refuse(field, `${text} must be NAME=VALUE`)
  if (head.kind === 'file') return readReference(text, field)
  const inner = fieldsOf(schema)[head.name] ?? {}
  const read = isFileReference(inner) && text === 'empty' ? ({ ok: true, value: null } as const) : readValue(inner, text, field)
  return read.ok ? { ok: true, value: { [head.name]: read.value } } : read
}

function readReference(text: string, field: string): Read {
  const [datastore = '', file = '', ...rest] = text.split('/')
  if (datastore === '' || file === '' || rest.length > 0) return refuse(field, `must be DATASTORE/FILE, not ${text}`)
  return { ok: true, value: { datastore, file } }
}

const EXTENSIONS: Readonly<Record<string, string>> = { img: 'raw' }

/** Choices that are required and left out, as the name of `file` tells them. */
export function toldByName(schema: Schema, value: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const extension = /\.([A-Za-z0-9]+)$/.exec(typeof value.file === 'string' ? value.file : '')?.[1]?.toLowerCase() ?? ''
  const wanted = EXTENSIONS[extension] ?? extension
  const told = (withoutNull(schema).required ?? []).filter((name) => !(name in value) && fieldsOf(schema)[name]?.enum?.includes(wanted))
  return Object.fromEntries(told.map((name) => [name, wanted]))
}

function readJson(text: string, field: string): Read {
  try {
    return { ok: true, value: JSON.parse(text) as unknown }
  } catch {
    return refuse(field, 'begins as JSON and is none')
  }
}

/** A field that this program does not know: a number and a boolean are what they look like. */
function guess(text: string): unknown {
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text)
  return text === 'true' || text === 'false' ? text === 'true' : text
}

function refuse(field: string, message: string): Read {
  return { ok: false, problem: { code: 'usage.invalid-value', field, message } }
}
