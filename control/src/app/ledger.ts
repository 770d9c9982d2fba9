// The one way to write: a transaction of the store together with what follows from it in memory (the VM records kept at hand, the event feed).
import type { Event, Severity, Target } from '../domain/event.ts'
import type { Task } from '../domain/task.ts'
import type { Clock } from '../ports/clock.ts'
import type { Store, UserRecord, VmRecord } from '../ports/store.ts'
import { createVmIndex, type VmIndex } from './vm-index.ts'

/** What one transaction may write. */
export interface Draft {
  putVm(record: VmRecord): void
  deleteVm(id: string): void
  putTask(task: Task): void
  putUser(user: UserRecord): void
  putSetting(key: string, value: unknown): void
  event(code: string, severity: Severity, target: Target, message: string): void
}

export interface Ledger {
  /** All VMs as the store has them, by id, oldest first. */
  readonly vms: ReadonlyMap<string, VmRecord>
  readonly index: VmIndex
  /** Returns once everything that `body` wrote is durable; when anything throws, nothing of it is. Not nestable. */
  write<T>(body: (draft: Draft) => T): T
  /** Tells every event once it is durable. The returned function ends that. */
  follow(listener: (event: Event) => void): () => void
}

export function createLedger(store: Store, clock: Clock): Ledger {
  const vms = new Map(store.listVms().map((record) => [record.id, record]))
  const index = createVmIndex(vms)
  const listeners = new Set<(event: Event) => void>()

  function write<T>(body: (draft: Draft) => T): T {
    const events: Event[] = []
    const changes: (() => void)[] = []
    const draft: Draft = {
      putVm: (record) => {
        store.putVm(record)
        changes.push(() => {
          vms.set(record.id, record)
          index.put(record)
        })
      },
      deleteVm: (id) => {
        store.deleteVm(id)
        changes.push(() => {
          vms.delete(id)
          index.remove(id)
        })
      },
      putTask: (task) => store.putTask(task),
      putUser: (user) => store.putUser(user),
      putSetting: (key, value) => store.putSetting(key, value),
      event: (code, severity, target, message) => {
        events.push(store.appendEvent({ at: clock.now(), code, severity, target, message }))
      },
    }
    const result = store.atomically(() => body(draft))
    for (const change of changes) change()
    for (const event of events) for (const listener of [...listeners]) listener(event)
    return result
  }

  return {
    vms,
    index,
    write,
    follow(listener) {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
  }
}
