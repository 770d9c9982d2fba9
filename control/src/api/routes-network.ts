// Routes about the management network. Every change of it has to be confirmed over a connection that was made after it.

import type { NetworkWish } from '../app/network.ts'
import { invalid, Refusal } from '../app/refusal.ts'
import { check } from '../domain/check.ts'
import { mergePatch } from '../domain/merge-patch.ts'
import { type NetworkSettings, networkSchema } from '../domain/network.ts'
import { CONFIRM_SECONDS } from '../domain/network-change.ts'
import { json, noContent } from './answer.ts'
import { etag, matches } from './etag.ts'
import type { CompleteResponse } from './message.ts'
import { type Call, flag, type QueryParameter, type Route, withBody, withoutBody } from './route.ts'
import { ACCEPTED, accepted } from './routes-host.ts'
import { emptySchema, patchSchema } from './schemas.ts'
import { networkPreviewSchema, networkTestRequestSchema, networkTestSchema, networkViewSchema } from './schemas-network.ts'

const CONFIRMED: Readonly<Record<string, QueryParameter>> = {
  confirmWithinSeconds: {
    description: `Undone unless confirmed within this time, ${CONFIRM_SECONDS.min} to ${CONFIRM_SECONDS.max} s; default ${CONFIRM_SECONDS.default}`,
    pattern: /^(1[5-9]|[2-9]\d|[1-5]\d\d|600)$/,
    rule: `must be a whole number from ${CONFIRM_SECONDS.min} to ${CONFIRM_SECONDS.max}`,
  },
  waitOnFailure: flag('Wait for the confirmation even when a probe fails'),
}
const CHANGED = { dryRun: flag('Check everything and answer with the steps; change nothing'), ...CONFIRMED }

const ANSWERS = [
  { status: 202, description: 'It is kept, applied a moment later, and undone unless it is confirmed', schema: networkViewSchema },
  { status: 200, description: 'Nothing to change; with `dryRun` what would be done', schema: networkPreviewSchema },
]

function wishOf({ by, query }: Pick<Call<unknown>, 'by' | 'query'>): NetworkWish {
  const { dryRun, confirmWithinSeconds, waitOnFailure } = query
  return {
    ...{ by, dryRun: dryRun === 'true', waitOnFailure: waitOnFailure === 'true' },
    ...(confirmWithinSeconds === undefined ? {} : { confirmWithinSeconds: Number(confirmWithinSeconds) }),
  }
}

async function change(call: Call<unknown>, next: (wanted: NetworkSettings) => NetworkSettings): Promise<CompleteResponse> {
  const { app, headers } = call
  const { revision, settings } = app.network.kept()
  if (!matches(headers['if-match'] ?? '')(revision)) {
    throw new Refusal('precondition-failed', 'network.revision-changed', `The network's revision is ${revision}.`)
  }
  const { view, steps } = await app.network.change(next(settings), wishOf(call))
  if (view.pending === null) return json(200, { network: view, steps }, { etag: etag(view.revision) })
  return json(202, view, { etag: etag(view.revision) })
}

function patched(wanted: NetworkSettings, patch: unknown): NetworkSettings {
  const checked = check(networkSchema, mergePatch(wanted, patch), 'network')
  if (!checked.ok) throw invalid(checked.problems)
  return checked.value
}

async function answerView({ app }: Pick<Call<unknown>, 'app'>): Promise<CompleteResponse> {
  const view = await app.network.view()
  return json(200, view, { etag: etag(view.revision) })
}

const VIEW = { status: 200, description: 'The network as it is then', schema: networkViewSchema }

