// Lockdown and the recovery code: looking, locking, opening, and making a code that somebody has noted.
import { jsonSchema } from '../../../openapi/json-schema.ts'
import { type LockdownView, lockdownSchema } from '../../domain/lockdown.ts'
import type { NewRecoveryCode } from '../../domain/recovery-code.ts'
import type { Client } from '../client.ts'
import type { Command, Context } from '../command.ts'
import { canAsk, confirm, readLine } from '../confirm.ts'
import { applyEdits } from '../edits.ts'
import { EXIT } from '../exit-codes.ts'
import { type Failure, failure, usage } from '../failure.ts'
import { fieldOptions, readFieldOptions } from '../field-options.ts'
import { note, print } from '../io.ts'
import { printDocument, printResult } from '../output.ts'
import type { Schema } from '../schema.ts'
import { renderPairs } from '../table.ts'

const PATH = '/v1/host/lockdown'
const CODE_PATH = '/v1/host/recovery-code'

const schema = () => jsonSchema(lockdownSchema) as Schema
const options = () => fieldOptions(schema(), 'edit')

function render({ mode, apiUsers, breakGlass, recoveryCodeSince }: LockdownView): string {
  const names = (list: readonly string[]) => (list.length === 0 ? 'nobody' : list.join(', '))
  return renderPairs([
    ['Mode', mode],
    ['In over the network while it is locked', names(apiUsers)],
    ['In at the console while it is locked', names(breakGlass)],
    ['Recovery code', recoveryCodeSince === null ? 'none' : `since ${recoveryCodeSince}`],
  ])
}

async function set(context: Context): Promise<void> {
  const { given, io } = context
  const { edits, problems } = readFieldOptions(options(), given)
  if (problems.length > 0) throw usage(...problems)
  if (edits.length === 0) throw usage({ code: 'usage.missing-argument', field: 'FIELD', message: 'no field is given to be changed' })
  const client = context.host()
  const { revision, recoveryCodeSince: _not, ...before } = await client.call<LockdownView>('GET', PATH)
  const applied = applyEdits(schema(), before, edits)
  if (applied.problems.length > 0) throw usage(...applied.problems)
  if (given.has('yes') === false && applied.document.mode === 'strict' && before.mode !== 'strict') {
    await confirm(io, 'Nobody will be able to log in at the console then; only the recovery code opens it there. Lock strictly?')
  }
  const view = await client.call<LockdownView>('PUT', PATH, { json: applied.document, headers: { 'if-match': `"${revision}"` } })
  printResult(context, view, () => render(view))
}

async function make(context: Context): Promise<void> {
  const { io, json } = context
  const client = context.host()
  const made = await client.call<NewRecoveryCode>('POST', CODE_PATH)
  if (json) return printDocument(context, made)
  print(io, `${made.code}\n`)
  if (!canAsk(io)) {
    const [first, second, third] = made.confirm
    note(io, `Note it; it is told this once. It is in force when groups ${first}, ${second} and ${third} of it are confirmed:`)
    note(io, 'corbel recovery-code confirm GROUP GROUP GROUP')
    return
  }
  note(io, 'Note it on paper, and keep that away from the machine: it is told this once. Then type some of it back.')
  await typeBack(context, client, made)
}

/** Asked again for as long as it is wrong. */
async function typeBack({ io }: Context, client: Client, { confirm: numbers }: NewRecoveryCode): Promise<void> {
  for (;;) {
    const groups: string[] = []
    for (const number of numbers) {
      const typed = await readLine(io, `Group ${number}: `)
      if (typed === null) throw failure(EXIT.failed, 'recovery.not-confirmed', 'The new code is not in force.')
      groups.push(typed.trim())
    }
    try {
      await client.call('POST', `${CODE_PATH}/confirm`, { json: { groups } })
      return note(io, 'The recovery code is in force.')
    } catch (error) {
      const problems = (error as Partial<Failure>).problems ?? []
      if (!problems.some(({ field }) => field.startsWith('groups'))) throw error
      note(io, 'That is not what was shown.')
    }
  }
}

export const lockdownCommands: readonly Command[] = [
  {
    words: ['lockdown', 'show'],
    summary: 'Whether the host is locked, who may come in then, and whether there is a recovery code',
    details: ['Who may: host.view (administrator, operator, viewer). API: GET /v1/host/lockdown'],
    async run(context) {
      const view = await context.host().call<LockdownView>('GET', PATH)
      printResult(context, view, () => render(view))
    },
  },
  {
    words: ['lockdown', 'set'],
    summary: 'Lock the host, open it, or change who may come in while it is locked',
    details: [
      'Lists of names are given whole, with commas: --api-users anna,bert',
      'Who may: lockdown.manage (administrator). API: PUT /v1/host/lockdown',
    ],
    options: () => [...options().map(({ option }) => option), { name: 'yes', help: 'Do not ask' }],
    run: set,
  },
  {
    words: ['recovery-code', 'new'],
    summary: 'Make a new recovery code, which opens the host at its console whatever is locked or forgotten',
    details: [
      'The one before is in force until groups of the new one have been typed back. It is used at the machine alone, and once.',
      'Who may: lockdown.manage (administrator). API: POST /v1/host/recovery-code',
    ],
    run: make,
  },
  {
    words: ['recovery-code', 'confirm'],
    summary: 'Confirm a new recovery code by the groups that were asked for',
    details: ['Who may: lockdown.manage (administrator). API: POST /v1/host/recovery-code/confirm'],
    arguments: [{ name: 'GROUP', kind: 'text', repeated: true }],
    async run(context) {
      await context.host().call('POST', `${CODE_PATH}/confirm`, { json: { groups: context.given.arguments } })
      if (!context.json) print(context.io, 'The recovery code is in force.\n')
    },
  },
]
