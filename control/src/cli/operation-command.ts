// Makes a command of an operation of the API: its arguments from the path, its options from the body's schema, its ending from the answer.
import type { Task } from '../domain/task.ts'
import type { Client } from './client.ts'
import type { Argument, Command, Context, Option } from './command.ts'
import { confirm } from './confirm.ts'
import { applyEdits } from './edits.ts'
import { usage } from './failure.ts'
import { fieldOptions, optionName, readFieldOptions } from './field-options.ts'
import { readValue, toldByName } from './field-value.ts'
import { note, print } from './io.ts'
import { findVm, parseFile, segment } from './names.ts'
import { type Operation, type OperationName, operation, pathOf, whoMay } from './operations.ts'
import { printDocument } from './output.ts'
import { fieldsOf } from './schema.ts'
import { followTask, timeoutOf, WAIT_OPTIONS } from './tasks.ts'

export interface Shape {
  /** Fields of the body that are arguments, in this order after what the path names. */
  readonly positional?: readonly string[]
  readonly details?: readonly string[]
  /** `deleted`: what is then said to have been done, for an operation without a task. */
  readonly done?: string
  /** Asked at a terminal, unless `--yes`. */
  readonly question?: (name: string) => string
  readonly hostGoesDown?: boolean
}

/** What the path's parameters stand for. */
interface Named {
  /** For people. */
  readonly label: string
  readonly parameters: Readonly<Record<string, string>>
  /** Fields of the body that it says too. */
  readonly body?: Readonly<Record<string, unknown>>
}

const DRY_RUN: Option = { name: 'dry-run', help: 'Check everything and do nothing' }
const YES: Option = { name: 'yes', help: 'Do not ask' }

export function operationCommand(words: Command['words'], name: OperationName, shape: Shape = {}): Command {
  const asked = operation(name)
  const { positional = [], details = [] } = shape
  const inPath = pathArgument(asked)
  return {
    words,
    summary: asked.summary,
    details: [...details, whoMay(name)],
    arguments: [
      ...(inPath === null ? [] : [inPath]),
      ...positional.map((field): Argument => ({ name: argumentName(field), kind: 'text' })),
    ],
    options: () => [
      ...bodyOptions(asked, positional).map(({ option }) => option),
      ...(asked.dryRun ? [DRY_RUN] : []),
      ...(shape.question === undefined ? [] : [YES]),
      ...(asked.isTask ? WAIT_OPTIONS : []),
    ],
    run: (context) => runOperation(context, asked, shape),
  }
}

function argumentName(field: string): string {
  return optionName(field).toUpperCase()
}

function isNewFile({ path }: Operation): boolean {
  return path === '/v1/datastores/{name}/disks'
}

function pathArgument(asked: Operation): Argument | null {
  if (asked.path.startsWith('/v1/vms/{id}')) return { name: 'VM', kind: 'vm' }
  if (asked.path.startsWith('/v1/pools/{pool}')) return { name: 'POOL', kind: 'pool' }
  if (asked.path.startsWith('/v1/host/devices/{device}')) return { name: 'DEVICE', kind: 'device' }
  if (asked.path.startsWith('/v1/host/services/{service}')) return { name: 'SERVICE', kind: 'text' }
  if (asked.path.startsWith('/v1/host/slots/{slot}')) return { name: 'SLOT', kind: 'text' }
  if (asked.path.startsWith('/v1/tasks/{id}')) return { name: 'TASK', kind: 'task' }
  if (asked.path.includes('{file}') || isNewFile(asked)) return { name: 'DATASTORE/FILE', kind: 'file' }
  if (asked.path.includes('{name}')) return { name: 'DATASTORE', kind: 'datastore' }
  const other = parameterOf(asked)
  return other === null ? null : { name: other.toUpperCase(), kind: 'text' }
}

/** The name of the path's parameter: `user`. */
function parameterOf({ path }: Operation): string | null {
  return /\{(\w+)\}/.exec(path)?.[1] ?? null
}

