// Rows of the store ↔ records. Knows column names and JSON columns, never SQL.
import type { Row } from 'hv:sqlite'
import type { Event, NewEvent } from '../domain/event.ts'
import type { Task } from '../domain/task.ts'
import type { LastExit, VmSpec } from '../domain/vm.ts'
import type { SessionRecord, UserRecord, VmRecord } from '../ports/store.ts'

export function vmFromRow(row: Row): VmRecord {
  const pid = row.process_pid
  return {
    id: text(row, 'id'),
    revision: integer(row, 'revision'),
    spec: JSON.parse(text(row, 'spec')) as VmSpec,
    uid: integer(row, 'uid'),
    process: pid === null ? null : { pid: integer(row, 'process_pid'), startTime: integer(row, 'process_start_time') },
    startedAt: row.started_at === null ? null : text(row, 'started_at'),
    startedSpec: row.started_spec === null ? null : (JSON.parse(text(row, 'started_spec')) as VmSpec),
    lastExit: row.last_exit === null ? null : (JSON.parse(text(row, 'last_exit')) as LastExit),
  }
}

/** In the order of the insert statement: id, name, uid, revision, spec, pid, start time, started, started spec, last exit. */
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
  ]
}

export function taskFromRow(row: Row): Task {
  return JSON.parse(text(row, 'document')) as Task
}

export function eventFromRow(row: Row): Event {
  return { id: integer(row, 'id'), ...(JSON.parse(text(row, 'document')) as NewEvent) }
}

export function userFromRow(row: Row): UserRecord {
  return { name: text(row, 'name'), passwordHash: text(row, 'password_hash'), role: text(row, 'role') as UserRecord['role'] }
}

export function sessionFromRow(row: Row): SessionRecord {
  return { tokenHash: text(row, 'token_hash'), user: text(row, 'user'), expiresAt: text(row, 'expires_at') }
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
