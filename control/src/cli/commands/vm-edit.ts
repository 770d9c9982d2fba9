// Making and changing VMs, with the options that follow from the schema of a VM's spec.
import { readFileSync } from 'node:fs'
import { mergePatch } from '../../domain/merge-patch.ts'
import type { Task } from '../../domain/task.ts'
import { differingFields, same } from '../../domain/vm-difference.ts'
import type { Vm } from '../../domain/vm-status.ts'
import type { Client } from '../client.ts'
import type { Command, Context, Option } from '../command.ts'
import { applyEdits, type Document, deviceOf, type Edit, mergeDifference, readAssignment, touchedFields } from '../edits.ts'
import { EXIT } from '../exit-codes.ts'
import { Failure, failure, usage } from '../failure.ts'
import { fieldOptions, readFieldOptions } from '../field-options.ts'
import { note, print } from '../io.ts'
import { findVm } from '../names.ts'
import { whoMay } from '../operations.ts'
import { printDocument, printResult } from '../output.ts'
import { fieldsOf, itemsOf } from '../schema.ts'
import { renderTable } from '../table.ts'
import { followTask, timeoutOf, WAIT_OPTIONS } from '../tasks.ts'
import { vmSchema } from '../vm-schema.ts'
import { inForce, render, renderDevice } from '../vm-view.ts'

const SET: Option = {
  name: 'set',
  value: 'FIELD=VALUE',
  kind: 'field',
  repeated: true,
  help: 'Any field by its path: boot.from=cdrom, disk0.readOnly=true, cdrom0.medium=local/x.iso; =null is its default, =@FILE a text file. Repeatable.',
}
const FILE: Option = {
  name: 'file',
  value: 'FILE',
  kind: 'local-file',
  help: 'A JSON document of the fields, - for the input; options are added to it',
}
const DRY_RUN: Option = { name: 'dry-run', help: 'Check everything and change nothing' }

/** `name` is the argument. */
const createOptions = () => fieldOptions(vmSchema(), 'create', ['name'])
const setOptions = () => fieldOptions(vmSchema(), 'edit', ['name'])

export const vmEditCommands: readonly Command[] = [
  {
    words: ['vm', 'create'],
    summary: 'Create a VM, off',
    details: [`Every field but the name has a default. ${whoMay('POST /v1/vms')}`],
    arguments: [{ name: 'NAME', kind: 'text', optional: true }],
    options: () => [...createOptions().map(({ option }) => option), SET, FILE, DRY_RUN],
    run: create,
  },
  {
    words: ['vm', 'set'],
    summary: 'Change fields of a VM; says of each whether it is in force or waits for the next power-on',
    details: [
      'A change that somebody makes at the same time is never lost: it ends this one with exit code 5, unless it was to other fields.',
      whoMay('PATCH /v1/vms/{id}'),
    ],
    arguments: [{ name: 'VM', kind: 'vm' }],
    options: () => [
      ...setOptions().map(({ option }) => option),
      SET,
      FILE,
      { name: 'revision', value: 'NUMBER', help: 'Change the VM only if it is at this revision' },
      DRY_RUN,
      ...WAIT_OPTIONS,
    ],
    run: (context) => change(context, readEdits(context, setOptions())),
  },
  {
    words: ['vm', 'rename'],
    summary: 'Give a VM another name',
    details: [whoMay('PATCH /v1/vms/{id}')],
    arguments: [
      { name: 'VM', kind: 'vm' },
      { name: 'NAME', kind: 'text' },
    ],
    run: (context) => change(context, { edits: [{ kind: 'set', path: ['name'], value: context.given.arguments[1] }], document: {} }),
  },
]

interface Wanted {
  /** What `--file` says. */
  readonly document: Document
  readonly edits: readonly Edit[]
}

function readEdits(context: Context, options: ReturnType<typeof fieldOptions>): Wanted {
  const { given } = context
  const fromOptions = readFieldOptions(options, given)
  const assignments = given.values('set').map((text) => readAssignment(vmSchema(), text, readText))
  const problems = [...fromOptions.problems, ...assignments.flatMap((assignment) => ('code' in assignment ? [assignment] : []))]
  if (problems.length > 0) throw usage(...problems)
  return {
    edits: [...fromOptions.edits, ...assignments.flatMap((assignment) => ('code' in assignment ? [] : [assignment]))],
    document: readDocument(given.value('file')),
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path === '-' ? 0 : path, 'utf8')
  } catch (error) {
    throw failure(EXIT.usage, 'usage.unreadable-file', `${path} cannot be read: ${(error as Error).message}`)
  }
}

function readDocument(path: string | undefined): Document {
  if (path === undefined) return {}
  let document: unknown
  try {
    document = JSON.parse(readText(path))
  } catch (error) {
    if (error instanceof Failure) throw error
    throw failure(EXIT.usage, 'usage.malformed-json', `${path} is not JSON: ${(error as Error).message}`)
  }
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    throw failure(EXIT.usage, 'usage.malformed-json', `${path} must hold an object`)
  return document as Document
}

