// Routes about users, roles and sessions, one's own and those of others.
import { PERMISSIONS } from '../domain/permission.ts'
import { sessionPolicySchema } from '../domain/session.ts'
import { type Role, type RoleSpec, roleSpecSchema, type User, type UserPrincipal, type UserSpec } from '../domain/user.ts'
import { json, noContent } from './answer.ts'
import { etag, matches } from './etag.ts'
import type { CompleteResponse } from './message.ts'
import { type Call, type Route, withBody, withoutBody } from './route.ts'
import { emptySchema, listOf, patchSchema } from './schemas.ts'
import {
  newPasswordSchema,
  newUserSchema,
  ownPasswordSchema,
  permissionSchema,
  roleSchema,
  sessionItemSchema,
  userSchema,
} from './schemas-accounts.ts'

const MERGE_PATCH = ['application/merge-patch+json', 'application/json']
const GONE = { status: 204, description: 'It is gone' }

type Headers = Readonly<Record<string, string>>

const userAnswer = (status: number, user: User, headers: Headers = {}): CompleteResponse =>
  json(status, user, { etag: etag(user.revision), ...headers })
const roleAnswer = (status: number, role: Role, headers: Headers = {}): CompleteResponse =>
  json(status, role, { etag: etag(role.revision), ...headers })

const userOf = ({ parameters }: Pick<Call<unknown>, 'parameters'>) => parameters.user ?? ''
const roleOf = ({ parameters }: Pick<Call<unknown>, 'parameters'>) => parameters.role ?? ''
const required = ({ headers }: Pick<Call<unknown>, 'headers'>) => matches(headers['if-match'] ?? '')
const optional = ({ headers }: Pick<Call<unknown>, 'headers'>) => matches(headers['if-match'] ?? '*')

/** Every route that asks it is for users alone. */
function self({ principal }: Pick<Call<unknown>, 'principal'>): UserPrincipal {
  if (principal.kind !== 'user') throw new TypeError('a route for users was let through for somebody else')
  return principal
}

const by = (call: Pick<Call<unknown>, 'principal' | 'by'>) => ({ by: call.by, held: self(call).held })

const userRoutes: readonly Route[] = [
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/users', who: 'user.manage', summary: 'All users' },
      answers: [{ status: 200, description: 'By name', schema: listOf(userSchema) }],
    },
    ({ app }) => json(200, { items: app.users.list() }),
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/users', who: 'user.manage', summary: 'Make a user' },
      answers: [{ status: 201, description: 'The user', schema: userSchema }],
    },
    { schema: newUserSchema, prefix: 'user', secret: true },
    async (call) => {
      const { password, ...spec } = call.body
      const user = await call.app.users.create(spec as UserSpec, password, by(call))
      return userAnswer(201, user, { location: `/v1/users/${user.spec.name}` })
    },
  ),
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/users/{user}', who: 'user.manage', summary: 'One user' },
      answers: [{ status: 200, description: 'The user', schema: userSchema }],
    },
    (call) => userAnswer(200, call.app.users.get(userOf(call))),
  ),
  withBody(
    {
      ...{ method: 'PATCH', path: '/v1/users/{user}', who: 'user.manage', ifMatch: 'required' },
      summary: 'Change a user by a merge patch; one who is disabled is logged out everywhere',
      answers: [{ status: 200, description: 'The user as changed', schema: userSchema }],
    },
    { schema: patchSchema, prefix: 'user', mediaTypes: MERGE_PATCH },
    (call) => userAnswer(200, call.app.users.patch(userOf(call), call.body, required(call), by(call))),
  ),
  withBody(
    {
      ...{ method: 'PUT', path: '/v1/users/{user}/password', who: 'user.manage' },
      summary: 'Set the password of a user, who is logged out everywhere',
      answers: [{ status: 204, description: 'It is the one to log in with' }],
    },
    { schema: newPasswordSchema, prefix: 'user', secret: true },
    async (call) => {
      await call.app.users.setPassword(userOf(call), call.body.password, by(call))
      return noContent()
    },
  ),
  withBody(
    {
      ...{ method: 'DELETE', path: '/v1/users/{user}', who: 'user.manage', ifMatch: 'optional' },
      summary: 'Delete a user, who is logged out everywhere',
      answers: [GONE],
    },
    { schema: emptySchema, prefix: 'user' },
    (call) => {
      call.app.users.remove(userOf(call), optional(call), by(call))
      return noContent()
    },
  ),
]

