// Edits of a document by paths, as `vm create` and `vm set` are given them; applied to data, never to a host.

import type { Problem } from '../domain/problem.ts'
import { same } from '../domain/vm-difference.ts'
import { readValue } from './field-value.ts'
import { fieldsOf, itemsOf, type Schema, schemaAt } from './schema.ts'

export type Document = Readonly<Record<string, unknown>>

export type Edit =
  /** `path` has field names; the first may be a device such as `disk1`. */
  | { readonly kind: 'set'; readonly path: readonly string[]; readonly value: unknown }
  | { readonly kind: 'add'; readonly list: string; readonly item: unknown }
  /** `device` is `disk1`, or a file of it, `DATASTORE/FILE`, or a device of the host. */
  | { readonly kind: 'remove'; readonly list: string; readonly device: string }

/** `disks` has devices that are called `disk0`, `disk1`, …; the name without its number. */
export function deviceKind(list: string): string {
  return list.replace(/s$/, '')
}

/** The lists of objects in a schema: `disks`, `cdroms`, `nics`. */
export function deviceLists(schema: Schema): readonly string[] {
  return Object.entries(fieldsOf(schema))
    .filter(([, field]) => Object.keys(fieldsOf(itemsOf(field) ?? {})).length > 0)
    .map(([name]) => name)
}

/** What `disk1` names: the list it is in, and its slot there; null for a name of any other form. */
export function deviceOf(schema: Schema, name: string): { readonly list: string; readonly slot: number } | null {
  const match = /^([A-Za-z]+?)(\d+)$/.exec(name)
  const list = deviceLists(schema).find((candidate) => deviceKind(candidate) === match?.[1])
  return match === null || list === undefined ? null : { list, slot: Number(match[2]) }
}

/** `boot.from=cdrom`, `disk1.readOnly=true`. `readFile` gives what `@FILE` stands for. */
export function readAssignment(schema: Schema, text: string, readFile: (path: string) => string): Edit | Problem {
  const equals = text.indexOf('=')
  const refuse = (message: string) => ({ code: 'usage.invalid-value', field: '--set', message })
  if (equals <= 0) return refuse(`${text} must be FIELD=VALUE, such as boot.from=cdrom`)
  const path = text.slice(0, equals).split('.')
  if (path.includes('')) return refuse(`${text.slice(0, equals)} is no path of fields, such as boot.from`)
  const device = deviceOf(schema, path[0] ?? '')
  const from = device === null ? schema : itemsOf(fieldsOf(schema)[device.list] ?? {})
  const typed = text.slice(equals + 1)
  if (typed.startsWith('@')) return { kind: 'set', path, value: readFile(typed.slice(1)) }
  const read = readValue(from === null ? null : schemaAt(from, device === null ? path : path.slice(1)), typed, path.join('.'))
  return read.ok ? { kind: 'set', path, value: read.value } : read.problem
}

/** The names of the document's own fields that the edits touch. */
export function touchedFields(schema: Schema, edits: readonly Edit[]): readonly string[] {
  const touched = edits.map((edit) =>
    edit.kind === 'set' ? (deviceOf(schema, edit.path[0] ?? '')?.list ?? edit.path[0] ?? '') : edit.list,
  )
  return [...new Set(touched)]
}

/** The document with all edits done, or what stands in their way: devices that are not there. */
export function applyEdits(
  schema: Schema,
  document: Document,
  edits: readonly Edit[],
): { document: Document; problems: readonly Problem[] } {
  const problems: Problem[] = []
  let edited = document
  for (const edit of edits) {
    const next = applyEdit(schema, edited, edit)
    if (next === null) problems.push({ code: 'device.not-found', field: nameOf(edit), message: 'is no device of this VM' })
    else edited = next
  }
  return { document: fitVariants(schema, edited, edits), problems }
}

function nameOf(edit: Edit): string {
  return edit.kind === 'set' ? (edit.path[0] ?? '') : edit.kind === 'remove' ? edit.device : edit.list
}

/** Null when the device is not there. */
function applyEdit(schema: Schema, document: Document, edit: Edit): Document | null {
  switch (edit.kind) {
    case 'add':
      return { ...document, [edit.list]: [...listOf(document, edit.list), edit.item] }
    case 'remove': {
      const devices = listOf(document, edit.list)
      const index = devices.findIndex((device, position) => isCalled(device, position, edit))
      if (index < 0) return null
      return { ...document, [edit.list]: devices.filter((_, position) => position !== index) }
    }
    case 'set': {
      const [first = '', ...rest] = edit.path
      const device = deviceOf(schema, first)
      if (device === null) return setAt(document, edit.path, edit.value)
      const devices = listOf(document, device.list)
      const index = devices.findIndex((candidate, position) => slotOf(candidate, position) === device.slot)
      if (index < 0) return null
      const changed = setAt(devices[index] ?? {}, rest, edit.value)
      return { ...document, [device.list]: devices.map((candidate, position) => (position === index ? changed : candidate)) }
    }
  }
}

function setAt(document: Document, path: readonly string[], value: unknown): Document {
  const [name = '', ...rest] = path
  if (rest.length === 0) return { ...document, [name]: value }
  return { ...document, [name]: setAt(plain(document[name]), rest, value) }
}

/** Where an edit chose another kind of object (`boot.from`), the fields of the old kind go; those that were given stay, to be refused by name. */
function fitVariants(schema: Schema, document: Document, edits: readonly Edit[]): Document {
  const fitted: Record<string, unknown> = { ...document }
  for (const [name, { oneOf = [] }] of Object.entries(fieldsOf(schema))) {
    const value = plain(document[name])
    const given = edits.flatMap((edit) => (edit.kind === 'set' && edit.path[0] === name ? [edit.path[1] ?? ''] : []))
    const fields = oneOf.find((option) => matchesConstants(option, value))?.properties
    if (given.length === 0 || fields === undefined) continue
    fitted[name] = Object.fromEntries(Object.entries(value).filter(([field]) => field in fields || given.includes(field)))
  }
  return fitted
}

function matchesConstants({ properties = {} }: Schema, value: Document): boolean {
  return Object.entries(properties).every(([name, { const: wanted }]) => wanted === undefined || value[name] === wanted)
}

/** The merge patch that makes `after` of `before`. @source RFC 7396 */
export function mergeDifference(before: Document, after: Document): Document {
  const patch: Record<string, unknown> = {}
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [old, now] = [before[name], after[name]]
    if (!(name in after)) patch[name] = null
    else if (!same(old, now) || !(name in before)) patch[name] = isPlain(old) && isPlain(now) ? mergeDifference(old, now) : now
  }
  return patch
}

function listOf(document: Document, name: string): readonly Document[] {
  const list = document[name]
  return Array.isArray(list) ? list.map(plain) : []
}

function slotOf(device: Document, position: number): number {
  return typeof device.slot === 'number' ? device.slot : position
}

function isCalled(device: Document, position: number, { list, device: name }: { readonly list: string; readonly device: string }): boolean {
  const others = [`${String(device.datastore)}/${String(device.file)}`, String(device.device)]
  return name === `${deviceKind(list)}${slotOf(device, position)}` || others.includes(name)
}

function isPlain(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function plain(value: unknown): Document {
  return isPlain(value) ? value : {}
}
