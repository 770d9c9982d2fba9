// Generations of the configuration: what counts as configuration, what one change of it is, and how two states of an object differ. Secrets are shown nowhere.
import { LEFT_OUT, SECRET_FIELDS, withoutSecrets } from './audit.ts'

export const CONFIGURATION_KINDS = ['setting', 'user', 'vm'] as const
export type ConfigurationKind = (typeof CONFIGURATION_KINDS)[number]

/** One object as it was before and after; null where it was not there. */
export interface ConfigurationChange {
  readonly kind: ConfigurationKind
  /** A setting's key, a user's name, a VM's id. */
  readonly id: string
  readonly before: unknown
  readonly after: unknown
}

export interface GenerationHead {
  /** From 1, increasing, never used twice. */
  readonly number: number
  /** RFC 3339, UTC. */
  readonly at: string
  /** Who changed it: a user, `console`, or `host` for what the host did by itself. */
  readonly by: string
  /** What was done, in words. */
  readonly what: string
  /** How many objects it changed. */
  readonly changes: number
}

export interface Generation extends Omit<GenerationHead, 'changes'> {
  readonly changes: readonly ConfigurationChange[]
}

/** What the host remembers for itself; every other setting is configuration. */
export const RUNTIME_SETTINGS: readonly string[] = [
  ...['autostart', 'boot-request', 'deleted-vms', 'machine', 'networkCards', 'networkPending', 'slotChoice', 'syslog.position'],
]

/** Never put back with a generation: an old lockdown or recovery code must not shut out, or let in, anybody today. */
export const SETTINGS_NEVER_RESTORED: readonly string[] = ['lockdown', 'recoveryCode']

/** A setting as a generation keeps it: without revisions, which are of the store that counts them, and of the recovery code not even the hash. */
export function configurationOfSetting(key: string, value: unknown): unknown {
  if (value === null) return null
  if (key === 'network') return (value as { readonly settings?: unknown }).settings ?? null
  if (key === 'recoveryCode') {
    const { hash, since } = value as { readonly hash: string | null; readonly since?: string }
    return hash === null ? null : { since: since ?? null }
  }
  return withoutRevision(value)
}

function withoutRevision(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutRevision)
  if (typeof value !== 'object' || value === null) return value
  const { revision: _counted, ...rest } = value as Readonly<Record<string, unknown>>
  return rest
}

export interface FieldDifference {
  /** `memoryMiB`, `nics[0].mac`, `[gold].spec.limits.cpus`; empty for the whole. */
  readonly field: string
  readonly before: unknown
  readonly after: unknown
}

export interface ObjectDifference {
  readonly kind: ConfigurationKind
  readonly id: string
  /** Of a VM its name, else the id. */
  readonly name: string
  readonly action: 'added' | 'changed' | 'removed'
  /** Secrets left out. */
  readonly fields: readonly FieldDifference[]
}

export interface GenerationView extends GenerationHead {
  readonly objects: readonly ObjectDifference[]
}

const isSecret = (name: string) => SECRET_FIELDS.includes(name)

/** The fields in which two states of one object differ, in the order of their names. Of secrets it says that they differ, no more. */
export function differingFields(before: unknown, after: unknown, field = ''): readonly FieldDifference[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return []
  const [a, b] = [membersOf(before), membersOf(after)]
  if (a === null || b === null) return [{ field, before: withoutSecrets(before), after: withoutSecrets(after) }]
  const names = [...new Set([...a.keys(), ...b.keys()])].sort()
  return names.flatMap((name) => {
    const [left, right] = [a.get(name) ?? null, b.get(name) ?? null]
    const path = name.startsWith('[') ? `${field}${name}` : field === '' ? name : `${field}.${name}`
    if (!isSecret(name)) return differingFields(left, right, path)
    const told = (value: unknown) => (value === null ? null : LEFT_OUT)
    return JSON.stringify(left) === JSON.stringify(right) ? [] : [{ field: path, before: told(left), after: told(right) }]
  })
}

/** Of an object its fields, of a list of objects its items by their name or slot; null for anything else. */
function membersOf(value: unknown): ReadonlyMap<string, unknown> | null {
  if (typeof value !== 'object' || value === null) return null
  if (!Array.isArray(value)) return new Map(Object.entries(value))
  const keys = value.map(keyOf)
  if (keys.some((key) => key === null) || new Set(keys).size < keys.length) return null
  return new Map(value.map((item: unknown, index) => [`[${keys[index]}]`, item]))
}

function keyOf(item: unknown): string | null {
  if (typeof item !== 'object' || item === null) return null
  const { name, slot, spec, device } = item as Readonly<Record<string, unknown>>
  const own = name ?? slot ?? device ?? (typeof spec === 'object' && spec !== null ? (spec as { readonly name?: unknown }).name : undefined)
  return typeof own === 'string' || typeof own === 'number' ? String(own) : null
}
