// Users: made, changed and deleted by those who manage them, never beyond their own rights, and never so that nobody could manage the host any more.
import { check } from '../domain/check.ts'
import type { Target } from '../domain/event.ts'
import { mergePatch } from '../domain/merge-patch.ts'
import { findPasswordProblems } from '../domain/password.ts'
import type { Place } from '../domain/permission.ts'
import type { Problem } from '../domain/problem.ts'
import { type Grant, type User, type UserPrincipal, type UserSpec, userSpecSchema } from '../domain/user.ts'
import { same } from '../domain/vm-difference.ts'
import type { UserRecord } from '../ports/store.ts'
import { NEW_USER } from './first-user.ts'
import type { Draft, Ledger } from './ledger.ts'
import type { LockdownControl } from './lockdown.ts'
import type { Places } from './places.ts'
import type { AppPorts } from './ports.ts'
import { invalid, Refusal } from './refusal.ts'
import type { RoleBook } from './role-book.ts'
import { type By, requireCovered } from './roles.ts'
import type { SessionBook } from './session-book.ts'
import type { Sessions } from './sessions.ts'

export interface Users {
  /** Who holds grants on it. */
  grantedOn(place: Place): readonly string[]
  list(): readonly User[]
  /** Refuses with `user.not-found`. */
  get(name: string): User
  /** Refuses with `user.name.in-use`, `user.too-many`, `user.beyond-own-rights`, `password.…`. */
  create(spec: UserSpec, password: string | null, by: By): Promise<User>
  /** A merge patch of the spec; one who is disabled loses all sessions. Refuses with `user.revision-changed`, `user.name.fixed`, `user.last-administrator`, `lockdown.nobody-left`, `user.beyond-own-rights`. */
  patch(name: string, patch: unknown, matches: (revision: number) => boolean, by: By): User
  /** Ends all sessions of the user. Refuses with `user.not-found`, `user.beyond-own-rights`, `password.…`. */
  setPassword(name: string, password: string, by: By): Promise<void>
  /** Ends all other sessions of the user. Refuses with `password.wrong`, `auth.rate-limited`, `password.…`. */
  changeOwnPassword(self: UserPrincipal, passwords: { readonly before: string; readonly after: string }, source: string): Promise<void>
  /** Refuses with `user.not-found`, `user.revision-changed`, `user.last-administrator`, `lockdown.nobody-left`, `user.beyond-own-rights`. */
  remove(name: string, matches: (revision: number) => boolean, by: By): void
}

const MAX_USERS = 1_000

/** Someone who can log in by password and may do everything. */
function isAdministrator({ spec, passwordHash }: UserRecord): boolean {
  return !spec.disabled && passwordHash !== null && spec.grants.some(({ role, on }) => role === 'administrator' && on === 'host')
}

type Ports = Pick<AppPorts, 'store' | 'host' | 'passwords' | 'clock'>

interface Parts {
  readonly roles: RoleBook
  readonly book: SessionBook
  readonly sessions: Sessions
  readonly places: Places
  readonly lockdown: Pick<LockdownControl, 'keepWayOut'>
}

