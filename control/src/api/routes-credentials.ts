// Routes to what users log in with besides a password: API tokens, client certificates, one-time codes. Their own, and by administrators everybody's.

import type { App } from '../app/app.ts'
import { Refusal } from '../app/refusal.ts'
import { apiTokenRequestSchema, certificateRequestSchema } from '../domain/credential.ts'
import { json, noContent } from './answer.ts'
import { type Call, type Method, type Route, type Who, withBody, withoutBody } from './route.ts'
import {
  apiTokensSchema,
  backupCodesSchema,
  certificatesSchema,
  clientCertificateSchema,
  codeSchema,
  meSchema,
  newApiTokenSchema,
  passwordProofSchema,
  totpSecretSchema,
  totpStateSchema,
} from './schemas-credentials.ts'

type Owner = (call: Pick<Call<unknown>, 'app' | 'by' | 'parameters'>) => string

/** The user that the path names, who has to be there. */
const named: Owner = ({ app, parameters: { name = '' } }) => {
  if (app.sessions.heldBy(name) === null) throw new Refusal('not-found', 'user.not-found', `There is no user ${name}.`)
  return name
}
const self: Owner = ({ by }) => by

function facts(method: Method, path: string, who: Who, summary: string) {
  return { method, path, who, summary, sessionOnly: true } as const
}

/** The same routes for oneself and for any user. */
function ownRoutes(base: string, who: Who, of: string, owner: Owner): readonly Route[] {
  return [
    withoutBody(
      {
        ...facts('GET', `${base}/tokens`, who, `API tokens ${of}`),
        answers: [{ status: 200, description: 'Without the tokens', schema: apiTokensSchema }],
      },
      (call) => json(200, { items: call.app.credentials.listTokens(owner(call)) }),
    ),
    withBody(
      {
        ...facts('POST', `${base}/tokens`, who, `Make an API token ${of}, for at most a year`),
        answers: [{ status: 201, description: '`secret` is the token; it is not shown again', schema: newApiTokenSchema }],
      },
      { schema: apiTokenRequestSchema, prefix: 'token' },
      (call) => json(201, call.app.credentials.makeToken(owner(call), call.body, call.by)),
    ),
    withoutBody(
      {
        ...facts('DELETE', `${base}/tokens/{id}`, who, `Revoke an API token ${of}`),
        answers: [{ status: 204, description: 'It is none any more' }],
      },
      (call) => {
        call.app.credentials.revokeToken(owner(call), call.parameters.id ?? '', call.by)
        return noContent()
      },
    ),
    withoutBody(
      {
        ...facts('GET', `${base}/certificates`, who, `Client certificates ${of}`),
        answers: [{ status: 200, description: 'Those registered', schema: certificatesSchema }],
      },
      (call) => json(200, { items: call.app.credentials.listCertificates(owner(call)) }),
    ),
    withBody(
      {
        ...facts('POST', `${base}/certificates`, who, `Register a client certificate ${of}`),
        answers: [{ status: 201, description: 'It is known by its fingerprint', schema: clientCertificateSchema }],
      },
      { schema: certificateRequestSchema, prefix: 'certificate', secret: true },
      (call) => json(201, call.app.credentials.registerCertificate(owner(call), call.body, call.by)),
    ),
    withoutBody(
      {
        ...facts('DELETE', `${base}/certificates/{fingerprint}`, who, `Revoke a client certificate ${of}`),
        answers: [{ status: 204, description: 'It is known no more' }],
      },
      (call) => {
        call.app.credentials.revokeCertificate(owner(call), call.parameters.fingerprint ?? '', call.by)
        return noContent()
      },
    ),
  ]
}

const prove = ({ app, by, source, body }: { app: App; by: string; source: string; body: { password: string } }) =>
  app.sessions.prove(by, body.password, source)

export const credentialRoutes: readonly Route[] = [
  withoutBody(
    {
      ...{ method: 'GET', path: '/v1/me', who: 'user', summary: 'Who one is, by what, and what one may' },
      answers: [{ status: 200, description: 'As it is now', schema: meSchema }],
    },
    ({ principal }) => {
      if (principal.kind !== 'user') throw new Refusal('unauthenticated', 'auth.required', 'Log in first.')
      const { name, means, held } = principal
      return json(200, { name, means, held })
    },
  ),
  ...ownRoutes('/v1/me', 'user', 'of one’s own', self),
  ...ownRoutes('/v1/users/{name}', 'user.manage', 'of a user', named),
  withoutBody(
    {
      ...facts('GET', '/v1/me/totp', 'user', 'Whether one logs in with one-time codes'),
      answers: [{ status: 200, description: 'And how many backup codes are left', schema: totpStateSchema }],
    },
    ({ app, by }) => json(200, app.secondFactor.state(by)),
  ),
  withBody(
    {
      ...facts('POST', '/v1/me/totp', 'user', 'Begin with one-time codes (TOTP): a secret for an authenticator app'),
      answers: [{ status: 200, description: 'It counts once a code of it was confirmed', schema: totpSecretSchema }],
    },
    { schema: passwordProofSchema, prefix: 'totp', secret: true },
    async (call) => {
      await prove(call)
      return json(200, call.app.secondFactor.begin(call.by))
    },
  ),
  withBody(
    {
      ...facts('POST', '/v1/me/totp/confirm', 'user', 'Confirm one-time codes by one of them; log-ins ask for them from then on'),
      answers: [{ status: 200, description: 'Backup codes, each good once; they are not shown again', schema: backupCodesSchema }],
    },
    { schema: codeSchema, prefix: 'totp', secret: true },
    ({ app, by, body }) => json(200, { backupCodes: app.secondFactor.confirm(by, body.code) }),
  ),
  withBody(
    {
      ...facts('POST', '/v1/me/totp/backup-codes', 'user', 'New backup codes in place of all others'),
      answers: [{ status: 200, description: 'They are not shown again', schema: backupCodesSchema }],
    },
    { schema: passwordProofSchema, prefix: 'totp', secret: true },
    async (call) => {
      await prove(call)
      return json(200, { backupCodes: call.app.secondFactor.renewBackupCodes(call.by) })
    },
  ),
  withBody(
    {
      ...facts('POST', '/v1/me/totp/remove', 'user', 'Log in without one-time codes again'),
      answers: [{ status: 204, description: 'The password is enough' }],
    },
    { schema: passwordProofSchema, prefix: 'totp', secret: true },
    async (call) => {
      await prove(call)
      call.app.secondFactor.remove(call.by, call.by)
      return noContent()
    },
  ),
  withoutBody(
    {
      ...facts('DELETE', '/v1/users/{name}/totp', 'user.manage', 'Take one-time codes from a user who has lost them'),
      answers: [{ status: 204, description: 'The password is enough' }],
    },
    (call) => {
      call.app.secondFactor.remove(named(call), call.by)
      return noContent()
    },
  ),
]