async function resolve(asked: Operation, client: Client, typed: string): Promise<Named> {
  switch (pathArgument(asked)?.kind) {
    case 'vm': {
      const { id, spec } = await findVm(client, typed)
      return { label: spec.name, parameters: { id } }
    }
    case 'file': {
      const { datastore, file } = parseFile(typed)
      const parameters = { name: segment(datastore), file: segment(file) }
      return { label: typed, parameters, ...(isNewFile(asked) ? { body: { file } } : {}) }
    }
    case 'task':
      return { label: typed, parameters: { id: segment(typed) } }
    case 'device':
      return { label: typed, parameters: { device: segment(typed) } }
    case 'pool':
      return { label: typed, parameters: { pool: segment(typed) } }
    case 'datastore':
      return { label: typed, parameters: { name: segment(typed) } }
    case 'text':
      return { label: typed, parameters: { [parameterOf(asked) ?? '']: segment(typed) } }
    default:
      return { label: typed === '' ? client.target.address.host : typed, parameters: {} }
  }
}

function bodyOptions(asked: Operation, positional: readonly string[]) {
  const schema = asked.body()
  if (schema === null) return []
  return fieldOptions(schema, 'create', [...positional, ...(isNewFile(asked) ? ['file'] : [])])
}

/** The body that arguments and options make; null for an operation that takes none. */
function bodyOf(
  asked: Operation,
  { given }: Pick<Context, 'given'>,
  positional: readonly string[],
  named: Named,
): Readonly<Record<string, unknown>> | null {
  const schema = asked.body()
  if (schema === null) return null
  const first = pathArgument(asked) === null ? 0 : 1
  const fields = positional.map((field, index) => ({ field, typed: withoutDatastore(given.arguments[first + index] ?? '', named.label) }))
  const read = fields.map(({ field, typed }) => ({ field, read: readValue(fieldsOf(schema)[field] ?? null, typed, field) }))
  const options = readFieldOptions(bodyOptions(asked, positional), given)
  const problems = [
    ...read.flatMap(({ field, read }) => (read.ok ? [] : [{ ...read.problem, field: argumentName(field) }])),
    ...options.problems,
  ]
  if (problems.length > 0) throw usage(...problems)
  const body: Record<string, unknown> = { ...named.body }
  for (const { field, read: value } of read) if (value.ok) body[field] = value.value
  const edited = applyEdits(schema, body, options.edits).document
  return { ...edited, ...toldByName(schema, edited) }
}

/** A second file may be named with the datastore of the first. */
function withoutDatastore(typed: string, label: string): string {
  const datastore = label.includes('/') ? label.slice(0, label.indexOf('/') + 1) : null
  return datastore !== null && typed.startsWith(datastore) ? typed.slice(datastore.length) : typed
}

async function runOperation(context: Context, asked: Operation, shape: Shape): Promise<void> {
  const { given, io } = context
  const timeoutSeconds = asked.isTask ? timeoutOf(given) : null
  const client = context.host()
  const named = await resolve(asked, client, given.arguments[0] ?? '')
  const body = bodyOf(asked, context, shape.positional ?? [], named)
  const dryRun = given.has('dry-run')
  if (shape.question !== undefined && !given.has('yes') && !dryRun) await confirm(io, shape.question(named.label))
  const answer = await client.call<unknown>(asked.method, `${pathOf(asked, named.parameters)}${dryRun ? '?dryRun=true' : ''}`, {
    ...(body === null || Object.keys(body).length === 0 ? {} : { json: body }),
  })
  if (dryRun) return finish(context, answer, named.label, `could be ${shape.done ?? 'done'}; nothing was done`)
  if (!asked.isTask) return finish(context, answer, named.label, shape.done ?? 'done')
  const task = answer as Task
  if (given.has('no-wait')) return finish(context, task, named.label, `${task.kind} has begun as task ${task.id}`)
  const ended = await followTask(client, task, { io, timeoutSeconds, hostGoesDown: shape.hostGoesDown === true })
  if (ended === null) note(io, `${named.label} does not answer any more: it is going down.`)
  else finish(context, ended, named.label, `${ended.kind} ${ended.state}`)
}

function finish(context: Context, document: unknown, label: string, text: string): void {
  if (!context.json) print(context.io, `${label}: ${text}\n`)
  else if (document !== undefined) printDocument(context, document)
}
