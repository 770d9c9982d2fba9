// What one transaction changes of the configuration: gathered while it writes, and added as a generation in the same step.
import { type ConfigurationChange, type ConfigurationKind, configurationOfSetting, RUNTIME_SETTINGS } from '../domain/generation.ts'
import type { UserRecord, VmRecord } from '../ports/store.ts'

export interface GenerationDraft {
  setting(key: string, before: () => unknown, after: unknown): void
  /** Null: there is none. */
  user(name: string, before: () => UserRecord | null, after: UserRecord | null): void
  vm(id: string, before: VmRecord | undefined, after: VmRecord | null): void
  /** What has been forgotten cannot be put back, so a new row of generations begins. */
  beginAnew(): void
  /** Null when nothing of the configuration is different. */
  end(): readonly ConfigurationChange[] | null
}

/** Of a user what is configuration: no hash, no log-in. That the password was changed is told by when. */
export function configurationOfUser(user: UserRecord | null): unknown {
  return user === null ? null : { spec: user.spec, passwordChangedAt: user.passwordChangedAt }
}

export function draftGeneration(): GenerationDraft {
  const found = new Map<string, { readonly kind: ConfigurationKind; readonly id: string; readonly before: unknown; after: unknown }>()
  let anew = false

  function note(kind: ConfigurationKind, id: string, before: () => unknown, after: unknown): void {
    const key = `${kind} ${id}`
    const known = found.get(key)
    if (known === undefined) found.set(key, { kind, id, before: before(), after })
    else known.after = after
  }

  return {
    setting(key, before, after) {
      if (RUNTIME_SETTINGS.includes(key)) return
      note('setting', key, () => configurationOfSetting(key, before()), configurationOfSetting(key, after ?? null))
    },
    user(name, before, after) {
      note('user', name, () => configurationOfUser(before()), configurationOfUser(after))
    },
    vm(id, before, after) {
      // Most of what is written of a VM is what becomes of its process.
      if (before !== undefined && before.spec === after?.spec && !found.has(`vm ${id}`)) return
      note('vm', id, () => before?.spec ?? null, after?.spec ?? null)
    },
    beginAnew() {
      found.clear()
      anew = true
    },
    end() {
      if (anew) return []
      const changes = [...found.values()].filter(({ before, after }) => JSON.stringify(before) !== JSON.stringify(after))
      return changes.length === 0 ? null : changes
    },
  }
}
