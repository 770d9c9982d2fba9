// Routes for getting in and out: health, login, logout, first password.

import { closed } from '../domain/check.ts'
import { passwordSchema } from '../domain/password.ts'
import { clientOf } from '../domain/session.ts'
import { isAtConsole } from './access.ts'
import { json, noContent } from './answer.ts'
import { type Route, withBody, withoutBody } from './route.ts'
import { emptySchema, healthSchema, loginSchema, sessionSchema } from './schemas.ts'

export const sessionRoutes: readonly Route[] = [
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/health', who: 'anyone', summary: 'Whether the control daemon answers' },
      answers: [{ status: 200, description: 'It does', schema: healthSchema }],
    },
    ({ app }) => json(200, { status: 'ok', version: app.host().facts.version }),
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/login', who: 'anyone', summary: 'Log in; the token is the bearer token of all other requests' },
      audit: 'login',
      answers: [{ status: 200, description: 'A session', schema: sessionSchema }],
    },
    { schema: loginSchema, prefix: 'login', secret: true },
    async ({ app, principal, source, headers, body: { username, password, totp } }) => {
      const door = isAtConsole(principal) ? 'console' : 'network'
      return json(200, await app.sessions.login(username, password, source, door, totp, clientOf(headers['user-agent'])))
    },
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/logout', who: 'user', sessionOnly: true, summary: 'End the session' },
      answers: [{ status: 204, description: 'The token is no longer one' }],
    },
    { schema: emptySchema, prefix: 'logout' },
    ({ app, principal }) => {
      if (principal.kind === 'user') app.sessions.logout(principal.tokenHash)
      return noContent()
    },
  ),
  withBody(
    {
      ...{ method: 'POST', path: '/v1/setup', who: 'console', summary: 'Set the first password' },
      answers: [{ status: 204, description: 'The user `administrator` can log in' }],
    },
    { schema: closed({ password: passwordSchema }), prefix: 'setup', secret: true },
    async ({ app, body }) => {
      await app.sessions.setUp(body.password)
      return noContent()
    },
  ),
]
