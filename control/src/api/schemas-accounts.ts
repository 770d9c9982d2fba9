// Schemas of users, roles and sessions as they are told.
import * as v from 'valibot'
import { closed } from '../domain/check.ts'
import { field } from '../domain/field.ts'
import { passwordSchema } from '../domain/password.ts'
import { PERMISSION_NAMES } from '../domain/permission.ts'
import { roleSpecSchema, userSpecSchema } from '../domain/user.ts'

const instant = v.string()

const passwordField = v.pipe(
  passwordSchema,
  field({ title: 'Password', description: '12 to 128 characters; not the names of user and host, and not what is guessed first.' }),
)

export const newUserSchema = closed({
  ...userSpecSchema.entries,
  password: v.pipe(
    v.optional(v.nullable(passwordField), null),
    field({ title: 'Password', description: 'Without one, the user cannot log in by password.' }),
  ),
})

export const newPasswordSchema = closed({ password: passwordField })

export const ownPasswordSchema = closed({
  before: v.pipe(v.string(), v.maxLength(1_000), field({ title: 'Password until now' })),
  after: passwordField,
})

export const userSchema = closed({
  spec: userSpecSchema,
  revision: v.number(),
  status: closed({
    hasPassword: v.boolean(),
    passwordChangedAt: v.nullable(instant),
    lastLoginAt: v.nullable(instant),
    sessions: v.number(),
  }),
})

export const roleSchema = closed({ spec: roleSpecSchema, revision: v.number(), builtIn: v.boolean() })

export const permissionSchema = closed({ name: v.picklist(PERMISSION_NAMES), description: v.string() })

export const sessionItemSchema = closed({
  id: v.string(),
  user: v.string(),
  source: v.pipe(v.string(), field({ title: 'Source', description: 'An address, the /64 of an IPv6 one, or `console`.' })),
  client: v.pipe(v.string(), field({ title: 'Client', description: 'What the program that logged in calls itself; its word alone.' })),
  createdAt: instant,
  usedAt: instant,
  expiresAt: v.pipe(instant, field({ title: 'Expires at', description: 'If it does not stand idle before that.' })),
  current: v.pipe(v.boolean(), field({ title: 'Current', description: 'The one that asks.' })),
})
