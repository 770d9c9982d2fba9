// The durable store: everything that is remembered. An implementation keeps every write that returned, across a power cut.
import type { Event, NewEvent } from '../domain/event.ts'
import type { Task } from '../domain/task.ts'
import type { Role } from '../domain/user.ts'
import type { VmSpec } from '../domain/vm.ts'
import type { LastExit } from '../domain/vm-status.ts'
import type { ProcessIdentity } from './vm-host.ts'

export interface VmRecord {
  readonly id: string
  /** Starts at 1, one more with each change of `spec`. */
  readonly revision: number
  readonly spec: VmSpec
  /** The VM's own uid, 20000 upwards, unique among VMs. */
  readonly uid: number
  /** What was started last and has not been seen to end. */
  readonly process: ProcessIdentity | null
  readonly startedAt: string | null
  /** What is in force in `process`: the spec that it was started with, and what has been changed live since. Files in it are open, whatever `spec` says by now. Null when `process` is. */
  readonly startedSpec: VmSpec | null
  /** The memory that `process` was started with; what it has more was added live. Null when `process` is. */
  readonly bootMemoryMiB: number | null
  /** What is being made of `startedSpec` just now; null unless a task is at it. */
  readonly changingTo: VmSpec | null
  readonly suspended: Suspended | null
  /** When it was started again after crashes, ms since the epoch; those that still count against its policy. */
  readonly restarts: readonly number[]
  readonly lastExit: LastExit | null
}

/** A VM whose memory is on disk. */
export interface Suspended {
  readonly at: string
  /** What it ran with, and has to be resumed with. */
  readonly spec: VmSpec
  readonly bootMemoryMiB: number
}

export interface UserRecord {
  readonly name: string
  /** argon2id PHC string. */
  readonly passwordHash: string
  readonly role: Role
}

export interface SessionRecord {
  /** SHA-256 of the token, hex. */
  readonly tokenHash: string
  readonly user: string
  readonly expiresAt: string
}

/** Every method is one durable step or throws `StoreFailure`; `atomically` makes several into one: all or none. Names and ids not found give null or are no-ops, as said. */
export interface Store {
  /** Runs `body`, rolling everything back when it throws. Not nestable. */
  atomically<T>(body: () => T): T

  listVms(): readonly VmRecord[]
  getVm(id: string): VmRecord | null
  findVmByName(name: string): VmRecord | null
  /** Inserts or replaces by id. Throws `StoreConflict` when the name or uid is another VM's. */
  putVm(record: VmRecord): void
  /** No-op when absent. */
  deleteVm(id: string): void

  putTask(task: Task): void
  getTask(id: string): Task | null
  /** Latest first, at most `limit`. */
  listTasks(limit: number): readonly Task[]
  listRunningTasks(): readonly Task[]

  /** Appends and returns it with its id (increasing, never reused). Keeps the newest 10,000. */
  appendEvent(event: NewEvent): Event
  /** Events with an id above `afterId`, oldest first, at most `limit`. */
  listEvents(afterId: number, limit: number): readonly Event[]
  /** The newest `limit` events, oldest first. */
  latestEvents(limit: number): readonly Event[]

  getUser(name: string): UserRecord | null
  countUsers(): number
  putUser(user: UserRecord): void

  /** The latest 1,000 are kept. */
  putSession(session: SessionRecord): void
  getSession(tokenHash: string): SessionRecord | null
  deleteSession(tokenHash: string): void
  deleteSessionsExpiredBefore(at: string): void

  /** Settings are JSON values by key: `hostname`, `management`, …; null when there is none. */
  getSetting(key: string): unknown
  putSetting(key: string, value: unknown): void
}

/** A uniqueness rule was broken. `field` is `name` or `uid`. */
export class StoreConflict extends Error {
  override readonly name = 'StoreConflict'
  constructor(readonly field: 'name' | 'uid') {
    super(`${field} is in use`)
  }
}

/** The storage refused: nothing of the step is kept. `store.full` when there is no room, `store.failed` for anything else. */
export class StoreFailure extends Error {
  override readonly name = 'StoreFailure'
  constructor(
    readonly code: 'store.full' | 'store.failed',
    message: string,
  ) {
    super(message)
  }
}
