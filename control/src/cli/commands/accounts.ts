// Users and sessions: one's own, and those of others.
import type { Session, SessionPolicy } from '../../domain/session.ts'
import type { Grant, User } from '../../domain/user.ts'
import type { Client } from '../client.ts'
import type { Command, Context } from '../command.ts'
import { canAsk, readPasswords } from '../confirm.ts'
import { usage } from '../failure.ts'
import { print } from '../io.ts'
import { findVm, segment } from '../names.ts'
import { operationCommand } from '../operation-command.ts'
import { whoMay } from '../operations.ts'
import { printResult } from '../output.ts'
import { type Column, renderPairs, renderTable } from '../table.ts'

const grantText = ({ role, on }: Grant) => (on === 'host' ? role : `${role} on ${on}`)

const USER_COLUMNS: readonly Column<User>[] = [
  { title: 'NAME', value: ({ spec }) => spec.name },
  { title: 'FULL NAME', value: ({ spec }) => spec.fullName },
  { title: 'GRANTS', value: ({ spec }) => spec.grants.map(grantText).join(', ') },
  { title: 'CAN LOG IN', value: ({ spec, status }) => (spec.disabled ? 'disabled' : status.hasPassword ? 'yes' : 'no password') },
  { title: 'LAST LOG-IN', value: ({ status }) => status.lastLoginAt },
  { title: 'SESSIONS', value: ({ status }) => status.sessions, align: 'right' },
]

const SESSION_COLUMNS: readonly Column<Session>[] = [
  { title: 'USER', value: ({ user }) => user },
  { title: 'FROM', value: ({ source }) => source },
  { title: 'WITH', value: ({ client }) => client },
  { title: 'SINCE', value: ({ createdAt }) => createdAt },
  { title: 'LAST USE', value: ({ usedAt }) => usedAt },
  { title: 'ENDS', value: ({ expiresAt }) => expiresAt },
  { title: 'ID', value: ({ id, current }) => (current ? `${id} (this one)` : id) },
]

const USER = { name: 'USER', kind: 'text' } as const
const ROLE = { name: 'ROLE', kind: 'text' } as const
const ON = { name: 'ON', kind: 'text', optional: true } as const
const GRANT_DETAILS = 'ON is host (the default), pool:NAME for a pool with all that is in it, or vm:NAME.'

/** `vm:NAME` as the host knows it. */
async function placeOf(client: Client, typed: string | undefined): Promise<string> {
  if (typed?.startsWith('vm:') !== true) return typed ?? 'host'
  return `vm:${(await findVm(client, typed.slice('vm:'.length))).id}`
}

const pathOf = (context: Context) => `/v1/users/${segment(context.given.arguments[0] ?? '')}`

async function change(context: Context, patch: (user: User) => object): Promise<void> {
  const client = context.host()
  const user = await client.call<User>('GET', pathOf(context))
  const headers = { 'if-match': `"${user.revision}"` }
  const after = await client.call<User>('PATCH', pathOf(context), { json: patch(user), headers })
  printResult(context, after, () => `${after.spec.name}: changed, revision ${after.revision}\n`)
}

/** Typed twice at a terminal. */
async function newPassword({ io }: Pick<Context, 'io'>, name: string): Promise<string> {
  const questions = canAsk(io) ? [`New password of ${name}: `, 'The same again: '] : ['']
  const [first = '', second] = await readPasswords(io, questions)
  if (second !== undefined && second !== first) throw usage({ code: 'password.differs', field: '', message: 'The two are not the same.' })
  return first
}

async function changeOwnPassword(context: Context): Promise<void> {
  const { io } = context
  const questions = ['Password until now: ', 'New password: ', ...(canAsk(io) ? ['The same again: '] : [])]
  const [before = '', after = '', again = after] = await readPasswords(io, questions)
  if (again !== after) throw usage({ code: 'password.differs', field: '', message: 'The two are not the same.' })
  await context.host().call('POST', '/v1/me/password', { json: { before, after } })
  print(io, 'Changed. All other sessions of yours have ended.\n')
}