const roleRoutes: readonly Route[] = [
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/permissions', who: 'user', summary: 'All permissions, with what they allow' },
      answers: [{ status: 200, description: 'Always the same', schema: listOf(permissionSchema) }],
    },
    () => json(200, { items: Object.entries(PERMISSIONS).map(([name, description]) => ({ name, description })) }),
  ),
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/roles', who: 'user', summary: 'All roles' },
      answers: [{ status: 200, description: 'Those that come with the product first', schema: listOf(roleSchema) }],
    },
    ({ app }) => json(200, { items: app.roles.list() }),
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/roles', who: 'user.manage', summary: 'Make a role' },
      answers: [{ status: 201, description: 'The role', schema: roleSchema }],
    },
    { schema: roleSpecSchema, prefix: 'role' },
    (call) => {
      const role = call.app.roles.create(call.body as RoleSpec, by(call))
      return roleAnswer(201, role, { location: `/v1/roles/${role.spec.name}` })
    },
  ),
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/roles/{role}', who: 'user', summary: 'One role' },
      answers: [{ status: 200, description: 'The role', schema: roleSchema }],
    },
    (call) => roleAnswer(200, call.app.roles.get(roleOf(call))),
  ),
  withBody(
    {
      ...{ method: 'PATCH', path: '/v1/roles/{role}', who: 'user.manage', ifMatch: 'required' },
      summary: 'Change a role by a merge patch; it counts at once for all who have it',
      answers: [{ status: 200, description: 'The role as changed', schema: roleSchema }],
    },
    { schema: patchSchema, prefix: 'role', mediaTypes: MERGE_PATCH },
    (call) => roleAnswer(200, call.app.roles.patch(roleOf(call), call.body, required(call), by(call))),
  ),
  withBody(
    {
      ...{ method: 'DELETE', path: '/v1/roles/{role}', who: 'user.manage', ifMatch: 'optional' },
      summary: 'Delete a role that nobody has',
      answers: [GONE],
    },
    { schema: emptySchema, prefix: 'role' },
    (call) => {
      call.app.roles.remove(roleOf(call), optional(call), by(call))
      return noContent()
    },
  ),
]

const sessionRoutes: readonly Route[] = [
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/sessions', who: 'user.manage', summary: 'The sessions of all users' },
      answers: [{ status: 200, description: 'The latest first', schema: listOf(sessionItemSchema) }],
    },
    (call) => json(200, { items: call.app.sessionBook.list(null, self(call).tokenHash) }),
  ),
  withBody(
    {
      ...{ method: 'DELETE', path: '/v1/sessions/{session}', who: 'user.manage', summary: 'End a session of anybody' },
      answers: [{ status: 204, description: 'Its token is no longer one' }],
    },
    { schema: emptySchema, prefix: 'session' },
    ({ app, parameters }) => {
      app.sessionBook.end(parameters.session ?? '', null)
      return noContent()
    },
  ),
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/session-policy', who: 'host.view', summary: 'How long sessions last' },
      answers: [{ status: 200, description: 'As it is now', schema: sessionPolicySchema }],
    },
    ({ app }) => json(200, app.sessionBook.policy()),
  ),
  withBody(
    {
      ...{ method: 'PATCH', path: '/v1/session-policy', who: 'user.manage' },
      summary: 'Change how long sessions last, by a merge patch; it counts for those that there are, too',
      answers: [{ status: 200, description: 'As it is from now on', schema: sessionPolicySchema }],
    },
    { schema: patchSchema, prefix: 'session-policy', mediaTypes: MERGE_PATCH },
    (call) => json(200, call.app.sessionBook.setPolicy(call.body, call.by)),
  ),
]

const ownRoutes: readonly Route[] = [
  withBody(
    {
      ...{
        method: 'POST',
        path: '/v1/me/password',
        who: 'user',
        sessionOnly: true,
        summary: 'Change one’s own password; all other sessions of oneself end',
      },
      answers: [{ status: 204, description: 'It is the one to log in with' }],
    },
    { schema: ownPasswordSchema, prefix: 'me', secret: true },
    async (call) => {
      await call.app.users.changeOwnPassword(self(call), call.body, call.source)
      return noContent()
    },
  ),
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/me/sessions', who: 'user', summary: 'One’s own sessions' },
      answers: [{ status: 200, description: 'The latest first', schema: listOf(sessionItemSchema) }],
    },
    (call) => json(200, { items: call.app.sessionBook.list(self(call).name, self(call).tokenHash) }),
  ),
  withBody(
    {
      ...{ method: 'DELETE', path: '/v1/me/sessions/{session}', who: 'user', summary: 'End one of one’s own sessions' },
      answers: [{ status: 204, description: 'Its token is no longer one' }],
    },
    { schema: emptySchema, prefix: 'session' },
    (call) => {
      call.app.sessionBook.end(call.parameters.session ?? '', self(call).name)
      return noContent()
    },
  ),
]

export const accountRoutes: readonly Route[] = [...userRoutes, ...roleRoutes, ...sessionRoutes, ...ownRoutes]
