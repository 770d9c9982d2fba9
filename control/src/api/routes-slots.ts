// Routes about the system slots and updates.
import { json } from './answer.ts'
import { flag, type Route, withBody, withoutBody, withStream } from './route.ts'
import { emptySchema } from './schemas.ts'
import { systemSlotsSchema, updateOutcomeSchema } from './schemas-slots.ts'

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
  withStream(
    {
      ...{
        method: 'PUT',
        path: '/v1/host/update',
        who: 'host.update',
        summary: 'Put an update into the slot that does not run, to be tried next',
      },
      query: {
        dryRun: flag('Answer with what would be done, by the file’s header alone, and do nothing'),
        downgrade: flag('Take it though it is older than what runs'),
        // biome-ignore lint/suspicious/noThenProperty: a word of the query, and no value is awaited
        then: { description: 'What follows: VMs are shut down in order, and the host restarts', allowed: ['restart'] },
      },
      answers: [{ status: 200, description: 'It is there whole, was read back, and comes first', schema: updateOutcomeSchema }],
    },
    ['application/octet-stream'],
    async ({ app, by, may, body: { sizeBytes, receive }, query }) => {
      let ended = () => {}
      const begun = (task: string) => {
        ended = app.holds.keep(may, () => app.tasks.cancel(task))
      }
      const request = {
        ...{ sizeBytes, allowDowngrade: query.downgrade === 'true', dryRun: query.dryRun === 'true' },
        restart: query.then === 'restart',
      }
      try {
        return json(200, await app.systemUpdate.receive(request, receive, by, begun))
      } finally {
        ended()
      }
    },
  ),
]
