// Routes for whoever looks after the host: its log, and the programs of its control plane.

import { Refusal } from '../app/refusal.ts'
import { keyboardSettingSchema } from '../domain/keyboard.ts'
import { mirrorDiskRequestSchema } from '../domain/mirror-disk.ts'
import { clockSchema, timeSettingSchema } from '../domain/time.ts'
import { json, noContent } from './answer.ts'
import { flag, numeric, type Route, withBody, withoutBody } from './route.ts'
import { ACCEPTED, accepted } from './routes-host.ts'
import { emptySchema, listOf } from './schemas.ts'
import {
  bundleRequestSchema,
  keyboardViewSchema,
  logKindSchema,
  logPageSchema,
  mirrorDiskPreviewSchema,
  mirrorSchema,
  renewStateSchema,
  resetRequestSchema,
  serviceSchema,
  supportInfoSchema,
  supportMediumSchema,
  timeViewSchema,
} from './schemas-care.ts'
import { installDiskSchema } from './schemas-install.ts'

const LINES_BY_DEFAULT = 200
const LINES_AT_MOST = 2000

const numberOf = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text))

export const careRoutes: readonly Route[] = [
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/host/logs', who: 'host.support', summary: 'The kinds of the host’s log, with their size' },
      answers: [{ status: 200, description: 'Kinds', schema: listOf(logKindSchema) }],
    },
    ({ app }) => json(200, { items: app.logs.kinds() }),
  ),
  withoutBody(
    {
      ...{
        method: 'GET',
        path: '/v1/host/logs/{kind}',
        who: 'host.support',
        summary: 'Lines of the host’s log: of one kind, or of `all`',
      },
      query: {
        after: numeric('Lines with a larger number, from the first of them on; with `next` of the answer before, what is new.'),
        before: numeric('Lines with a smaller number, up to the last of them.'),
        search: {
          ...{ description: 'Only lines with this text in them, in capitals or not.' },
          ...{ pattern: /^.{1,200}$/u, rule: 'must have 1 to 200 characters' },
        },
        limit: {
          ...{ description: `1 to ${LINES_AT_MOST}; default ${LINES_BY_DEFAULT}.` },
          ...{ pattern: /^(?:[1-9]\d{0,2}|1\d{3}|2000)$/, rule: `must be 1 to ${LINES_AT_MOST}` },
        },
      },
      answers: [{ status: 200, description: 'Oldest first; without `after` the latest', schema: logPageSchema }],
    },
    async ({ app, query, parameters }) =>
      json(
        200,
        await app.logs.read({
          kind: parameters.kind ?? '',
          after: numberOf(query.after),
          before: numberOf(query.before),
          search: query.search,
          limit: numberOf(query.limit) ?? LINES_BY_DEFAULT,
        }),
      ),
  ),
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/host/services', who: 'host.view', summary: 'The programs of the control plane' },
      answers: [{ status: 200, description: 'Each, with how long it has run', schema: listOf(serviceSchema) }],
    },
    ({ app }) => json(200, { items: app.services.list() }),
  ),
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/host/mirrors', who: 'host.view', summary: 'Which disks state and datastore are mirrored on' },
      answers: [{ status: 200, description: 'Each mirror with its copies; none where there is one disk', schema: listOf(mirrorSchema) }],
    },
    ({ app }) => json(200, { items: app.mirrors.list() }),
  ),
  withoutBody(
    {
      ...{
        method: 'GET',
        path: '/v1/host/mirrors/disks',
        who: 'host.configure',
        summary: 'The disks that could take the place of a lost one',
      },
      answers: [{ status: 200, description: 'Every disk as it is now, and what is on it', schema: listOf(installDiskSchema) }],
    },
    async ({ app }) => json(200, { items: await app.mirrors.disks() }),
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/host/mirrors/disks', who: 'host.configure' },
      summary: 'Have a disk take the place of one that the mirrors have lost; whatever runs goes on',
      query: { dryRun: flag('Check everything and answer with what would be done; write nothing') },
      answers: [
        { ...ACCEPTED, description: 'The task makes it bootable and hands it to the mirrors, which then fill it' },
        { status: 200, description: 'With `dryRun` what would be done', schema: mirrorDiskPreviewSchema },
      ],
    },
    { schema: mirrorDiskRequestSchema, prefix: 'mirror' },
    async ({ app, by, body, query }) =>
      query.dryRun === 'true' ? json(200, await app.mirrors.preview(body)) : accepted(await app.mirrors.addDisk(body, by)),
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/host/services/{service}/restart', who: 'host.support' },
      summary: 'Start a program of the control plane again; VMs go on',
      answers: [{ status: 204, description: 'It will end in half a second, and be started again' }],
    },
    { schema: emptySchema, prefix: 'service' },
    ({ app, by, parameters }) => {
      app.services.restart(parameters.service ?? '', by)
      return noContent()
    },
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/host/services/restart', who: 'host.support' },
      summary: 'Start all programs of the control plane again; VMs go on',
      answers: [{ status: 204, description: 'They will end in half a second, and be started again' }],
    },
    { schema: emptySchema, prefix: 'service' },
    ({ app, by }) => {
      app.services.restartAll(by)
      return noContent()
    },
  ),
  withoutBody(
    {
      ...{
        method: 'GET',
        path: '/v1/host/keyboard',
        who: 'host.view',
        summary: 'The layout of the keyboard at the machine’s screen, and those that there are',
      },
      answers: [{ status: 200, description: 'As it is', schema: keyboardViewSchema }],
    },
    ({ app }) => json(200, app.keyboard.view()),
  ),
  withBody(
    {
      ...{
        method: 'PUT',
        path: '/v1/host/keyboard',
        who: 'host.configure',
        summary: 'Choose the layout of the keyboard at the machine’s screen',
      },
      answers: [{ status: 200, description: 'As it is now', schema: keyboardViewSchema }],
    },
    { schema: keyboardSettingSchema, prefix: 'keyboard' },
    ({ app, by, body }) => json(200, app.keyboard.set(body.layout, by)),
  ),
  withoutBody(
    {
      ...{
        method: 'GET',
        path: '/v1/host/time',
        who: 'host.view',
        summary: 'The clock, the time servers, and how well the one follows the others',
      },
      answers: [{ status: 200, description: 'Now', schema: timeViewSchema }],
    },
    async ({ app }) => json(200, await app.time.view()),
  ),
  withBody(
    {
      ...{ method: 'PUT', path: '/v1/host/time', who: 'host.configure', summary: 'Choose the time servers, or none' },
      answers: [{ status: 200, description: 'As it is now', schema: timeViewSchema }],
    },
    { schema: timeSettingSchema, prefix: 'time' },
    async ({ app, by, body }) => {
      app.time.set(body, by)
      return json(200, await app.time.view())
    },
  ),
  withBody(
    {
      ...{
        method: 'POST',
        path: '/v1/host/time/clock',
        who: 'host.configure',
        summary: 'Set the clock by hand, while no time server is asked',
      },
      answers: [{ status: 200, description: 'As it is now', schema: timeViewSchema }],
    },
    { schema: clockSchema, prefix: 'time' },
    async ({ app, by, body }) => {
      app.time.setClock(body.time, by)
      return json(200, await app.time.view())
    },
  ),
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/host/support', who: 'host.support', summary: 'What support wants to know, in words' },
      answers: [{ status: 200, description: 'Now', schema: supportInfoSchema }],
    },
    async ({ app }) => json(200, await app.support.info()),
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/host/support/bundle', who: 'host.support' },
      summary: 'Make a support bundle: facts, status, log, events, tasks, network and groups, without secrets',
      answers: [ACCEPTED],
    },
    { schema: bundleRequestSchema, prefix: 'support' },
    async ({ app, by, body }) => accepted(body.device === undefined ? app.support.make(by) : await app.support.makeOnto(body.device, by)),
  ),
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/host/support/bundle', who: 'host.support', summary: 'The support bundle made last' },
      answers: [{ status: 200, description: 'An archive, tar.gz', mediaType: 'application/gzip' }],
    },
    ({ app }) => {
      const made = app.support.download()
      if (made === null) throw new Refusal('not-found', 'support.no-bundle', 'No support bundle has been made since the host started.')
      const headers = {
        ...{ 'content-type': 'application/gzip', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' },
        'content-disposition': `attachment; filename="${made.bundle.name}"`,
      }
      return { kind: 'complete', status: 200, headers, body: made.bytes }
    },
  ),
  withoutBody(
    {
      ...{
        method: 'GET',
        path: '/v1/host/support/media',
        who: 'host.support',
        summary: 'Sticks at the machine that a support bundle can be written to',
      },
      answers: [{ status: 200, description: 'As they are now', schema: listOf(supportMediumSchema) }],
    },
    async ({ app }) => json(200, { items: await app.support.media() }),
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/host/reset', who: 'host.reset' },
      summary: 'Forget users, network and other settings, as before the first boot; or everything but the datastores, or these too',
      answers: [
        { status: 204, description: '`configuration`: it is forgotten, and in half a second all management services are started again' },
        {
          ...ACCEPTED,
          description: '`state`, `everything`: the task that shuts VMs down and restarts the host, which then has forgotten it',
        },
      ],
    },
    { schema: resetRequestSchema, prefix: 'reset' },
    ({ app, by, body }) => {
      if (body.scope !== 'configuration') return accepted(app.reset.factory(body.hostname, body.scope, by))
      app.reset.configuration(body.hostname, by)
      return noContent()
    },
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/host/state/renew', who: 'host.reset' },
      summary: 'Make a state partition anew that could not be mended, and restart; VMs are shut down',
      answers: [ACCEPTED],
    },
    { schema: renewStateSchema, prefix: 'state' },
    ({ app, by, body }) => accepted(app.reset.renewState(body.hostname, body.keep, by)),
  ),
]
