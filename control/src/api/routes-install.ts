// Routes of the installer, for whoever stands at the machine; they refuse unless it was started to install.
import { installRequestSchema } from '../domain/install-request.ts'
import { keyboardSettingSchema } from '../domain/keyboard.ts'
import { json, noContent } from './answer.ts'
import { flag, type Route, withBody, withoutBody } from './route.ts'
import { emptySchema, listOf } from './schemas.ts'
import { installDiskSchema, installPreviewSchema, installViewSchema, leaveSchema } from './schemas-install.ts'
import { confirmSchema, newRecoveryCodeSchema } from './schemas-lockdown.ts'
import { adapterSchema } from './schemas-network.ts'

export const installRoutes: readonly Route[] = [
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/install', who: 'console', summary: 'Whether Corbel is to be installed, and how far that is' },
      answers: [{ status: 200, description: 'Now', schema: installViewSchema }],
    },
    ({ app }) => json(200, app.installation.view()),
  ),
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/install/disks', who: 'console', summary: 'The disks of the machine, and what is on them' },
      answers: [{ status: 200, description: 'As they are now', schema: listOf(installDiskSchema) }],
    },
    async ({ app }) => json(200, { items: await app.installation.disks() }),
  ),
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/install/adapters', who: 'console', summary: 'The network adapters of the machine' },
      answers: [{ status: 200, description: 'As they are now', schema: listOf(adapterSchema) }],
    },
    async ({ app }) => {
      app.installation.require()
      return json(200, { items: (await app.network.view()).seen.adapters })
    },
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/install/keyboard', who: 'console', summary: 'The layout of the keyboard at the screen, from now on' },
      answers: [{ status: 204, description: 'It is in use' }],
    },
    { schema: keyboardSettingSchema, prefix: 'keyboard' },
    ({ app, body, by }) => {
      app.installation.require()
      app.keyboard.set(body.layout, by)
      return noContent()
    },
  ),
  withBody(
    {
      ...{
        method: 'POST',
        path: '/v1/install/recovery-code',
        who: 'console',
        summary: 'Make a recovery code for the host to be installed',
      },
      answers: [{ status: 201, description: 'The code, told this once', schema: newRecoveryCodeSchema }],
    },
    { schema: emptySchema, prefix: 'recovery' },
    async ({ app }) => json(201, await app.installation.makeCode()),
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/install/recovery-code/confirm', who: 'console' },
      summary: 'Confirm that recovery code by the groups that were asked for',
      answers: [{ status: 204, description: 'It will be that host’s' }],
    },
    { schema: confirmSchema, prefix: 'recovery', secret: true },
    ({ app, body }) => {
      app.installation.confirmCode(body.groups)
      return noContent()
    },
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/install', who: 'console', summary: 'Install Corbel on a disk' },
      query: { dryRun: flag('Check everything and answer with what would be done; write nothing') },
      answers: [
        { status: 202, description: 'It has begun', schema: installViewSchema },
        { status: 200, description: 'With `dryRun` what would be done', schema: installPreviewSchema },
      ],
    },
    { schema: installRequestSchema, prefix: 'install', secret: true },
    async ({ app, body, query }) =>
      query.dryRun === 'true' ? json(200, await app.installation.preview(body)) : json(202, await app.installation.start(body)),
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/install/leave', who: 'console', summary: 'After the installation: restart or power off' },
      answers: [{ status: 204, description: 'It is on its way' }],
    },
    { schema: leaveSchema, prefix: 'install' },
    ({ app, body }) => {
      app.installation.leave(body.how)
      return noContent()
    },
  ),
]
