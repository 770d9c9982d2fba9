// Routes of where the audit log and events are sent.
import { syslogSchema } from '../domain/syslog.ts'
import { json, noContent } from './answer.ts'
import { type Route, withBody, withoutBody } from './route.ts'
import { syslogViewSchema } from './schemas-audit.ts'

const PATH = '/v1/host/syslog'

export const syslogRoutes: readonly Route[] = [
  withoutBody(
    {
      ...{ method: 'GET', path: PATH, who: 'audit.view', summary: 'Where the audit log and events are sent, and how far that has got' },
      answers: [{ status: 200, description: 'The setting, null where there is none, and what is seen', schema: syslogViewSchema }],
    },
    ({ app }) => json(200, app.syslog.view()),
  ),
  withBody(
    {
      ...{ method: 'PUT', path: PATH, who: 'audit.manage', summary: 'Send the audit log and events to a collector, by syslog over TLS' },
      answers: [{ status: 200, description: 'It is kept, and a connection is being made', schema: syslogViewSchema }],
    },
    { schema: syslogSchema, prefix: 'syslog' },
    ({ app, body, by }) => {
      app.syslog.set(body, by)
      return json(200, app.syslog.view())
    },
  ),
  withoutBody(
    {
      ...{ method: 'DELETE', path: PATH, who: 'audit.manage', summary: 'Send the audit log and events nowhere' },
      answers: [{ status: 204, description: 'Nothing is sent any more' }],
    },
    ({ app, by }) => {
      app.syslog.set(null, by)
      return noContent()
    },
  ),
]
