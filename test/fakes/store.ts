// A store in memory, with the promises of the real one but durability; can be told to fail.
import type { CredentialKind } from '../../control/src/domain/credential.ts'
import type { Event, NewEvent } from '../../control/src/domain/event.ts'
import type { Task } from '../../control/src/domain/task.ts'
import {
  type CredentialRecord,
  type Durability,
  type SessionRecord,
  type Store,
  StoreConflict,
  type UserRecord,
  type VmRecord,
} from '../../control/src/ports/store.ts'
import { FakeAuditStore } from './audit-store.ts'
import { FakeGenerationStore } from './generation-store.ts'

const MAX_EVENTS = 10_000

interface Contents {
  readonly vms: Map<string, VmRecord>
  readonly tasks: Map<string, Task>
  readonly events: Event[]
  readonly lastEventId: number
  readonly users: Map<string, UserRecord>
  readonly sessions: Map<string, SessionRecord>
  readonly credentials: Map<string, CredentialRecord>
  readonly settings: Map<string, string>
  readonly restoreAudit: () => void
  readonly restoreGenerations: () => void
}

export class FakeStore implements Store {
  #vms = new Map<string, VmRecord>()
  #tasks = new Map<string, Task>()
  #events: Event[] = []
  #lastEventId = 0
  #users = new Map<string, UserRecord>()
  #sessions = new Map<string, SessionRecord>()
  #credentials = new Map<string, CredentialRecord>()
  #settings = new Map<string, string>()
  #open = false
  #hasChanged = false
  readonly audit = new FakeAuditStore(() => this.#write())
  readonly generations = new FakeGenerationStore(() => this.#write())
  syncs = 0
  /** Writes that still succeed; the one after throws, and so do all later ones. */
  writesLeft = Number.POSITIVE_INFINITY

  atomically<T>(body: () => T, durability: Durability = 'synced'): T {
    if (this.#open) throw new Error('transactions do not nest')
    this.#open = true
    this.#hasChanged = false
    const before = this.#save()
    try {
      const result = body()
      if (durability === 'synced' && this.#hasChanged) this.syncs++
      return result
    } catch (error) {
      this.#restore(before)
      throw error
    } finally {
      this.#open = false
    }
  }

  listVms(): readonly VmRecord[] {
    return [...this.#vms.values()]
  }

  getVm(id: string): VmRecord | null {
    return this.#vms.get(id) ?? null
  }

  findVmByName(name: string): VmRecord | null {
    return this.listVms().find(({ spec }) => spec.name === name) ?? null
  }

  putVm(record: VmRecord): void {
    const others = this.listVms().filter(({ id }) => id !== record.id)
    if (others.some(({ spec }) => spec.name === record.spec.name)) throw new StoreConflict('name')
    if (others.some(({ uid }) => uid === record.uid)) throw new StoreConflict('uid')
    this.#write()
    this.#vms.set(record.id, copy(record))
  }

  deleteVm(id: string): void {
    this.#write()
    this.#vms.delete(id)
  }

  putTask(task: Task): void {
    this.#write()
    this.#tasks.set(task.id, copy(task))
  }

  getTask(id: string): Task | null {
    return this.#tasks.get(id) ?? null
  }

  listTasks(limit: number): readonly Task[] {
    return [...this.#tasks.values()].reverse().slice(0, limit)
  }

  listRunningTasks(): readonly Task[] {
    return [...this.#tasks.values()].filter(({ state }) => state === 'running')
  }

  appendEvent(event: NewEvent): Event {
    this.#write()
    const stored: Event = { id: ++this.#lastEventId, ...event }
    this.#events.push(stored)
    if (this.#events.length > MAX_EVENTS) this.#events.shift()
    return stored
  }

  listEvents(afterId: number, limit: number): readonly Event[] {
    return this.#events.filter(({ id }) => id > afterId).slice(0, limit)
  }

  latestEvents(limit: number): readonly Event[] {
    return limit === 0 ? [] : this.#events.slice(-limit)
  }

  getUser(name: string): UserRecord | null {
    return this.#users.get(name) ?? null
  }

  countUsers(): number {
    return this.#users.size
  }

  listUsers(): readonly UserRecord[] {
    return [...this.#users.values()].sort((a, b) => (a.spec.name < b.spec.name ? -1 : 1))
  }

  putUser(user: UserRecord): void {
    this.#write()
    this.#users.set(user.spec.name, copy(user))
  }

  deleteUser(name: string): void {
    this.#write()
    this.#users.delete(name)
    for (const [key, { user }] of this.#credentials) if (user === name) this.#credentials.delete(key)
  }

  putSession(session: SessionRecord): void {
    this.#write()
    this.#sessions.set(session.tokenHash, session)
    const [oldest] = this.#sessions.keys()
    if (this.#sessions.size > 1_000 && oldest !== undefined) this.#sessions.delete(oldest)
  }

  getSession(tokenHash: string): SessionRecord | null {
    return this.#sessions.get(tokenHash) ?? null
  }

  listSessions(): readonly SessionRecord[] {
    return [...this.#sessions.values()]
  }

  deleteSession(tokenHash: string): void {
    this.#write()
    this.#sessions.delete(tokenHash)
  }

  getCredential<Kind extends CredentialKind>(kind: Kind, key: string): CredentialRecord<Kind> | null {
    return (this.#credentials.get(`${kind} ${key}`) as CredentialRecord<Kind> | undefined) ?? null
  }

  listCredentials<Kind extends CredentialKind>(kind: Kind, user?: string): readonly CredentialRecord<Kind>[] {
    const ofKind = [...this.#credentials.values()].filter((credential) => credential.kind === kind) as CredentialRecord<Kind>[]
    return ofKind.filter((credential) => user === undefined || credential.user === user)
  }

  putCredential(credential: CredentialRecord): void {
    this.#write()
    this.#credentials.set(`${credential.kind} ${credential.key}`, copy(credential))
  }

  deleteCredential(kind: CredentialKind, key: string): void {
    this.#write()
    this.#credentials.delete(`${kind} ${key}`)
  }

  getSetting(key: string): unknown {
    const text = this.#settings.get(key)
    return text === undefined ? null : JSON.parse(text)
  }

  listSettingKeys(): readonly string[] {
    return [...this.#settings.keys()].sort()
  }

  putSetting(key: string, value: unknown): void {
    this.#write()
    this.#settings.set(key, JSON.stringify(value))
  }

  forgetConfiguration(keptSettings: readonly string[]): void {
    this.#write()
    this.#users.clear()
    this.#sessions.clear()
    this.#credentials.clear()
    this.generations.clear()
    this.#settings = new Map([...this.#settings].filter(([key]) => keptSettings.includes(key)))
  }

  #write(): void {
    if (this.writesLeft <= 0) throw new Error('the disk is full')
    this.writesLeft--
    if (this.#open) this.#hasChanged = true
    else this.syncs++
  }

  #save(): Contents {
    return {
      vms: new Map(this.#vms),
      tasks: new Map(this.#tasks),
      events: [...this.#events],
      lastEventId: this.#lastEventId,
      users: new Map(this.#users),
      sessions: new Map(this.#sessions),
      credentials: new Map(this.#credentials),
      settings: new Map(this.#settings),
      restoreAudit: this.audit.save(),
      restoreGenerations: this.generations.save(),
    }
  }

  #restore(contents: Contents): void {
    this.#vms = contents.vms
    this.#tasks = contents.tasks
    this.#events = contents.events
    this.#lastEventId = contents.lastEventId
    this.#users = contents.users
    this.#sessions = contents.sessions
    this.#credentials = contents.credentials
    this.#settings = contents.settings
    contents.restoreAudit()
    contents.restoreGenerations()
  }
}

/** What is stored has nothing in common with what the caller holds. */
function copy<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}
