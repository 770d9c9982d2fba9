// Users, what they are granted, and who is behind a request.
import * as v from 'valibot'
import { closed, rule } from './check.ts'
import { field } from './field.ts'
import { type Held, PERMISSION_NAMES, type Permission, type Place } from './permission.ts'

/** The name of the user that the seed or the console makes. */
export const FIRST_USER = 'administrator'

/** What tasks and the audit log call those who are no users. */
const RESERVED = ['console', 'anonymous', 'host', 'corbel']

const userNameSchema = v.pipe(
  v.string(),
  v.regex(/^[a-z][a-z0-9._-]{0,31}$/, 'must be 1 to 32 of a-z 0-9 . _ - and start with a letter'),
  rule('reserved', `must not be one of ${RESERVED.join(', ')}`, (name: string) => !RESERVED.includes(name)),
)

const roleNameSchema = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be 1 to 32 of a-z 0-9 - and start with a letter'))

const placeSchema = v.pipe(
  v.string(),
  v.regex(/^(host|pool:[a-z0-9][a-z0-9-]{0,62}|vm:[0-9a-f-]{36})$/, 'must be host, pool:NAME or vm:ID'),
  rule('whole-host', 'must be host for the whole host', (place: string) => place !== 'pool:host'),
)

const grantSchema = closed({
  role: v.pipe(roleNameSchema, field({ title: 'Role', description: 'One that comes with the product, or one of this host’s own.' })),
  on: v.pipe(
    v.optional(placeSchema, 'host'),
    field({ title: 'On', description: '`host` for everything, `pool:NAME` for a pool with all that is in it, or `vm:ID`.' }),
  ),
})

export interface Grant {
  readonly role: string
  readonly on: Place
}

const text = (most: number) => v.pipe(v.string(), v.maxLength(most), v.regex(/^[^\p{C}]*$/u, 'must not have control characters'))

/** What of a user is changed by those who manage users. */
export const userSpecSchema = closed({
  name: v.pipe(userNameSchema, field({ title: 'Name', description: 'Unique on the host; does not change.' })),
  fullName: v.pipe(v.optional(text(100), ''), field({ title: 'Full name', description: 'For people.' })),
  disabled: v.pipe(
    v.optional(v.boolean(), false),
    field({ title: 'Disabled', description: 'Cannot log in; what sessions there were have ended.' }),
  ),
  grants: v.pipe(
    v.optional(
      v.pipe(
        v.array(grantSchema),
        v.maxLength(64),
        rule(
          'duplicate',
          'must not have the same twice',
          (grants: { role: string; on: string }[]) => new Set(grants.map(({ role, on }) => `${role} ${on}`)).size === grants.length,
        ),
      ),
      [],
    ),
    field({ title: 'Grants', description: 'Which roles the user has, each where.' }),
  ),
})

export interface UserSpec {
  readonly name: string
  readonly fullName: string
  readonly disabled: boolean
  readonly grants: readonly Grant[]
}

/** A user, as it is told. */
export interface User {
  readonly spec: UserSpec
  readonly revision: number
  readonly status: {
    /** Without one, the user cannot log in by password. */
    readonly hasPassword: boolean
    readonly passwordChangedAt: string | null
    readonly lastLoginAt: string | null
    readonly sessions: number
  }
}

/** A set of permissions with a name. */
export const roleSpecSchema = closed({
  name: v.pipe(
    roleNameSchema,
    field({ title: 'Name', description: 'Unique on the host; it is what grants refer to, and does not change.' }),
  ),
  description: v.pipe(v.optional(text(500), ''), field({ title: 'Description', description: 'For people.' })),
  permissions: v.pipe(
    v.pipe(v.array(v.picklist(PERMISSION_NAMES)), v.minLength(1), v.maxLength(PERMISSION_NAMES.length)),
    field({ title: 'Permissions', description: 'What it allows, where it is granted.' }),
  ),
})

export interface RoleSpec {
  readonly name: string
  readonly description: string
  readonly permissions: readonly Permission[]
}

export interface Role {
  readonly spec: RoleSpec
  /** 0 for one that came with the product. */
  readonly revision: number
  readonly builtIn: boolean
}

/** Someone who has shown who they are, with what they may. */
export interface UserPrincipal {
  readonly kind: 'user'
  readonly name: string
  readonly held: readonly Held[]
  /** What they have shown: it says who they are on every request. */
  readonly means: 'session' | 'token' | 'certificate'
  /** Of the session or API token the hash, of a certificate the fingerprint. */
  readonly tokenHash: string
  /** Whether they sit at the console of the machine. */
  readonly atConsole: boolean
}

export type Principal =
  | { readonly kind: 'anonymous' }
  /** Someone at the machine itself, who has not said who. */
  | { readonly kind: 'console' }
  | UserPrincipal
