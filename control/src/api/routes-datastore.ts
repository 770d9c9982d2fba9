// Routes about datastores: their files, and the disk images among them.
import { invalid } from '../app/refusal.ts'
import { check } from '../domain/check.ts'
import { parseContentDigest } from '../domain/content-digest.ts'
import { copySchema, growSchema, IMAGE_FORMATS, type ImageFormat, newDiskSchema } from '../domain/disk-image.ts'
import { fileNameSchema } from '../domain/names.ts'
import type { FileReference } from '../domain/vm-devices.ts'
import { json, noContent, problem } from './answer.ts'
import { type Call, flag, type Route, withBody, withoutBody, withStream } from './route.ts'
import { ACCEPTED, accepted } from './routes-host.ts'
import { datastoreFileSchema, datastoreSchema, emptySchema, listOf, uploadedFileSchema } from './schemas.ts'
import { adoptRequestSchema, keptVmSchema, restoreSchema } from './schemas-generations.ts'

function fileOf({ parameters }: Pick<Call<unknown>, 'parameters'>): FileReference {
  return { datastore: parameters.name ?? '', file: parameters.file ?? '' }
}

export const datastoreRoutes: readonly Route[] = [
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/datastores', who: 'datastore.view', summary: 'Datastores' },
      answers: [{ status: 200, description: 'Those that are there', schema: listOf(datastoreSchema) }],
    },
    ({ app }) => json(200, { items: app.datastores() }),
  ),
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/datastores/{name}/files', who: 'datastore.view', summary: 'Files of a datastore' },
      answers: [{ status: 200, description: 'Plain files, with the VMs that use them', schema: listOf(datastoreFileSchema) }],
    },
    ({ app, parameters }) => json(200, { items: app.files.list(parameters.name ?? '') }),
  ),
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/datastores/{name}/vms', who: 'datastore.view' },
      summary: 'VMs of a datastore, by the copies of their specs that it keeps: known to this host, or to be taken in',
      answers: [{ status: 200, description: 'Each', schema: listOf(keptVmSchema) }],
    },
    ({ app, parameters }) => json(200, { items: app.adoption.list(parameters.name ?? '') }),
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/datastores/{name}/vms/adopt', who: 'vm.create' },
      summary: 'Take VMs of a datastore in that this host does not know, as they were',
      query: { dryRun: flag('Answer with what would be done, and do nothing') },
      answers: [{ status: 200, description: 'What was done, or would be', schema: restoreSchema }],
    },
    { schema: adoptRequestSchema, prefix: 'vm' },
    async ({ app, by, parameters, query, body: { ids = null } }) =>
      json(200, { steps: await app.adoption.adopt(parameters.name ?? '', ids, { by, dryRun: query.dryRun === 'true' }) }),
  ),
  withStream(
    {
      ...{ method: 'PUT', path: '/v1/datastores/{name}/files/{file}', who: 'datastore.manage', summary: 'Upload a disk image or CD' },
      query: { format: { description: 'What it is; by default what it begins as', allowed: IMAGE_FORMATS } },
      headers: { 'Content-Digest': '`sha-256=:BASE64:` of the file; what has come otherwise is refused' },
      answers: [{ status: 201, description: 'It is there', schema: uploadedFileSchema }],
    },
    ['application/octet-stream'],
    async ({ app, by, may, body: { sizeBytes, receive }, query, headers, ...call }) => {
      const file = fileOf(call)
      const name = check(fileNameSchema, file.file, 'file')
      if (!name.ok) throw invalid(name.problems.map((problem) => ({ ...problem, field: 'file' })))
      const sha256 = parseContentDigest(headers['content-digest'])
      if (!sha256.ok)
        return problem(400, sha256.problems[0]?.code ?? 'request.invalid', 'Content-Digest is not understood.', sha256.problems)
      const format = query.format === undefined ? null : (query.format as ImageFormat)
      let ended = () => {}
      const begun = (task: string) => {
        ended = app.holds.keep(may, () => app.tasks.cancel(task))
      }
      try {
        return json(201, await app.uploads.receive({ file, sizeBytes, sha256: sha256.value, format }, receive, by, begun))
      } finally {
        ended()
      }
    },
  ),
  withBody(
    {
      ...{
        method: 'DELETE',
        path: '/v1/datastores/{name}/files/{file}',
        who: 'datastore.manage',
        summary: 'Delete a file that no VM uses',
      },
      answers: [{ status: 204, description: 'It is gone' }],
    },
    { schema: emptySchema, prefix: 'file' },
    async (call) => {
      await call.app.files.remove(fileOf(call), call.by)
      return noContent()
    },
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/datastores/{name}/disks', who: 'datastore.manage', summary: 'Make a disk image' },
      answers: [ACCEPTED],
    },
    { schema: newDiskSchema, prefix: 'disk' },
    ({ app, parameters, body, by }) => accepted(app.disks.create(parameters.name ?? '', body, by)),
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/datastores/{name}/files/{file}/grow', who: 'datastore.manage' },
      summary: 'Make a disk image larger, also while its VM runs',
      answers: [ACCEPTED],
    },
    { schema: growSchema, prefix: 'disk' },
    (call) => accepted(call.app.disks.grow(fileOf(call), call.body, call.by)),
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/datastores/{name}/files/{file}/copy', who: 'datastore.manage' },
      summary: 'Copy a disk image within its datastore, into another format if wanted',
      answers: [ACCEPTED],
    },
    { schema: copySchema, prefix: 'disk' },
    (call) => accepted(call.app.disks.copy(fileOf(call), call.body, call.by)),
  ),
]
