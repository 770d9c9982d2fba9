// The roles: those that come with the product, and this host's own as they are kept in the settings.
import { check } from '../domain/check.ts'
import { BUILT_IN_ROLES, type Held, type Permission } from '../domain/permission.ts'
import { type Grant, type Role, type RoleSpec, roleSpecSchema } from '../domain/user.ts'
import type { Draft, Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'

export interface RoleBook {
  list(): readonly Role[]
  get(name: string): Role | null
  /** Returns once it is durable; `tell` adds events to the same step, and may refuse it. */
  keep(custom: readonly Role[], by: string, tell: (draft: Draft) => void): void
  /** What grants come to; of a role that is not there, nothing. */
  heldBy(grants: readonly Grant[]): readonly Held[]
}

const SETTING = 'roles'

const BUILT_IN: readonly Role[] = (
  [
    ['administrator', 'Everything'],
    ['operator', 'VMs with their consoles, and the files of datastores'],
    ['viewer', 'Look, and change nothing'],
  ] as const
).map(([name, description]) => ({ spec: { name, description, permissions: BUILT_IN_ROLES[name] }, revision: 0, builtIn: true }))

/** Of what an earlier or later version kept, permissions that there are none of are left out. */
export function createRoleBook({ store, log }: Pick<AppPorts, 'store' | 'log'>, ledger: Pick<Ledger, 'write' | 'onReplaced'>): RoleBook {
  function read(): readonly Role[] {
    const kept = store.getSetting(SETTING)
    if (!Array.isArray(kept)) return []
    return (kept as readonly { readonly spec: unknown; readonly revision: number }[]).flatMap(({ spec, revision }) => {
      const checked = check(roleSpecSchema, spec, 'role')
      if (!checked.ok) log('error', `a kept role cannot be understood: ${checked.problems[0]?.code}`)
      return checked.ok ? [{ spec: checked.value as RoleSpec, revision, builtIn: false }] : []
    })
  }

  let custom = read()
  ledger.onReplaced(() => {
    custom = read()
  })
  const list = () => [...BUILT_IN, ...custom]
  const permissionsOf = (name: string): readonly Permission[] => list().find(({ spec }) => spec.name === name)?.spec.permissions ?? []
  return {
    list,
    get: (name) => list().find(({ spec }) => spec.name === name) ?? null,
    keep(next, by, tell) {
      const before = custom
      // In force for what `tell` looks at.
      custom = next
      try {
        ledger.write((draft) => {
          draft.putSetting(
            SETTING,
            next.map(({ spec, revision }) => ({ spec, revision })),
          )
          tell(draft)
        }, by)
      } catch (error) {
        custom = before
        throw error
      }
    },
    heldBy: (grants) => grants.map(({ role, on }) => ({ permissions: permissionsOf(role), on })),
  }
}