export function createUsers(
  { store, host, passwords, clock }: Ports,
  ledger: Ledger,
  { roles, book, sessions, places, lockdown }: Parts,
): Users {
  // Ids of VMs are never given twice; what was granted on one that is gone is only in the way.
  ledger.follow(({ code, target }) => {
    if (code === 'vm.deleted') dropGrantsOn(`vm:${target.id}`)
  })

  const holdersOn = (place: Place) => store.listUsers().filter(({ spec }) => spec.grants.some(({ on }) => on === place))

  function dropGrantsOn(place: Place): void {
    const holders = holdersOn(place)
    if (holders.length === 0) return
    ledger.write((draft) => {
      for (const user of holders) {
        const spec = { ...user.spec, grants: user.spec.grants.filter(({ on }) => on !== place) }
        draft.putUser({ ...user, spec, revision: user.revision + 1 })
      }
    })
  }

  function record(name: string): UserRecord {
    const user = store.getUser(name)
    if (user === null) throw new Refusal('not-found', 'user.not-found', `There is no user ${name}.`)
    return user
  }

  function view({ spec, revision, passwordHash, passwordChangedAt, lastLoginAt }: UserRecord): User {
    const status = { hasPassword: passwordHash !== null, passwordChangedAt, lastLoginAt, sessions: book.list(spec.name, null).length }
    return { spec, revision, status }
  }

  function requireRevision({ spec, revision }: UserRecord, matches: (revision: number) => boolean): void {
    if (matches(revision)) return
    throw new Refusal('precondition-failed', 'user.revision-changed', `The user ${spec.name} is at revision ${revision} now.`)
  }

  function requireAdministratorBesides(user: UserRecord): void {
    if (!isAdministrator(user)) return
    if (store.listUsers().some((other) => other.spec.name !== user.spec.name && isAdministrator(other))) return
    const message = `${user.spec.name} is the last one who may do everything and can log in by password.`
    throw new Refusal('conflict', 'user.last-administrator', message)
  }

  /** Of grants that there were before, nothing is asked. */
  function requireGrantable(grants: readonly Grant[], before: readonly Grant[]): void {
    const problems = grants.flatMap((grant, index): Problem[] => {
      if (before.some((old) => same(old, grant))) return []
      const field = `grants[${index}]`
      const role = { code: 'user.grants.role.not-found', field: `${field}.role`, message: 'is no role of this host', got: grant.role }
      const on = { code: 'user.grants.on.not-found', field: `${field}.on`, message: 'is no pool or VM of this host', got: grant.on }
      return [...(roles.get(grant.role) === null ? [role] : []), ...(places.isThere(grant.on) ? [] : [on])]
    })
    if (problems.length > 0) throw invalid(problems)
  }

  async function hashOf(password: string, userName: string): Promise<string> {
    const problems = findPasswordProblems(password, { userName, hostname: host.observeStatus().hostname })
    if (problems.length > 0) throw invalid(problems)
    return passwords.hash(password)
  }

  function tell(draft: Draft, name: string, what: string, by: string): void {
    const target: Target = { kind: 'user', id: name }
    const [code, sentence] = what.split(': ')
    draft.event(`user.${code}`, 'info', target, `${sentence} by ${by}.`)
  }

  return {
    grantedOn: (place) => holdersOn(place).map(({ spec }) => spec.name),
    list: () => store.listUsers().map(view),
    get: (name) => view(record(name)),

    async create(spec, password, { by, held }) {
      const { name } = spec
      const refuseIfThere = () => {
        if (store.getUser(name) !== null) throw new Refusal('conflict', 'user.name.in-use', `There is a user ${name} already.`)
        if (store.countUsers() >= MAX_USERS) throw new Refusal('conflict', 'user.too-many', `A host has at most ${MAX_USERS} users.`)
      }
      refuseIfThere()
      requireGrantable(spec.grants, [])
      requireCovered(held, roles.heldBy(spec.grants))
      const passwordHash = password === null ? null : await hashOf(password, name)
      const user: UserRecord = { ...NEW_USER, spec, passwordHash, passwordChangedAt: password === null ? null : clock.now() }
      ledger.write((draft) => {
        refuseIfThere()
        draft.putUser(user)
        tell(draft, name, `created: The user ${name} was created`, by)
      }, by)
      return view(user)
    },

    patch(name, patch, matches, { by, held }) {
      const before = record(name)
      requireRevision(before, matches)
      const checked = check(userSpecSchema, mergePatch(before.spec, patch), 'user')
      if (!checked.ok) throw invalid(checked.problems)
      const spec = checked.value as UserSpec
      if (spec.name !== name) throw invalid([{ code: 'user.name.fixed', field: 'name', message: 'cannot be changed', got: spec.name }])
      if (same(spec, before.spec)) return view(before)
      requireGrantable(spec.grants, before.spec.grants)
      requireCovered(held, roles.heldBy([...before.spec.grants, ...spec.grants]))
      const after = { ...before, spec, revision: before.revision + 1 }
      if (!isAdministrator(after)) requireAdministratorBesides(before)
      ledger.write((draft) => {
        draft.putUser(after)
        lockdown.keepWayOut()
        if (spec.disabled) book.endAll(draft, name)
        tell(draft, name, `changed: The user ${name} was ${spec.disabled && !before.spec.disabled ? 'disabled' : 'changed'}`, by)
      }, by)
      return view(after)
    },

    async setPassword(name, password, { by, held }) {
      requireCovered(held, roles.heldBy(record(name).spec.grants))
      const passwordHash = await hashOf(password, name)
      ledger.write((draft) => {
        const user = record(name)
        requireCovered(held, roles.heldBy(user.spec.grants))
        draft.putUser({ ...user, passwordHash, passwordChangedAt: clock.now() })
        book.endAll(draft, name)
        tell(draft, name, `password-changed: The password of ${name} was changed`, by)
      }, by)
    },

    async changeOwnPassword({ name, tokenHash }, { before, after }, source) {
      await sessions.prove(name, before, source)
      const passwordHash = await hashOf(after, name)
      ledger.write((draft) => {
        draft.putUser({ ...record(name), passwordHash, passwordChangedAt: clock.now() })
        book.endAll(draft, name, tokenHash)
        tell(draft, name, `password-changed: The password of ${name} was changed`, name)
      }, name)
    },

    remove(name, matches, { by, held }) {
      const user = record(name)
      requireRevision(user, matches)
      requireCovered(held, roles.heldBy(user.spec.grants))
      requireAdministratorBesides(user)
      ledger.write((draft) => {
        draft.deleteUser(name)
        lockdown.keepWayOut()
        book.endAll(draft, name)
        tell(draft, name, `deleted: The user ${name} was deleted`, by)
      }, by)
    },
  }
}
