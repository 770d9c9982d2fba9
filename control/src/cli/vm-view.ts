// One VM for people: status first, then every field of its spec as the schema calls it, with what is not in force yet.
import { HOST_FIELDS } from '../domain/vm-fields.ts'
import type { Vm } from '../domain/vm-status.ts'
import { type Document, deviceKind, deviceLists } from './edits.ts'
import { fieldsOf, headOf, itemsOf, type Schema } from './schema.ts'
import { vmSchema } from './vm-schema.ts'

type Pair = readonly [string, string]

export function vmPairs({ id, revision, spec, status }: Vm): readonly Pair[] {
  const { powerState, pending = [], lastExit, guest, ...rest } = status
  const own: Pair[] = [
    ['Name', spec.name],
    ['ID', id],
    ['Revision', String(revision)],
    ['State', powerState],
    ...Object.entries(rest).map(([name, value]): Pair => [words(name), render(value)]),
    ...(lastExit === undefined ? [] : [['Last exit', `${lastExit.reason}, ${lastExit.at}`] satisfies Pair]),
    ...guestPairs(guest),
  ]
  const { name: _shown, ...fields } = fieldsOf(vmSchema())
  return [...own, ...Object.entries(fields).flatMap(([name, schema]) => fieldPairs(name, schema, (spec as Document)[name], pending))]
}

function fieldPairs(name: string, schema: Schema, value: unknown, pending: readonly string[]): readonly Pair[] {
  const { title = name, 'x-unit': unit } = schema
  if (!deviceLists(vmSchema()).includes(name)) {
    const unitText = unit === undefined || unit === title || typeof value !== 'number' ? '' : ` ${unit}`
    return [[title, `${render(value)}${unitText}${mark(name, pending)}`]]
  }
  const kind = deviceKind(name)
  const devices = Array.isArray(value) ? (value as readonly Document[]) : []
  const present = devices.map(
    (device): Pair => [
      `${kind}${String(device.slot)}`,
      `${renderDevice(itemsOf(schema) ?? {}, device)}${mark(`${kind}${String(device.slot)}`, pending)}`,
    ],
  )
  const gone = pending.filter((path) => new RegExp(`^${kind}\\d+$`).test(path) && !present.some(([label]) => label === path))
  return [...present, ...gone.map((path): Pair => [path, 'goes at the next power-on'])]
}

/** `local/web1.qcow2,format=qcow2,bus=virtio-blk`: as it could be typed. */
export function renderDevice(schema: Schema, device: Document): string {
  const head = headOf(schema)
  const own = head?.kind === 'file' ? ['datastore', 'file'] : head === null ? [] : [head.name]
  const first = own.map((name) => (device[name] === null ? 'empty' : render(device[name]))).join('/')
  const others = Object.entries(device).filter(([name, value]) => name !== 'slot' && !own.includes(name) && value !== null)
  return [...(first === '' ? [] : [first]), ...others.flatMap(([name, value]) => assignments(name, value))].join(',')
}

/** Of an object within, its fields by their paths. */
function assignments(name: string, value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || 'datastore' in value) return [`${name}=${render(value)}`]
  return Object.entries(value).flatMap(([field, inner]) => (inner === null ? [] : assignments(`${name}.${field}`, inner)))
}

export function render(value: unknown): string {
  if (value === null || value === undefined || value === '') return '-'
  if (Array.isArray(value)) return value.length === 0 ? '-' : value.map(render).join(',')
  if (typeof value !== 'object') return String(value)
  const entries = Object.entries(value)
  if (
    entries
      .map(([name]) => name)
      .sort()
      .join() === 'datastore,file'
  )
    return Object.values(value).join('/')
  const given = entries.filter(([, inner]) => inner !== null)
  return given.length === 0 ? '-' : given.map(([name, inner]) => `${name}=${render(inner)}`).join(',')
}

function guestPairs(guest: Vm['status']['guest']): readonly Pair[] {
  if (guest === undefined) return []
  const said = Object.entries(guest.claims ?? {}).map(
    ([name, value]): Pair => [`Guest says: ${words(name).toLowerCase()}`, renderClaim(value)],
  )
  return [['Guest agent', guest.agent], ...said]
}

function renderClaim(value: unknown): string {
  if (!Array.isArray(value)) return render(value)
  const addresses = value.map((item) =>
    typeof item === 'object' && item !== null && 'address' in item ? String(item.address) : render(item),
  )
  return addresses.length === 0 ? '-' : addresses.join(', ')
}

/** Whether a change of this field, or of something inside it, waits. */
function isPending(path: string, pending: readonly string[]): boolean {
  return pending.some((waiting) => waiting === path || waiting.startsWith(`${path}.`) || path.startsWith(`${waiting}.`))
}

/** When a change of a field counts, in words. */
export function inForce(path: string, { powerState, pending = [] }: Vm['status']): string {
  if (isPending(path, pending)) return 'at the next power-on'
  const off = powerState === 'off' || powerState === 'crashed'
  return off && !HOST_FIELDS.some((field) => field === path.split('.')[0]) ? 'when powered on' : 'in force'
}

function mark(path: string, pending: readonly string[]): string {
  return isPending(path, pending) ? '  (at the next power-on)' : ''
}

/** `startedAt` → `Started at`. */
function words(name: string): string {
  const spaced = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  return spaced.charAt(0).toUpperCase() + spaced.slice(1)
}
