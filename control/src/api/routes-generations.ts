// Routes about the configuration as a whole: its generations, and backups of it.
import type { RestoreWish } from '../app/restore.ts'
import { BACKUP_MAX_BYTES } from '../domain/backup.ts'
import { CONFIRM_SECONDS } from '../domain/network-change.ts'
import { json } from './answer.ts'
import { type Call, flag, numeric, type QueryParameter, type Route, withBody, withoutBody } from './route.ts'
import { emptySchema, listOf } from './schemas.ts'
import {
  backupFileSchema,
  backupRequestSchema,
  generationPageSchema,
  generationSchema,
  objectDifferenceSchema,
  restoreSchema,
} from './schemas-generations.ts'

const PAGE = 100

const RESTORE: Readonly<Record<string, QueryParameter>> = {
  dryRun: flag('Answer with what would be done, and do nothing'),
  confirmWithinSeconds: {
    description: `A change of the network that is part of it is undone unless confirmed within this time, ${CONFIRM_SECONDS.min} to ${CONFIRM_SECONDS.max} s; default ${CONFIRM_SECONDS.default}`,
    pattern: /^(1[5-9]|[2-9]\d|[1-5]\d\d|600)$/,
    rule: `must be a whole number from ${CONFIRM_SECONDS.min} to ${CONFIRM_SECONDS.max}`,
  },
}

/** Base64 and what is around it. */
const FILE_BODY_BYTES = Math.ceil(BACKUP_MAX_BYTES / 3) * 4 + 8_192

function wishOf({ by, query }: Pick<Call<unknown>, 'by' | 'query'>): RestoreWish {
  const { confirmWithinSeconds, dryRun } = query
  return {
    ...{ by, dryRun: dryRun === 'true' },
    ...(confirmWithinSeconds === undefined ? {} : { confirmWithinSeconds: Number(confirmWithinSeconds) }),
  }
}

export const generationRoutes: readonly Route[] = [
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/host/generations', who: 'host.reset', summary: 'Generations of the configuration, latest first' },
      query: { before: numeric('Older ones than this.') },
      answers: [{ status: 200, description: `At most ${PAGE}`, schema: generationPageSchema }],
    },
    ({ app, query }) => {
      const items = app.generations.list(query.before === undefined ? null : Number(query.before), PAGE)
      const last = items.length < PAGE ? undefined : items.at(-1)
      return json(200, { items, next: last?.number ?? null })
    },
  ),
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/host/generations/{generation}', who: 'host.reset', summary: 'One generation, with what it changed' },
      answers: [{ status: 200, description: 'Who changed what, and when', schema: generationSchema }],
    },
    ({ app, parameters }) => json(200, app.generations.get(Number(parameters.generation))),
  ),
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/host/generations/{generation}/diff', who: 'host.reset' },
      summary: 'What is different in another generation, by default the newest, seen from this one',
      query: { against: numeric('The other generation.') },
      answers: [{ status: 200, description: 'Each object that is different', schema: listOf(objectDifferenceSchema) }],
    },
    ({ app, parameters, query }) => {
      const against = query.against === undefined ? app.generations.list(null, 1)[0]?.number : Number(query.against)
      return json(200, { items: app.generations.compare(Number(parameters.generation), against ?? 0) })
    },
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/host/generations/{generation}/restore', who: 'host.reset', sessionOnly: true },
      summary: 'Put the configuration back as it was in a generation; VMs that run go on, and no file is deleted',
      query: RESTORE,
      answers: [{ status: 200, description: 'What was done, or would be', schema: restoreSchema }],
    },
    { schema: emptySchema, prefix: 'generation' },
    async (call) => json(200, { steps: await call.app.generations.restore(Number(call.parameters.generation), wishOf(call)) }),
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/host/backup', who: 'host.reset' },
      summary: 'The whole configuration as one file, sealed with a passphrase',
      answers: [{ status: 200, description: 'The file', mediaType: 'application/octet-stream' }],
    },
    { schema: backupRequestSchema, prefix: 'backup', secret: true },
    async ({ app, by, body }) => {
      const { name, bytes } = await app.backups.make(body.passphrase, by)
      const headers = {
        ...{ 'content-type': 'application/octet-stream', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' },
        'content-disposition': `attachment; filename="${name}"`,
      }
      return { kind: 'complete', status: 200, headers, body: bytes }
    },
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/host/restore', who: 'host.reset', sessionOnly: true },
      summary: 'Put the configuration of a backup in place of this one; VMs that run go on, and no file is deleted',
      query: RESTORE,
      answers: [{ status: 200, description: 'What was done, or would be', schema: restoreSchema }],
    },
    { schema: backupFileSchema, prefix: 'backup', secret: true, maxBytes: FILE_BODY_BYTES },
    async (call) => json(200, { steps: await call.app.backups.restore(call.body.file, call.body.passphrase, wishOf(call)) }),
  ),
]
