// The one way to write: a transaction of the store together with what follows from it in memory (the VM records kept at hand, the event feed).

import type { CredentialKind } from '../domain/credential.ts'
import type { Event, Severity, Target } from '../domain/event.ts'
import type { ConfigurationChange } from '../domain/generation.ts'
import type { Task } from '../domain/task.ts'
import type { Clock } from '../ports/clock.ts'
import type { CredentialRecord, SessionRecord, Store, UserRecord, VmRecord } from '../ports/store.ts'
import { draftGeneration } from './generation-draft.ts'
import { createVmIndex, type VmIndex } from './vm-index.ts'

/** What one transaction may write. */
export interface Draft {
  putVm(record: VmRecord): void
  deleteVm(id: string): void
  putTask(task: Task): void
  putUser(user: UserRecord): void
  putCredential(credential: CredentialRecord): void
  deleteCredential(kind: CredentialKind, key: string): void
  deleteUser(name: string): void
  putSession(session: SessionRecord): void
  deleteSession(tokenHash: string): void
  putSetting(key: string, value: unknown): void
  forgetConfiguration(keptSettings: readonly string[]): void
  /** Once this is durable, those who keep settings at hand read them anew. */
  replaced(): void
  event(code: string, severity: Severity, target: Target, message: string): void
}

export interface Ledger {
  /** All VMs as the store has them, by id, oldest first. */
  readonly vms: ReadonlyMap<string, VmRecord>
  readonly index: VmIndex
  /**
   * Returns once everything that `body` wrote is durable; when anything throws, nothing of it is. Not nestable.
   * What it changes of the configuration is a generation, of `by`: who asked for it, or else the host.
   */
  write<T>(body: (draft: Draft) => T, by?: string): T
  /** Calls when the configuration has been put in place of another as a whole, and that is durable: what is kept at hand of settings is to be read anew. */
  onReplaced(listener: () => void): void
  /** Tells every event once it is durable. The returned function ends that. */
  follow(listener: (event: Event) => void): () => void
}

export function createLedger(store: Store, clock: Clock): Ledger {
  const vms = new Map(store.listVms().map((record) => [record.id, record]))
  const index = createVmIndex(vms)
  const listeners = new Set<(event: Event) => void>()
  const replacements: (() => void)[] = []

  function write<T>(body: (draft: Draft) => T, by = 'host'): T {
    const events: Event[] = []
    const changes: (() => void)[] = []
    const generation = draftGeneration()
    const draft: Draft = {
      putVm: (record) => {
        generation.vm(record.id, vms.get(record.id), record)
        store.putVm(record)
        changes.push(() => {
          vms.set(record.id, record)
          index.put(record)
        })
      },
      deleteVm: (id) => {
        generation.vm(id, vms.get(id), null)
        store.deleteVm(id)
        changes.push(() => {
          vms.delete(id)
          index.remove(id)
        })
      },
      putTask: (task) => store.putTask(task),
      putUser: (user) => {
        generation.user(user.spec.name, () => store.getUser(user.spec.name), user)
        store.putUser(user)
      },
      putCredential: (credential) => store.putCredential(credential),
      deleteCredential: (kind, key) => store.deleteCredential(kind, key),
      deleteUser: (name) => {
        generation.user(name, () => store.getUser(name), null)
        store.deleteUser(name)
      },
      putSession: (session) => store.putSession(session),
      deleteSession: (tokenHash) => store.deleteSession(tokenHash),
      putSetting: (key, value) => {
        generation.setting(key, () => store.getSetting(key), value)
        store.putSetting(key, value)
      },
      forgetConfiguration: (kept) => {
        generation.beginAnew()
        store.forgetConfiguration(kept)
      },
      replaced: () =>
        changes.push(() => {
          for (const listener of replacements) listener()
        }),
      event: (code, severity, target, message) => {
        events.push(store.appendEvent({ at: clock.now(), code, severity, target, message }))
      },
    }
    const result = store.atomically(() => {
      const given = body(draft)
      const changed = generation.end()
      if (changed !== null) {
        const what = events.length === 0 ? wordsFor(changed) : events.map(({ message }) => message).join(' ')
        store.generations.append({ at: clock.now(), by, what, changes: changed })
      }
      return given
    })
    for (const change of changes) change()
    for (const event of events) for (const listener of [...listeners]) listener(event)
    return result
  }

  return {
    vms,
    index,
    write,
    onReplaced(listener) {
      replacements.push(listener)
    },
    follow(listener) {
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
      }
    },
  }
}

function wordsFor(changes: readonly ConfigurationChange[]): string {
  return `Changed: ${changes.map(({ kind, id }) => `${kind} ${id}`).join(', ')}.`.slice(0, 500)
}