async function createUser(context: Context): Promise<void> {
  const { given } = context
  const [name = ''] = given.arguments
  const client = context.host()
  const on = await placeOf(client, given.value('on'))
  const roles = given.values('role')
  if (roles.length === 0 && given.value('on') !== undefined) {
    throw usage({ code: 'usage.missing-argument', field: '--role', message: 'is what --on is for' })
  }
  const json = {
    ...{ name, fullName: given.value('full-name') ?? '', grants: roles.map((role) => ({ role, on })) },
    ...(given.has('no-password') ? {} : { password: await newPassword(context, name) }),
  }
  const user = await client.call<User>('POST', '/v1/users', { json })
  printResult(context, user, () => `${user.spec.name}: created\n`)
}

async function sessionsOf(context: Context): Promise<void> {
  const path = context.given.has('mine') ? '/v1/me/sessions' : '/v1/sessions'
  const document = await context.host().call<{ items: readonly Session[] }>('GET', path)
  printResult(context, document, () => renderTable(SESSION_COLUMNS, document.items))
}

async function endSession(context: Context): Promise<void> {
  const [id = ''] = context.given.arguments
  const path = context.given.has('mine') ? '/v1/me/sessions' : '/v1/sessions'
  await context.host().call('DELETE', `${path}/${segment(id)}`)
  print(context.io, `${id}: ended\n`)
}

async function policy(context: Context): Promise<void> {
  const { given } = context
  const wanted = { lastsMinutes: given.value('lasts'), idleMinutes: given.value('idle') }
  const patch = Object.fromEntries(
    Object.entries(wanted).flatMap(([field, typed]) => (typed === undefined ? [] : [[field, minutes(typed)]])),
  )
  const json = Object.keys(patch).length === 0 ? {} : { json: patch }
  const method = Object.keys(patch).length === 0 ? 'GET' : 'PATCH'
  const now = await context.host().call<SessionPolicy>(method, '/v1/session-policy', json)
  printResult(context, now, () =>
    renderPairs([
      ['From log-in', `${now.lastsMinutes} min`],
      ['Unused', `${now.idleMinutes} min`],
    ]),
  )
}

function minutes(typed: string): number {
  if (/^\d{1,6}$/.test(typed)) return Number(typed)
  throw usage({ code: 'usage.invalid-value', field: 'MINUTES', message: 'must be a whole number', got: typed })
}

const MINE = { name: 'mine', help: 'One’s own, for which no permission is needed' }

