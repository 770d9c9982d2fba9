// Pools and the host's resources: looking, making, changing, with options that follow from their schemas.
import { jsonSchema } from '../../../openapi/json-schema.ts'
import { type CpusView, hostResourcesSchema, type ResourcesView, type VmCpusView } from '../../domain/host-resources.ts'
import { type PoolRecord, poolSpecSchema } from '../../domain/pool.ts'
import type { Command, Context } from '../command.ts'
import { applyEdits, mergeDifference } from '../edits.ts'
import { usage } from '../failure.ts'
import { fieldOptions, readFieldOptions } from '../field-options.ts'
import { segment } from '../names.ts'
import { operationCommand } from '../operation-command.ts'
import { whoMay } from '../operations.ts'
import { printResult } from '../output.ts'
import { formatBytes } from '../quantity.ts'
import { renderResources } from '../resources-view.ts'
import type { Schema } from '../schema.ts'
import { type Column, renderTable } from '../table.ts'

const mib = (count: number) => formatBytes(count * 1024 * 1024)
const orNone = (text: string | null) => text ?? 'none'

const COLUMNS: readonly Column<PoolRecord>[] = [
  { title: 'NAME', value: ({ spec }) => spec.name },
  { title: 'IN', value: ({ spec }) => spec.parent },
  { title: 'CORES', value: ({ spec }) => spec.cpu.reservationCores, align: 'right' },
  { title: 'AT MOST', value: ({ spec }) => orNone(spec.cpu.limitCores?.toString() ?? null), align: 'right' },
  { title: 'SHARES', value: ({ spec }) => spec.cpu.shares, align: 'right' },
  { title: 'MEMORY', value: ({ spec }) => mib(spec.memory.reservationMiB), align: 'right' },
  { title: 'AT MOST', value: ({ spec }) => (spec.memory.limitMiB === null ? 'none' : mib(spec.memory.limitMiB)), align: 'right' },
  { title: 'PRIORITY', value: ({ spec }) => spec.priority },
  { title: 'DESCRIPTION', value: ({ spec }) => spec.description },
]

/** Where each runs; the first row is the host's own. */
const CPU_COLUMNS: readonly Column<VmCpusView>[] = [
  { title: 'VM', value: ({ name }) => name },
  { title: 'SHARED', value: ({ shared }) => shared },
  { title: 'OWN', value: ({ own }) => own || 'none' },
  { title: 'BY VCPU', value: ({ vcpus }) => vcpus?.join(' ') ?? 'any' },
  { title: 'NODES', value: ({ nodes }) => nodes?.join() ?? 'any' },
]

function hostRow({ everybody }: CpusView): VmCpusView {
  return { id: '', name: '(the host)', shared: everybody, own: '', vcpus: null, nodes: null }
}

const poolOptions = () => fieldOptions(jsonSchema(poolSpecSchema) as Schema, 'edit', ['name'])
const resourceOptions = () => fieldOptions(jsonSchema(hostResourcesSchema) as Schema, 'edit')

function readPatch(context: Context, schema: Schema, options: ReturnType<typeof fieldOptions>, before: object): object {
  const { edits, problems } = readFieldOptions(options, context.given)
  if (problems.length > 0) throw usage(...problems)
  if (edits.length === 0) throw usage({ code: 'usage.missing-argument', field: 'FIELD', message: 'no field is given to be changed' })
  const applied = applyEdits(schema, { ...before }, edits)
  if (applied.problems.length > 0) throw usage(...applied.problems)
  return mergeDifference({ ...before }, applied.document)
}

export const poolCommands: readonly Command[] = [
  {
    words: ['pool', 'list'],
    summary: 'All pools',
    details: [`All pools and VMs are in \`host\`, which is not listed. ${whoMay('GET /v1/pools')}`],
    async run(context) {
      const document = await context.host().call<{ items: readonly PoolRecord[] }>('GET', '/v1/pools')
      printResult(context, document, () => renderTable(COLUMNS, document.items))
    },
  },
  {
    words: ['pool', 'show'],
    summary: 'One pool',
    details: [whoMay('GET /v1/pools/{pool}')],
    arguments: [{ name: 'POOL', kind: 'pool' }],
    async run(context) {
      const pool = await context.host().call<PoolRecord>('GET', `/v1/pools/${segment(context.given.arguments[0] ?? '')}`)
      printResult(context, pool, () => renderTable(COLUMNS, [pool]))
    },
  },
  operationCommand(['pool', 'create'], 'POST /v1/pools', { positional: ['name'], done: 'created' }),
  {
    words: ['pool', 'set'],
    summary: 'Change a pool, its VMs running or not',
    details: [`What would break a promise is refused, with the figures. ${whoMay('PATCH /v1/pools/{pool}')}`],
    arguments: [{ name: 'POOL', kind: 'pool' }],
    options: () => poolOptions().map(({ option }) => option),
    async run(context) {
      const client = context.host()
      const path = `/v1/pools/${segment(context.given.arguments[0] ?? '')}`
      const { spec, revision } = await client.call<PoolRecord>('GET', path)
      const json = readPatch(context, jsonSchema(poolSpecSchema) as Schema, poolOptions(), spec)
      const pool = await client.call<PoolRecord>('PATCH', path, { json, headers: { 'if-match': `"${revision}"` } })
      printResult(context, pool, () => `${pool.spec.name}: changed, revision ${pool.revision}\n`)
    },
  },
  operationCommand(['pool', 'delete'], 'DELETE /v1/pools/{pool}', { done: 'deleted', question: (name) => `Delete the pool ${name}?` }),
  {
    words: ['host', 'resources'],
    summary: 'What the host has, keeps for itself, has promised and given out',
    details: [whoMay('GET /v1/host/resources')],
    async run(context) {
      const view = await context.host().call<ResourcesView>('GET', '/v1/host/resources')
      printResult(context, view, () => renderResources(view))
    },
  },
  {
    words: ['host', 'cpus'],
    summary: 'Which CPUs the VMs that run are on, shared and their own',
    details: [`CPUs as in 0-3,8. ${whoMay('GET /v1/host/resources')}`],
    async run(context) {
      const { cpus } = await context.host().call<ResourcesView>('GET', '/v1/host/resources')
      printResult(context, cpus, () => renderTable(CPU_COLUMNS, [hostRow(cpus), ...cpus.vms]))
    },
  },
  {
    words: ['host', 'reserve'],
    summary: 'Change what the host keeps for itself, and how far more may be given out than there is',
    details: [`What would break a promise is refused, with the figures. ${whoMay('PATCH /v1/host/resources')}`],
    options: () => resourceOptions().map(({ option }) => option),
    async run(context) {
      const client = context.host()
      const { settings } = await client.call<ResourcesView>('GET', '/v1/host/resources')
      const json = readPatch(context, jsonSchema(hostResourcesSchema) as Schema, resourceOptions(), settings)
      const view = await client.call<ResourcesView>('PATCH', '/v1/host/resources', { json })
      printResult(context, view, () => renderResources(view))
    },
  },
]
