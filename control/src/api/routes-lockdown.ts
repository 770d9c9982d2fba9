// Routes of the lockdown and its recovery code. The code is used at the machine alone.
import { type LockdownView, lockdownSchema } from '../domain/lockdown.ts'
import { json, noContent } from './answer.ts'
import { etag, matches } from './etag.ts'
import { type Route, withBody, withoutBody } from './route.ts'
import { emptySchema } from './schemas.ts'
import { confirmSchema, lockdownViewSchema, newRecoveryCodeSchema, useRecoverySchema } from './schemas-lockdown.ts'

const answer = (view: LockdownView) => json(200, view, { etag: etag(view.revision) })

export const lockdownRoutes: readonly Route[] = [
  withoutBody(
    {
      ...{
        method: 'GET',
        path: '/v1/host/lockdown',
        who: 'host.view',
        summary: 'Who may come in while the host is locked, and whether it is',
      },
      answers: [{ status: 200, description: 'As it is now', schema: lockdownViewSchema }],
    },
    ({ app }) => answer(app.lockdown.view()),
  ),
  withBody(
    {
      ...{ method: 'PUT', path: '/v1/host/lockdown', who: 'lockdown.manage', ifMatch: 'required' },
      summary: 'Lock the host, open it, or change who may come in; in force at once, for sessions that are open too',
      answers: [{ status: 200, description: 'As it is from now on', schema: lockdownViewSchema }],
    },
    { schema: lockdownSchema, prefix: 'lockdown' },
    ({ app, body, headers, by }) => answer(app.lockdown.set(body, matches(headers['if-match'] ?? ''), by)),
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/host/recovery-code', who: 'lockdown.manage' },
      summary: 'Make a new recovery code; the one before stays in force until this one has been confirmed',
      answers: [{ status: 201, description: 'The code, told this once', schema: newRecoveryCodeSchema }],
    },
    { schema: emptySchema, prefix: 'recovery' },
    async ({ app }) => json(201, await app.recovery.make()),
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/host/recovery-code/confirm', who: 'lockdown.manage' },
      summary: 'Confirm a new recovery code by the groups that were asked for',
      answers: [{ status: 204, description: 'It is in force, and the one before is void' }],
    },
    { schema: confirmSchema, prefix: 'recovery', secret: true },
    ({ app, body, by }) => {
      app.recovery.confirm(body.groups, by)
      return noContent()
    },
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/console/recovery', who: 'console' },
      summary: 'Open the host by its recovery code, in every mode; with a password, the user `administrator` gets it',
      answers: [{ status: 204, description: 'The mode is `normal`, and the code is void' }],
    },
    { schema: useRecoverySchema, prefix: 'recovery', secret: true },
    async ({ app, body }) => {
      await app.recovery.use(body.code, body.password ?? null)
      return noContent()
    },
  ),
]