export const networkRoutes: readonly Route[] = [
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/host/network', who: 'host.view', summary: 'The management network: wanted, pending, seen' },
      answers: [{ ...VIEW, description: 'As it is now; the ETag is for `If-Match`' }],
    },
    answerView,
  ),
  withBody(
    {
      ...{
        method: 'PUT',
        path: '/v1/host/network',
        who: 'network.manage',
        summary: 'Set the management network up anew, under commit–confirm',
      },
      ...{ query: CHANGED, ifMatch: 'required', answers: ANSWERS },
    },
    { schema: networkSchema, prefix: 'network' },
    (call) => change(call, () => call.body),
  ),
  withBody(
    {
      ...{
        method: 'PATCH',
        path: '/v1/host/network',
        who: 'network.manage',
        summary: 'Change the management network by a merge patch, under commit–confirm',
      },
      ...{ query: CHANGED, ifMatch: 'required', answers: ANSWERS },
    },
    { schema: patchSchema, prefix: 'network', mediaTypes: ['application/merge-patch+json', 'application/json'] },
    (call) => change(call, (wanted) => patched(wanted, call.body)),
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/host/network/confirm', who: 'network.manage', summary: 'Keep the change of the network that waits' },
      answers: [VIEW],
    },
    { schema: emptySchema, prefix: 'network' },
    (call) => {
      call.app.network.confirm(call.by, call.path)
      return answerView(call)
    },
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/host/network/undo', who: 'network.manage', summary: 'Undo the change of the network that waits' },
      answers: [{ ...VIEW, status: 202, description: 'It is on its way back' }],
    },
    { schema: emptySchema, prefix: 'network' },
    async (call) => {
      call.app.network.undo(call.by)
      return json(202, await call.app.network.view())
    },
  ),
  withBody(
    {
      ...{
        method: 'POST',
        path: '/v1/host/network/restart',
        who: 'network.manage',
        summary: 'Take the management network down and set it up again',
      },
      answers: [ACCEPTED],
    },
    { schema: emptySchema, prefix: 'network' },
    ({ app, by }) => accepted(app.network.restart(by)),
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/host/network/reset', who: 'network.manage', query: CONFIRMED },
      ...{ summary: 'Go back to DHCP on the first adapter with a link, under commit–confirm' },
      answers: [{ ...VIEW, status: 202, description: 'It is undone unless it is confirmed' }],
    },
    { schema: emptySchema, prefix: 'network' },
    async (call) => json(202, await call.app.network.reset(wishOf(call))),
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/host/network/adopt', who: 'network.manage' },
      ...{ summary: 'Keep the adapters that stand in for ones that are not there' },
      answers: [VIEW],
    },
    { schema: emptySchema, prefix: 'network' },
    (call) => {
      call.app.network.adopt(call.by)
      return answerView(call)
    },
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/host/network/test', who: 'network.manage' },
      ...{ summary: 'Test link, addresses, gateway, name servers and a name; the results come by GET' },
      answers: [{ status: 202, description: 'It has begun', schema: networkTestSchema }],
    },
    { schema: networkTestRequestSchema, prefix: 'network-test' },
    async ({ app, body }) => json(202, await app.network.tests.start(body.name ?? null)),
  ),
  withoutBody(
    {
      ...{
        method: 'GET',
        path: '/v1/host/network/test',
        who: 'host.view',
        summary: 'The latest test of the management network, as far as it is',
      },
      answers: [{ status: 200, description: 'Its results so far', schema: networkTestSchema }],
    },
    ({ app }) => {
      const latest = app.network.tests.latest()
      if (latest === null) throw new Refusal('not-found', 'network.test.none', 'There was no test of the network yet.')
      return json(200, latest)
    },
  ),
  // At the machine nobody has to log in for these: it is where one stands when the network is gone.
  ...(['confirm', 'undo'] as const).map((act) =>
    withBody(
      {
        ...{ method: 'POST', path: `/v1/console/network/${act}`, who: 'console' },
        ...{
          summary: `${act === 'confirm' ? 'Keep' : 'Undo'} the change of the network that waits, at the machine`,
          answers: [{ status: 204, description: 'Done' }],
        },
      },
      { schema: emptySchema, prefix: 'network' },
      (call) => {
        if (act === 'confirm') call.app.network.confirm(call.by, call.path)
        else call.app.network.undo(call.by)
        return noContent()
      },
    ),
  ),
]
