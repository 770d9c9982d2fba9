// Routes about datastores: their files, and the disk images among them.
import { copySchema, growSchema, newDiskSchema } from '../domain/disk-image.ts'
import type { FileReference } from '../domain/vm-devices.ts'
import { json, noContent } from './answer.ts'
import { type Call, type Route, withBody, withoutBody } from './route.ts'
import { ACCEPTED, accepted } from './routes-host.ts'
import { datastoreFileSchema, datastoreSchema, emptySchema, listOf } from './schemas.ts'

function fileOf({ parameters }: Pick<Call<unknown>, 'parameters'>): FileReference {
  return { datastore: parameters.name ?? '', file: parameters.file ?? '' }
}

export const datastoreRoutes: readonly Route[] = [
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/datastores', who: 'viewer', summary: 'Datastores' },
      answers: [{ status: 200, description: 'Those that are there', schema: listOf(datastoreSchema) }],
    },
    ({ app }) => json(200, { items: app.datastores() }),
  ),
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/datastores/{name}/files', who: 'viewer', summary: 'Files of a datastore' },
      answers: [{ status: 200, description: 'Plain files, with the VMs that use them', schema: listOf(datastoreFileSchema) }],
    },
    ({ app, parameters }) => json(200, { items: app.files.list(parameters.name ?? '') }),
  ),
  withBody(
    {
      ...{ method: 'DELETE', path: '/v1/datastores/{name}/files/{file}', who: 'operator', summary: 'Delete a file that no VM uses' },
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
      ...{ method: 'POST', path: '/v1/datastores/{name}/disks', who: 'operator', summary: 'Make a disk image' },
      answers: [ACCEPTED],
    },
    { schema: newDiskSchema, prefix: 'disk' },
    ({ app, parameters, body, by }) => accepted(app.disks.create(parameters.name ?? '', body, by)),
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/datastores/{name}/files/{file}/grow', who: 'operator' },
      summary: 'Make a disk image larger, also while its VM runs',
      answers: [ACCEPTED],
    },
    { schema: growSchema, prefix: 'disk' },
    (call) => accepted(call.app.disks.grow(fileOf(call), call.body, call.by)),
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/datastores/{name}/files/{file}/copy', who: 'operator' },
      summary: 'Copy a disk image within its datastore, into another format if wanted',
      answers: [ACCEPTED],
    },
    { schema: copySchema, prefix: 'disk' },
    (call) => accepted(call.app.disks.copy(fileOf(call), call.body, call.by)),
  ),
]