async function create(context: Context): Promise<void> {
  const { given } = context
  const { edits, document } = readEdits(context, createOptions())
  const [name] = given.arguments
  const applied = applyEdits(vmSchema(), name === undefined ? document : { ...document, name }, edits)
  if (applied.problems.length > 0) throw usage(...applied.problems)
  if (applied.document.name === undefined) throw usage({ code: 'usage.missing-argument', field: 'NAME', message: 'is missing' })
  const dryRun = given.has('dry-run')
  const vm = await context.host().call<Vm>('POST', `/v1/vms${dryRun ? '?dryRun=true' : ''}`, { json: applied.document })
  printResult(context, vm, () =>
    dryRun ? `${vm.spec.name}: could be created; nothing was done\n` : `${vm.spec.name}: created, ${vm.id}\n`,
  )
}

/** How often a change is tried again because of changes to other fields. */
const TRIES = 5

async function change(context: Context, wanted: Wanted): Promise<void> {
  const { given, io } = context
  if (wanted.edits.length === 0 && Object.keys(wanted.document).length === 0)
    throw usage({ code: 'usage.missing-argument', field: 'FIELD', message: 'no field is given to be changed' })
  const timeoutSeconds = timeoutOf(given)
  const client = context.host()
  const revision = given.value('revision')
  let before = await findVm(client, given.arguments[0] ?? '')
  for (let attempt = 1; ; attempt++) {
    try {
      const answer = await patch(client, before, wanted, { revision, dryRun: given.has('dry-run') })
      return await report(context, client, before, answer, timeoutSeconds)
    } catch (error) {
      const raced = error instanceof Failure && error.problems.some(({ code }) => code === 'vm.revision-changed')
      if (!raced || revision !== undefined || attempt === TRIES) throw error
      const now = await client.call<Vm>('GET', `/v1/vms/${before.id}`)
      const clashing = clashes(before, now, wanted)
      if (clashing.length > 0)
        throw failure(
          EXIT.conflict,
          'vm.revision-changed',
          `${now.spec.name} was changed meanwhile, ${clashing.join(', ')} too; nothing was done.`,
        )
      note(io, `${now.spec.name} was changed meanwhile, in other fields; trying again on revision ${now.revision}.`)
      before = now
    }
  }
}

/** What somebody else changed of the fields that are to be changed here. */
function clashes(before: Vm, now: Vm, { edits, document }: Wanted): readonly string[] {
  const touched = new Set([...touchedFields(vmSchema(), edits), ...Object.keys(document)])
  return [...touched].filter((field) => !same((before.spec as Document)[field], (now.spec as Document)[field]))
}

function patch(
  client: Client,
  before: Vm,
  { edits, document }: Wanted,
  { revision, dryRun }: { readonly revision: string | undefined; readonly dryRun: boolean },
): Promise<Vm | Task> {
  const { document: after, problems } = applyEdits(vmSchema(), mergePatch(before.spec, document) as Document, edits)
  if (problems.length > 0) throw new Failure(EXIT.notFound, problems)
  return client.call<Vm | Task>('PATCH', `/v1/vms/${before.id}${dryRun ? '?dryRun=true' : ''}`, {
    json: mergeDifference(before.spec as Document, after),
    mediaType: 'application/merge-patch+json',
    headers: { 'if-match': `"${revision ?? before.revision}"` },
  })
}

async function report(context: Context, client: Client, before: Vm, answer: Vm | Task, timeoutSeconds: number | null): Promise<void> {
  const { given, io } = context
  if ('spec' in answer) return printChange(context, before, answer)
  if (given.has('no-wait')) {
    if (context.json) return printDocument(context, answer)
    return print(io, `${before.spec.name}: ${answer.kind} has begun as task ${answer.id}\n`)
  }
  await followTask(client, answer, { io, timeoutSeconds })
  printChange(context, before, await client.call<Vm>('GET', `/v1/vms/${before.id}`))
}

function printChange(context: Context, before: Vm, after: Vm): void {
  printResult(context, after, () => changeText(before, after, context.given.has('dry-run')))
}

function changeText(before: Vm, after: Vm, dryRun: boolean): string {
  const fields = differingFields(before.spec, after.spec)
  const { name } = after.spec
  if (fields.length === 0) return `${name}: is so already, revision ${after.revision}\n`
  const columns = [
    { title: 'FIELD', value: (field: string) => field },
    { title: 'VALUE', value: (field: string) => valueAt(after, field) },
    { title: 'COUNTS', value: (field: string) => inForce(field, after.status) },
  ]
  const what = dryRun ? 'could be changed; nothing was done' : `changed, revision ${after.revision}`
  return `${name}: ${what}\n${renderTable(columns, fields)}`
}

/** `path` as `differingFields` gives it. */
function valueAt({ spec }: Vm, path: string): string {
  const [first = '', ...rest] = path.split('.')
  const device = deviceOf(vmSchema(), first)
  const devices = (device === null ? [] : (spec as Document)[device.list]) as readonly Document[]
  const start = device === null ? (spec as Document)[first] : devices.find(({ slot }) => slot === device.slot)
  if (device !== null && start === undefined) return 'removed'
  if (device !== null && rest.length === 0) return renderDevice(itemsOf(fieldsOf(vmSchema())[device.list] ?? {}) ?? {}, start as Document)
  return render(rest.reduce<unknown>((here, name) => (here as Document | undefined)?.[name], start))
}
