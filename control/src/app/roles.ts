// Roles of this host's own: sets of permissions, made by those who have these permissions themselves.
import { check } from '../domain/check.ts'
import { mergePatch } from '../domain/merge-patch.ts'
import { covers, type Held } from '../domain/permission.ts'
import { type Role, type RoleSpec, roleSpecSchema } from '../domain/user.ts'
import { same } from '../domain/vm-difference.ts'
import type { LockdownControl } from './lockdown.ts'
import type { AppPorts } from './ports.ts'
import { invalid, Refusal } from './refusal.ts'
import type { RoleBook } from './role-book.ts'

/** Who makes a change, and what that one may. */
export interface By {
  readonly by: string
  readonly held: readonly Held[]
}

export interface Roles {
  list(): readonly Role[]
  /** Refuses with `role.not-found`. */
  get(name: string): Role
  /** Refuses with `role.name.in-use`, `role.too-many`, `user.beyond-own-rights`. */
  create(spec: RoleSpec, by: By): Role
  /** A merge patch of the spec; refuses with `role.revision-changed`, `role.built-in`, `role.name.fixed`, `lockdown.nobody-left`, `user.beyond-own-rights`. */
  patch(name: string, patch: unknown, matches: (revision: number) => boolean, by: By): Role
  /** Refuses with `role.in-use` while somebody has it, `role.built-in`. */
  remove(name: string, matches: (revision: number) => boolean, by: By): void
}

const MAX_ROLES = 100

/** Nobody gives what they do not have: a manager of users would be an administrator by another name. */
export function requireCovered(held: readonly Held[], wanted: readonly Held[]): void {
  if (covers(held, wanted)) return
  throw new Refusal('forbidden', 'user.beyond-own-rights', 'Only those can do this who hold every permission that it is about themselves.')
}

export function createRoles({ store }: Pick<AppPorts, 'store'>, book: RoleBook, lockdown: Pick<LockdownControl, 'keepWayOut'>): Roles {
  function get(name: string): Role {
    const role = book.get(name)
    if (role === null) throw new Refusal('not-found', 'role.not-found', `There is no role ${name}.`)
    return role
  }

  function own(name: string, matches: (revision: number) => boolean): Role {
    const role = get(name)
    if (role.builtIn) throw new Refusal('conflict', 'role.built-in', `The role ${name} comes with the product and stays as it is.`)
    if (matches(role.revision)) return role
    throw new Refusal('precondition-failed', 'role.revision-changed', `The role ${name} is at revision ${role.revision} now.`)
  }

  const onHost = ({ permissions }: RoleSpec): readonly Held[] => [{ permissions, on: 'host' }]
  const custom = () => book.list().filter(({ builtIn }) => !builtIn)

  function keep(roles: readonly Role[], name: string, what: string, by: string): void {
    const target = { kind: 'host', id: 'host' } as const
    book.keep(roles, by, (draft) => {
      lockdown.keepWayOut()
      draft.event(`role.${what}`, 'info', target, `The role ${name} was ${what} by ${by}.`)
    })
  }

  return {
    list: book.list,
    get,

    create(spec, { by, held }) {
      if (custom().length >= MAX_ROLES) throw new Refusal('conflict', 'role.too-many', `A host has at most ${MAX_ROLES} roles of its own.`)
      if (book.get(spec.name) !== null) throw new Refusal('conflict', 'role.name.in-use', `There is a role ${spec.name} already.`)
      requireCovered(held, onHost(spec))
      const role: Role = { spec, revision: 1, builtIn: false }
      keep([...custom(), role], spec.name, 'created', by)
      return role
    },

    patch(name, patch, matches, { by, held }) {
      const before = own(name, matches)
      const checked = check(roleSpecSchema, mergePatch(before.spec, patch), 'role')
      if (!checked.ok) throw invalid(checked.problems)
      const spec = checked.value as RoleSpec
      if (spec.name !== name) throw invalid([{ code: 'role.name.fixed', field: 'name', message: 'cannot be changed', got: spec.name }])
      if (same(spec, before.spec)) return before
      requireCovered(held, [...onHost(before.spec), ...onHost(spec)])
      const after: Role = { ...before, spec, revision: before.revision + 1 }
      keep(
        custom().map((role) => (role.spec.name === name ? after : role)),
        name,
        'changed',
        by,
      )
      return after
    },

    remove(name, matches, { by, held }) {
      const role = own(name, matches)
      const users = store.listUsers().filter(({ spec }) => spec.grants.some((grant) => grant.role === name))
      if (users.length > 0) {
        const names = users.slice(0, 5).map(({ spec }) => spec.name)
        throw new Refusal('conflict', 'role.in-use', `The role ${name} is granted to ${names.join(', ')}.`)
      }
      requireCovered(held, onHost(role.spec))
      keep(
        custom().filter((other) => other.spec.name !== name),
        name,
        'deleted',
        by,
      )
    },
  }
}
