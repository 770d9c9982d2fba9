// Routes about the system slots and updates.
import type { UpdateRequest } from '../app/system-update.ts'
import type { FetchedUpdate } from '../app/update-fetch.ts'
import { updateOnMediumSchema, updateSourceSchema } from '../domain/update-source.ts'
import { json } from './answer.ts'
import { type Call, flag, type Route, withBody, withoutBody, withStream } from './route.ts'
import { ACCEPTED, accepted } from './routes-host.ts'
import { emptySchema, listOf } from './schemas.ts'
import { foundUpdateSchema, systemSlotsSchema, updateOutcomeSchema } from './schemas-slots.ts'

const UPDATE_QUERY = {
  dryRun: flag('Answer with what would be done, by the file’s header alone, and do nothing'),
  downgrade: flag('Take it though it is older than what runs'),
  degraded: flag('Take it though a mirror lacks a copy, and the disk that has it would start the system of before should it come back'),
  // biome-ignore lint/suspicious/noThenProperty: a word of the query, and no value is awaited
  then: {
    description:
      'What follows. `restart`: VMs are shut down in order, and the host restarts. `live`: its control plane takes over at once, VMs run on; refused where anything else is new',
    allowed: ['restart', 'live'],
  },
}

function wishesOf(query: Call<undefined>['query']): Omit<UpdateRequest, 'sizeBytes'> {
  return {
    ...{ allowDowngrade: query.downgrade === 'true', allowDegraded: query.degraded === 'true' },
    ...{ dryRun: query.dryRun === 'true', restart: query.then === 'restart', live: query.then === 'live' },
  }
}

const FETCHED = [
  { ...ACCEPTED, description: 'It is on its way; the task puts it into the slot that does not run' },
  { status: 200, description: 'Of a dry run: what would be done', schema: updateOutcomeSchema },
]

const answerOf = (got: FetchedUpdate) => ('task' in got ? accepted(got.task) : json(200, got.outcome))

export const slotRoutes: readonly Route[] = [
  withoutBody(
    {
      ...{
        method: 'GET',
        path: '/v1/host/slots',
        who: 'host.view',
        summary: 'The two system slots: what is in them, which runs, which is next',
      },
      answers: [{ status: 200, description: 'As they are now', schema: systemSlotsSchema }],
    },
    async ({ app }) => json(200, await app.systemSlots.view()),
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/host/slots/{slot}/boot-once', who: 'host.update' },
      summary: 'Start a slot at the next restart, and at that one only',
      answers: [{ status: 200, description: 'As they are now', schema: systemSlotsSchema }],
    },
    { schema: emptySchema, prefix: 'slots' },
    async ({ app, by, parameters }) => json(200, await app.systemSlots.bootOnce(parameters.slot ?? '', by)),
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/host/slots/{slot}/activate', who: 'host.update' },
      summary: 'Start a slot from the next restart on, unless it does not come up in order; of the running one: stay with it',
      answers: [{ status: 200, description: 'As they are now', schema: systemSlotsSchema }],
    },
    { schema: emptySchema, prefix: 'slots' },
    async ({ app, by, parameters }) => json(200, await app.systemSlots.activate(parameters.slot ?? '', by)),
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/host/slots/check', who: 'host.update' },
      summary: 'Read all systems in the slots, and tell which are not as they were written',
      answers: [{ ...ACCEPTED, description: 'The task reads them; `GET /v1/host/slots` says what it has found' }],
    },
    { schema: emptySchema, prefix: 'slots' },
    async ({ app, by }) => accepted(await app.systemSlots.check(by)),
  ),
  withStream(
    {
      ...{
        method: 'PUT',
        path: '/v1/host/update',
        who: 'host.update',
        summary: 'Put an update into the slot that does not run, to be tried next',
      },
      query: UPDATE_QUERY,
      answers: [{ status: 200, description: 'It is there whole, was read back, and comes first', schema: updateOutcomeSchema }],
    },
    ['application/octet-stream'],
    async ({ app, by, may, body: { sizeBytes, receive }, query }) => {
      let ended = () => {}
      const begun = (task: string) => {
        ended = app.holds.keep(may, () => app.tasks.cancel(task))
      }
      try {
        return json(200, await app.systemUpdate.receive({ sizeBytes, ...wishesOf(query) }, receive, by, begun))
      } finally {
        ended()
      }
    },
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/host/update', who: 'host.update', summary: 'Have the host get an update itself, from a web server' },
      query: UPDATE_QUERY,
      answers: FETCHED,
    },
    { schema: updateSourceSchema, prefix: 'update' },
    async ({ app, by, body, query }) => {
      return answerOf(await app.updateFetch.fromWeb(body, wishesOf(query), by))
    },
  ),
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/host/update/media', who: 'host.update', summary: 'Updates on sticks at the machine' },
      answers: [
        {
          status: 200,
          description: 'As they are now; what they say of themselves was verified by nobody',
          schema: listOf(foundUpdateSchema),
        },
      ],
    },
    async ({ app }) => json(200, { items: await app.updateFetch.media() }),
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/host/update/from-medium', who: 'host.update', summary: 'Take an update from a stick at the machine' },
      query: UPDATE_QUERY,
      answers: FETCHED,
    },
    { schema: updateOnMediumSchema, prefix: 'update' },
    async ({ app, by, body, query }) => answerOf(await app.updateFetch.fromMedium(body, wishesOf(query), by)),
  ),
]
