// Roles, and the permissions that they are made of.
import type { Role } from '../../domain/user.ts'
import type { Command, Context } from '../command.ts'
import { usage } from '../failure.ts'
import { segment } from '../names.ts'
import { operationCommand } from '../operation-command.ts'
import { whoMay } from '../operations.ts'
import { printResult } from '../output.ts'
import { type Column, renderTable } from '../table.ts'

const COLUMNS: readonly Column<Role>[] = [
  { title: 'NAME', value: ({ spec }) => spec.name },
  { title: 'BUILT IN', value: ({ builtIn }) => (builtIn ? 'yes' : 'no') },
  { title: 'DESCRIPTION', value: ({ spec }) => spec.description },
  { title: 'PERMISSIONS', value: ({ spec }) => spec.permissions.join(' ') },
]

interface PermissionItem {
  readonly name: string
  readonly description: string
}

const ROLE = { name: 'ROLE', kind: 'text' } as const
const pathOf = (context: Context) => `/v1/roles/${segment(context.given.arguments[0] ?? '')}`

async function setRole(context: Context): Promise<void> {
  const { given } = context
  const [added, removed, description] = [given.values('add-permission'), given.values('remove-permission'), given.value('description')]
  if (added.length + removed.length === 0 && description === undefined) {
    throw usage({ code: 'usage.missing-argument', field: 'FIELD', message: 'no field is given to be changed' })
  }
  const client = context.host()
  const { spec, revision } = await client.call<Role>('GET', pathOf(context))
  const kept = spec.permissions.filter((permission) => !added.includes(permission) && !removed.includes(permission))
  const json = { permissions: [...kept, ...added], ...(description === undefined ? {} : { description }) }
  const role = await client.call<Role>('PATCH', pathOf(context), { json, headers: { 'if-match': `"${revision}"` } })
  printResult(context, role, () => `${role.spec.name}: changed, revision ${role.revision}\n`)
}

export const roleCommands: readonly Command[] = [
  {
    words: ['role', 'list'],
    summary: 'All roles',
    details: [whoMay('GET /v1/roles')],
    async run(context) {
      const document = await context.host().call<{ items: readonly Role[] }>('GET', '/v1/roles')
      printResult(context, document, () => renderTable(COLUMNS, document.items))
    },
  },
  {
    words: ['role', 'show'],
    summary: 'One role',
    details: [whoMay('GET /v1/roles/{role}')],
    arguments: [ROLE],
    async run(context) {
      const role = await context.host().call<Role>('GET', pathOf(context))
      printResult(context, role, () => renderTable(COLUMNS, [role]))
    },
  },
  {
    words: ['role', 'permissions'],
    summary: 'All permissions, with what they allow',
    details: [whoMay('GET /v1/permissions')],
    async run(context) {
      const document = await context.host().call<{ items: readonly PermissionItem[] }>('GET', '/v1/permissions')
      const columns: readonly Column<PermissionItem>[] = [
        { title: 'NAME', value: ({ name }) => name },
        { title: 'ALLOWS', value: ({ description }) => description },
      ]
      printResult(context, document, () => renderTable(columns, document.items))
    },
  },
  {
    words: ['role', 'create'],
    summary: 'Make a role',
    details: ['`corbel role permissions` lists what there is.', whoMay('POST /v1/roles')],
    arguments: [
      { name: 'NAME', kind: 'text' },
      { name: 'PERMISSION', kind: 'text', repeated: true },
    ],
    options: () => [{ name: 'description', value: 'TEXT', help: 'For people' }],
    async run(context) {
      const [name, ...permissions] = context.given.arguments
      const json = { name, description: context.given.value('description') ?? '', permissions }
      const role = await context.host().call<Role>('POST', '/v1/roles', { json })
      printResult(context, role, () => `${role.spec.name}: created\n`)
    },
  },
  {
    words: ['role', 'set'],
    summary: 'Change a role; it counts at once for all who have it',
    details: [whoMay('PATCH /v1/roles/{role}')],
    arguments: [ROLE],
    options: () => [
      { name: 'description', value: 'TEXT', help: 'For people' },
      { name: 'add-permission', value: 'PERMISSION', repeated: true, help: 'Repeatable' },
      { name: 'remove-permission', value: 'PERMISSION', repeated: true, help: 'Repeatable' },
    ],
    run: setRole,
  },
  operationCommand(['role', 'delete'], 'DELETE /v1/roles/{role}', { done: 'deleted', question: (name) => `Delete the role ${name}?` }),
]
