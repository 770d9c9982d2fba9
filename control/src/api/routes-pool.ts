// Routes about what of the host is whose: pools, the host's reserve, how far more may be given out than there is.
import { type PoolRecord, poolSpecSchema, ROOT_POOL } from '../domain/pool.ts'
import { whatIfSchema } from '../domain/what-if.ts'
import { json, noContent } from './answer.ts'
import { etag, matches } from './etag.ts'
import type { CompleteResponse } from './message.ts'
import { type Call, flag, type Route, withBody, withoutBody } from './route.ts'
import { emptySchema, listOf, patchSchema } from './schemas.ts'
import { poolSchema, resourcesViewSchema } from './schemas-pool.ts'
import { whatIfAnswerSchema } from './schemas-what-if.ts'

const DRY_RUN = { dryRun: flag('Check everything, write nothing') }
const MERGE_PATCH = ['application/merge-patch+json', 'application/json']

function poolAnswer(status: number, pool: PoolRecord, headers: Readonly<Record<string, string>> = {}): CompleteResponse {
  return json(status, pool, { etag: etag(pool.revision), ...headers })
}

const change = ({ query, by }: Pick<Call<unknown>, 'query' | 'by'>) => ({ dryRun: query.dryRun === 'true', by })
const nameOf = ({ parameters }: Pick<Call<unknown>, 'parameters'>) => parameters.pool ?? ''

export const poolRoutes: readonly Route[] = [
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/host/resources', who: 'host.view', summary: 'What the host has, keeps, has promised and given out' },
      answers: [{ status: 200, description: 'Now', schema: resourcesViewSchema }],
    },
    ({ app }) => json(200, app.resources.view()),
  ),
  withBody(
    {
      ...{
        method: 'PATCH',
        path: '/v1/host/resources',
        who: 'host.configure',
        summary: 'Change what the host keeps for itself, by a merge patch',
      },
      answers: [{ status: 200, description: 'As it is from now on', schema: resourcesViewSchema }],
    },
    { schema: patchSchema, prefix: 'resources', mediaTypes: MERGE_PATCH },
    ({ app, body, by }) => json(200, app.resources.change(body, by)),
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/host/resources/accept', who: 'host.configure' },
      summary: 'CPUs and memory that are missing were taken out on purpose: they are missed no more',
      answers: [{ status: 200, description: 'As it is from now on', schema: resourcesViewSchema }],
    },
    { schema: emptySchema, prefix: 'resources' },
    ({ app, by }) => json(200, app.resources.accept(by)),
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/host/resources/what-if', who: 'host.view' },
      audit: 'never',
      summary: 'What would become of resources and VMs if this and that were done, step by step; nothing is',
      answers: [{ status: 200, description: 'The outcome of each step, and what is whose after the last', schema: whatIfAnswerSchema }],
    },
    { schema: whatIfSchema, prefix: 'what-if' },
    ({ app, body }) => json(200, app.whatIf(body.steps)),
  ),
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/pools', who: 'pool.view', on: 'any', summary: 'All pools' },
      answers: [{ status: 200, description: 'Without `host`, which all are in', schema: listOf(poolSchema) }],
    },
    ({ app, rights }) => json(200, { items: rights.visible('pool.view', app.pools.list(), ({ spec }) => app.places.ofPool(spec.name)) }),
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/pools', who: 'pool.manage', on: 'any', summary: 'Make a pool', query: DRY_RUN },
      answers: [
        { status: 201, description: 'The pool', schema: poolSchema },
        { status: 200, description: 'With `dryRun`: the pool that would be made', schema: poolSchema },
      ],
    },
    { schema: poolSpecSchema, prefix: 'pool' },
    (call) => {
      const how = change(call)
      call.rights.require('pool.manage', call.app.places.ofPool(call.body.parent))
      const pool = call.app.pools.create(call.body, how)
      return how.dryRun ? poolAnswer(200, pool) : poolAnswer(201, pool, { location: `/v1/pools/${pool.spec.name}` })
    },
  ),
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/pools/{pool}', who: 'pool.view', summary: 'One pool' },
      answers: [{ status: 200, description: 'The pool', schema: poolSchema }],
    },
    (call) => poolAnswer(200, call.app.pools.get(nameOf(call))),
  ),
  withBody(
    {
      ...{
        method: 'PATCH',
        path: '/v1/pools/{pool}',
        who: 'pool.manage',
        summary: 'Change a pool by a merge patch, its VMs running or not',
      },
      ...{ query: DRY_RUN, ifMatch: 'required' },
      answers: [{ status: 200, description: 'The pool as changed', schema: poolSchema }],
    },
    { schema: patchSchema, prefix: 'pool', mediaTypes: MERGE_PATCH },
    (call) => {
      const { parent } = call.body as { readonly parent?: unknown }
      if (typeof parent === 'string') call.rights.require('pool.manage', call.app.places.ofPool(parent))
      if (parent === null) call.rights.require('pool.manage', call.app.places.ofPool(ROOT_POOL))
      return poolAnswer(200, call.app.pools.patch(nameOf(call), call.body, matches(call.headers['if-match'] ?? ''), change(call)))
    },
  ),
  withBody(
    {
      ...{ method: 'DELETE', path: '/v1/pools/{pool}', who: 'pool.manage', summary: 'Delete a pool that nothing is in' },
      ...{ query: DRY_RUN, ifMatch: 'optional' },
      answers: [{ status: 204, description: 'It is gone' }],
    },
    { schema: emptySchema, prefix: 'pool' },
    (call) => {
      call.app.pools.remove(nameOf(call), matches(call.headers['if-match'] ?? '*'), change(call))
      return noContent()
    },
  ),
]
