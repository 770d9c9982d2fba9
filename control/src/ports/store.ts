// The durable store: everything that is remembered. An implementation keeps every write that returned, across a power cut.
import type { CredentialDocuments, CredentialKind } from '../domain/credential.ts'
import type { Event, NewEvent } from '../domain/event.ts'
import type { SessionTimes } from '../domain/session.ts'
import type { Task } from '../domain/task.ts'
import type { UserSpec } from '../domain/user.ts'
import type { VmSpec } from '../domain/vm.ts'
import type { LastExit } from '../domain/vm-status.ts'
import type { AuditStore } from './audit-store.ts'
import type { GenerationStore } from './generation-store.ts'
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
  readonly spec: UserSpec
  /** Starts at 1, one more with each change of `spec`. */
  readonly revision: number
  /** argon2id PHC string; null for a user without a password. */
  readonly passwordHash: string | null
  readonly passwordChangedAt: string | null
  readonly lastLoginAt: string | null
  /** From where the user has logged in, the latest first. */
  readonly sources: readonly string[]
}

export interface SessionRecord {
  /** SHA-256 of the token, hex. */
  readonly tokenHash: string
  /** What it is called where it is listed; it opens nothing. */
  readonly id: string
  readonly user: string
  /** Where it was logged in from. */
  readonly source: string
  /** What the program that logged in calls itself; absent in records from before that was kept. */
  readonly client?: string
  readonly times: SessionTimes
}

/**
 * `synced`: kept whatever happens, once it has returned. `ordered`: kept when the process ends, and over a power cut if anything that was written later is;
 * it costs no waiting for the disk.
 */
export type Durability = 'synced' | 'ordered'
export interface CredentialRecord<Kind extends CredentialKind = CredentialKind> {
  readonly kind: Kind
  readonly key: string
  readonly user: string
  readonly document: CredentialDocuments[Kind]
}

/** Every method is one durable step or throws `StoreFailure`; `atomically` makes several into one: all or none. Names and ids not found give null or are no-ops, as said. */
export interface Store {
  /** Runs `body`, rolling everything back when it throws. Not nestable. */
  atomically<T>(body: () => T, durability?: Durability): T
  /** How often something was synced so far: by then, whatever was written before is kept too. */
  readonly syncs: number
  readonly audit: AuditStore
  readonly generations: GenerationStore

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
  /** By name. */
  listUsers(): readonly UserRecord[]
  countUsers(): number
  /** Inserts or replaces by name. */
  putUser(user: UserRecord): void
  /** No-op when absent. */
  deleteUser(name: string): void

  /** The latest 1,000 are kept. */
  putSession(session: SessionRecord): void
  getSession(tokenHash: string): SessionRecord | null
  /** Oldest first. */
  listSessions(): readonly SessionRecord[]
  deleteSession(tokenHash: string): void

  getCredential<Kind extends CredentialKind>(kind: Kind, key: string): CredentialRecord<Kind> | null
  /** In the order in which they came; of one user, or of all. */
  listCredentials<Kind extends CredentialKind>(kind: Kind, user?: string): readonly CredentialRecord<Kind>[]
  /** Inserts or replaces by kind and key. */
  putCredential(credential: CredentialRecord): void
  deleteCredential(kind: CredentialKind, key: string): void

  /** Settings are JSON values by key: `hostname`, `management`, …; null when there is none. */
  getSetting(key: string): unknown
  /** Of those that were ever put, in order. */
  listSettingKeys(): readonly string[]
  putSetting(key: string, value: unknown): void

  /** Forgets all users, sessions, credentials and generations, and all settings but these. */
  forgetConfiguration(keptSettings: readonly string[]): void
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