export const accountCommands: readonly Command[] = [
  {
    words: ['password'],
    summary: 'Change one’s own password; all other sessions of oneself end',
    details: ['Without a terminal, the old and the new one are two lines of the input.', whoMay('POST /v1/me/password')],
    run: changeOwnPassword,
  },
  {
    words: ['user', 'list'],
    summary: 'All users',
    details: [whoMay('GET /v1/users')],
    async run(context) {
      const document = await context.host().call<{ items: readonly User[] }>('GET', '/v1/users')
      printResult(context, document, () => renderTable(USER_COLUMNS, document.items))
    },
  },
  {
    words: ['user', 'show'],
    summary: 'One user',
    details: [whoMay('GET /v1/users/{user}')],
    arguments: [USER],
    async run(context) {
      const user = await context.host().call<User>('GET', pathOf(context))
      printResult(context, user, () => renderTable(USER_COLUMNS, [user]))
    },
  },
  {
    words: ['user', 'create'],
    summary: 'Make a user',
    details: ['The password is asked for, or read from the first line of the input.', GRANT_DETAILS, whoMay('POST /v1/users')],
    arguments: [{ name: 'NAME', kind: 'text' }],
    options: () => [
      { name: 'full-name', value: 'TEXT', help: 'For people' },
      { name: 'role', value: 'ROLE', repeated: true, help: 'What the user may; repeatable' },
      { name: 'on', value: 'ON', help: 'Where; default: host' },
      { name: 'no-password', help: 'The user cannot log in by password' },
    ],
    run: createUser,
  },
  {
    words: ['user', 'set'],
    summary: 'Change a user; one who is disabled is logged out everywhere',
    details: [whoMay('PATCH /v1/users/{user}')],
    arguments: [USER],
    options: () => [
      { name: 'full-name', value: 'TEXT', help: 'For people' },
      { name: 'disabled', negatable: true, help: 'Whether the user cannot log in' },
    ],
    async run(context) {
      const { given } = context
      const fullName = given.value('full-name')
      const disabled = given.has('disabled') ? true : given.has('no-disabled') ? false : undefined
      if (fullName === undefined && disabled === undefined) {
        throw usage({ code: 'usage.missing-argument', field: 'FIELD', message: 'no field is given to be changed' })
      }
      await change(context, () => ({ ...(fullName === undefined ? {} : { fullName }), ...(disabled === undefined ? {} : { disabled }) }))
    },
  },
  {
    words: ['user', 'grant'],
    summary: 'Give a role to a user',
    details: [GRANT_DETAILS, whoMay('PATCH /v1/users/{user}')],
    arguments: [USER, ROLE, ON],
    async run(context) {
      const [, role = '', on] = context.given.arguments
      const grant = { role, on: await placeOf(context.host(), on) }
      await change(context, ({ spec }) => ({ grants: [...spec.grants.filter((one) => !isSame(one, grant)), grant] }))
    },
  },
  {
    words: ['user', 'revoke'],
    summary: 'Take a role from a user',
    details: [GRANT_DETAILS, whoMay('PATCH /v1/users/{user}')],
    arguments: [USER, ROLE, ON],
    async run(context) {
      const [name = '', role = '', on] = context.given.arguments
      const grant = { role, on: await placeOf(context.host(), on) }
      await change(context, ({ spec }) => {
        if (spec.grants.some((one) => isSame(one, grant))) return { grants: spec.grants.filter((one) => !isSame(one, grant)) }
        throw usage({ code: 'user.not-granted', field: 'ROLE', message: `${name} does not have ${role} on ${grant.on}` })
      })
    },
  },
  {
    words: ['user', 'password'],
    summary: 'Set the password of a user, who is logged out everywhere',
    details: ['It is asked for, or read from the first line of the input.', whoMay('PUT /v1/users/{user}/password')],
    arguments: [USER],
    async run(context) {
      const [name = ''] = context.given.arguments
      const client = context.host()
      await client.call('PUT', `${pathOf(context)}/password`, { json: { password: await newPassword(context, name) } })
      print(context.io, `${name}: the password was changed\n`)
    },
  },
  operationCommand(['user', 'delete'], 'DELETE /v1/users/{user}', { done: 'deleted', question: (name) => `Delete the user ${name}?` }),
  {
    words: ['session', 'list'],
    summary: 'The sessions of all users, or one’s own',
    details: [whoMay('GET /v1/sessions'), whoMay('GET /v1/me/sessions')],
    options: () => [MINE],
    run: sessionsOf,
  },
  {
    words: ['session', 'end'],
    summary: 'End a session',
    details: [whoMay('DELETE /v1/sessions/{session}'), whoMay('DELETE /v1/me/sessions/{session}')],
    arguments: [{ name: 'SESSION', kind: 'text' }],
    options: () => [MINE],
    run: endSession,
  },
  {
    words: ['session', 'policy'],
    summary: 'How long sessions last, or change it',
    details: ['It counts for the sessions that there are, too.', whoMay('GET /v1/session-policy'), whoMay('PATCH /v1/session-policy')],
    options: () => [
      { name: 'lasts', value: 'MINUTES', help: 'From log-in to the end' },
      { name: 'idle', value: 'MINUTES', help: 'From the last use to the end' },
    ],
    run: policy,
  },
]

function isSame(a: Grant, b: { readonly role: string; readonly on: string }): boolean {
  return a.role === b.role && a.on === b.on
}
