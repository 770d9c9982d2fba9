// Routes that the API has agreed on and the route table does not hold yet; an entry goes when its route is there.
import type { OperationFacts } from './operations.ts'
import type { Schema } from './schema.ts'

const size: Schema = { type: 'integer', title: 'Size' }
const format: Schema = { type: 'string', enum: ['raw', 'qcow2'], title: 'Format' }
const file: Schema = { type: 'string', title: 'File name' }
const DATASTORE = '/v1/datastores/{name}'
const FILE = `${DATASTORE}/files/{file}`
const task = { who: 'operator', dryRun: false, isTask: true } as const
const noTask = { ...task, isTask: false } as const

const object = (properties: Readonly<Record<string, Schema>>, required: readonly string[]): Schema => ({
  type: 'object',
  properties,
  required,
})
const empty = object({}, [])

const preallocation: Schema = { type: 'string', enum: ['none', 'metadata', 'full'], default: 'none', title: 'Preallocation' }
const timeoutSeconds: Schema = {
  ...{ type: 'integer', minimum: 1, maximum: 600, default: 60, 'x-unit': 's' },
  description: 'When it is thawed unless it was before.',
}

export const routesAhead: readonly OperationFacts[] = [
  { ...noTask, method: 'PUT', path: FILE, summary: 'Send a file', schema: null },
  { ...noTask, method: 'DELETE', path: FILE, summary: 'Delete a file that no VM uses', schema: empty },
  {
    ...{ ...task, method: 'POST', path: `${DATASTORE}/disks`, summary: 'Make a disk image' },
    schema: object({ file, format, sizeBytes: size, preallocation }, ['file', 'format', 'sizeBytes']),
  },
  {
    ...{ ...task, method: 'POST', path: `${FILE}/grow`, summary: 'Make a disk image larger, also while its VM runs' },
    schema: object({ sizeBytes: size, format }, ['sizeBytes']),
  },
  {
    ...{ ...task, method: 'POST', path: `${FILE}/copy`, summary: 'Copy a disk image within its datastore, into another format if wanted' },
    schema: object({ to: file, format, sourceFormat: format }, ['to']),
  },
  {
    ...{ ...task, method: 'POST', path: '/v1/vms/{id}/guest/freeze' },
    summary: 'Freeze the guest’s file systems, everything unwritten written first; they are thawed when the time is over',
    schema: object({ timeoutSeconds }, []),
  },
  { ...task, method: 'POST', path: '/v1/vms/{id}/guest/thaw', summary: 'Thaw the guest’s file systems', schema: empty },
]
