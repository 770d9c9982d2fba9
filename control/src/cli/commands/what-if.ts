// `corbel host what-if`: steps in short words, and what would become of each.
import type { Problem } from '../../domain/problem.ts'
import type { StepOutcome, WhatIfAnswer } from '../../domain/what-if.ts'
import type { Command } from '../command.ts'
import { usage } from '../failure.ts'
import { operation, whoMay } from '../operations.ts'
import { printResult } from '../output.ts'
import { renderResources } from '../resources-view.ts'
import { type Column, renderTable } from '../table.ts'

type Document = Record<string, unknown>

/** What stands after the first `=` of a step, and where its fields go. */
const SHAPES: Readonly<Record<string, { readonly name: string | null; readonly fields: string | null }>> = {
  start: { name: 'vm', fields: null },
  'start-new': { name: 'spec.name', fields: 'spec' },
  stop: { name: 'vm', fields: null },
  change: { name: 'vm', fields: 'patch' },
  'make-pool': { name: 'spec.name', fields: 'spec' },
  'change-pool': { name: 'pool', fields: 'patch' },
  'delete-pool': { name: 'pool', fields: null },
  'change-host': { name: null, fields: 'patch' },
  restart: { name: null, fields: '' },
}

/** `start-new=web,count=3,vcpus=2,cpuAllocation.reservationCores=1` */
function parseStep(text: string): Document {
  const [head = '', ...fields] = text.split(',')
  const [act = '', ...named] = head.split('=')
  const shape = SHAPES[act]
  const problem = (message: string): Problem => ({ code: 'usage.invalid-value', field: text, message })
  if (shape === undefined) throw usage(problem(`must begin with one of ${Object.keys(SHAPES).join(', ')}`))
  const name = named.join('=')
  if ((shape.name === null) !== (name === ''))
    throw usage(problem(shape.name === null ? `takes no name: ${act}` : `needs a name: ${act}=NAME`))
  const step: Document = { do: act }
  if (shape.fields !== null && shape.fields !== '') put(step, shape.fields, {})
  if (shape.name !== null) put(step, shape.name, name)
  for (const field of fields) {
    const at = field.indexOf('=')
    if (at < 1 || shape.fields === null)
      throw usage(problem(shape.fields === null ? `${act} takes no fields` : `${field} must be FIELD=VALUE`))
    const key = field.slice(0, at)
    const isOwn = shape.fields === '' || (act === 'start-new' && key === 'count')
    put(step, isOwn ? key : `${shape.fields}.${key}`, readValue(field.slice(at + 1)))
  }
  return step
}

function put(document: Document, path: string, value: unknown): void {
  const keys = path.split('.')
  let at = document
  for (const key of keys.slice(0, -1)) {
    const inside = Object.hasOwn(at, key) ? at[key] : undefined
    const next: Document = typeof inside === 'object' && inside !== null ? (inside as Document) : {}
    at[key] = next
    at = next
  }
  at[keys.at(-1) ?? ''] = value
}

/** As JSON where it is some: a number, `true`, `null`; otherwise as it is. */
function readValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

interface Row {
  readonly step: string
  readonly outcome: string
  readonly fits: number | string
  readonly why: string
}

const COLUMNS: readonly Column<Row>[] = [
  { title: 'STEP', value: ({ step }) => step },
  { title: 'OUTCOME', value: ({ outcome }) => outcome },
  { title: 'MORE FIT', value: ({ fits }) => fits, align: 'right' },
  { title: 'WHY', value: ({ why }) => why },
]

function rowsOf(step: string, { outcome, message, problems, fits, started, vms = [] }: StepOutcome): readonly Row[] {
  const partly = outcome === 'refused' && started !== undefined && started > 0 ? `${started} admitted, then refused` : outcome
  const reasons = problems.length > 1 || message === null ? problems.map((one) => `${one.field} ${one.message}`) : [message]
  return [
    { step, outcome: partly, fits: fits ?? '', why: reasons.join('; ') },
    ...vms.map((vm) => ({ step: `  ${vm.name}`, outcome: vm.outcome, fits: '', why: vm.problems.map((one) => one.message).join('; ') })),
  ]
}

const NAME = 'POST /v1/host/resources/what-if'

export const whatIfCommands: readonly Command[] = [
  {
    words: ['host', 'what-if'],
    summary: operation(NAME).summary,
    details: [
      'Steps: start=VM  stop=VM  change=VM,FIELD=VALUE,…  start-new=NAME,count=N,FIELD=VALUE,…',
      '       make-pool=POOL,FIELD=VALUE,…  change-pool=POOL,FIELD=VALUE,…  delete-pool=POOL',
      '       change-host,reserve.cores=2,…  restart[,cores=N,memoryMiB=N]',
      'Fields inside others are told by a dot: cpuAllocation.reservationCores=1.',
      whoMay(NAME),
    ],
    arguments: [{ name: 'STEP', kind: 'text', repeated: true }],
    async run(context) {
      const typed = context.given.arguments
      const json = { steps: typed.map(parseStep) }
      const answer = await context.host().call<WhatIfAnswer>('POST', '/v1/host/resources/what-if', { json })
      printResult(context, answer, () => {
        const rows = answer.steps.flatMap((step, index) => rowsOf(typed[index] ?? '', step))
        return `${renderTable(COLUMNS, rows)}\n${renderResources(answer.resources)}`
      })
    },
  },
]
