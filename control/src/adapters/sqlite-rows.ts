// Rows of the store ↔ records. Knows column names and JSON columns, never SQL.
import type { Row } from 'hv:sqlite'
import type { CredentialKind } from '../domain/credential.ts'
import type { Event, NewEvent } from '../domain/event.ts'
import type { Task } from '../domain/task.ts'
import { type VmSpec, vmSpecSchema } from '../domain/vm.ts'
import { upgradeSpec } from '../domain/vm-complete.ts'
import { cdromSchema, diskSchema, nicSchema } from '../domain/vm-devices.ts'
import type { LastExit } from '../domain/vm-status.ts'
import type { CredentialRecord, SessionRecord, UserRecord, VmRecord } from '../ports/store.ts'

export function vmFromRow(row: Row): VmRecord {
  const pid = row.process_pid
  const id = text(row, 'id')
  const startedSpec = row.started_spec === null ? null : specFromText(id, text(row, 'started_spec'))
  return {
    id,
    revision: integer(row, 'revision'),
    spec: specFromText(id, text(row, 'spec')),
    uid: integer(row, 'uid'),
    process: pid === null ? null : { pid: integer(row, 'process_pid'), startTime: integer(row, 'process_start_time') },
    startedAt: row.started_at === null ? null : text(row, 'started_at'),
    startedSpec,
    ...(row.runtime === null ? runtimeBefore(startedSpec) : (JSON.parse(text(row, 'runtime')) as Runtime)),
    lastExit: row.last_exit === null ? null : (JSON.parse(text(row, 'last_exit')) as LastExit),
  }
}

type Runtime = Pick<VmRecord, 'bootMemoryMiB' | 'changingTo' | 'suspended' | 'restarts'>

/** Of a record that an earlier version wrote, which changed nothing live. */
function runtimeBefore(startedSpec: VmSpec | null): Runtime {
  return { bootMemoryMiB: startedSpec?.memoryMiB ?? null, changingTo: null, suspended: null, restarts: [] }
}

function runtimeOf({ bootMemoryMiB, changingTo, suspended, restarts }: VmRecord): Runtime {
  return { bootMemoryMiB, changingTo, suspended, restarts }
}

const DEVICES = [
  ['disks', diskSchema],
  ['cdroms', cdromSchema],
  ['nics', nicSchema],
] as const

function itemsOf(list: unknown): readonly object[] {
  return Array.isArray(list) ? (list as readonly object[]) : []
}

function hasAll(value: object, { entries }: { readonly entries: object }): boolean {
  return Object.keys(entries).every((name) => name in value)
}

function specFromText(id: string, kept: string): VmSpec {
  const spec = JSON.parse(kept) as Readonly<Record<string, unknown>>
  const isWhole = hasAll(spec, vmSpecSchema) && DEVICES.every(([list, schema]) => itemsOf(spec[list]).every((item) => hasAll(item, schema)))
  return isWhole ? (spec as unknown as VmSpec) : upgradeSpec(id, spec)
}

/** In the order of the insert statement: id, name, uid, revision, spec, pid, start time, started, started spec, last exit, runtime. */
export function vmToParameters(record: VmRecord): (string | number | null)[] {
  return [
    record.id,
    record.spec.name,
    record.uid,
    record.revision,
    JSON.stringify(record.spec),
    record.process?.pid ?? null,
    record.process?.startTime ?? null,
    record.startedAt,
    record.startedSpec === null ? null : JSON.stringify(record.startedSpec),
    record.lastExit === null ? null : JSON.stringify(record.lastExit),
    JSON.stringify(runtimeOf(record)),
  ]
}

export function taskFromRow(row: Row): Task {
  return JSON.parse(text(row, 'document')) as Task
}

export function eventFromRow(row: Row): Event {
  return { id: integer(row, 'id'), ...(JSON.parse(text(row, 'document')) as NewEvent) }
}

type Account = Omit<UserRecord, 'passwordHash'>

/** Of a user that an earlier version made, with a role and nothing else. */
function accountBefore(row: Row): Account {
  const spec = { name: text(row, 'name'), fullName: '', disabled: false, grants: [{ role: text(row, 'role'), on: 'host' as const }] }
  return { spec, revision: 1, passwordChangedAt: null, lastLoginAt: null, sources: [] }
}

export function userFromRow(row: Row): UserRecord {
  const account = row.account === null ? accountBefore(row) : (JSON.parse(text(row, 'account')) as Account)
  const passwordHash = text(row, 'password_hash')
  return { ...account, passwordHash: passwordHash === '' ? null : passwordHash }
}

/** In the order of the insert statement: name, password hash, role (of no more use), account. */
export function userToParameters({ passwordHash, ...account }: UserRecord): string[] {
  return [account.spec.name, passwordHash ?? '', '', JSON.stringify(account)]
}

export function sessionFromRow(row: Row): SessionRecord {
  return { tokenHash: text(row, 'token_hash'), ...(JSON.parse(text(row, 'document')) as Omit<SessionRecord, 'tokenHash'>) }
}

/** In the order of the insert statement: token hash, user, expires at (of no more use), document. */
export function sessionToParameters({ tokenHash, ...session }: SessionRecord): string[] {
  return [tokenHash, session.user, '', JSON.stringify(session)]
}

export function credentialFromRow<Kind extends CredentialKind>(row: Row, kind: Kind): CredentialRecord<Kind> {
  const document = JSON.parse(text(row, 'document')) as CredentialRecord<Kind>['document']
  return { kind, key: text(row, 'key'), user: text(row, 'user'), document }
}

export function text(row: Row, column: string): string {
  const value = row[column]
  if (typeof value !== 'string') throw new TypeError(`column ${column} is no text`)
  return value
}

export function integer(row: Row, column: string): number {
  const value = row[column]
  if (typeof value !== 'number') throw new TypeError(`column ${column} is no integer`)
  return value
}
