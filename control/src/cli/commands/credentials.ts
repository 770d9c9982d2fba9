// API tokens, client certificates and one-time codes, one's own or with --user somebody's.
import { readFileSync } from 'node:fs'
import type { Command, Context, Option } from '../command.ts'
import { readPassword } from '../confirm.ts'
import { EXIT } from '../exit-codes.ts'
import { failure, usage } from '../failure.ts'
import { print } from '../io.ts'
import { segment } from '../names.ts'
import { type OperationName, operation } from '../operations.ts'
import { printDocument, printResult } from '../output.ts'
import { printable } from '../printable.ts'
import { qrColumns, renderQr } from '../qr.ts'
import { type Column, renderPairs, renderTable } from '../table.ts'

interface Scope {
  readonly permissions: readonly string[]
  readonly on: string
}
interface Token {
  readonly id: string
  readonly name: string
  readonly expiresAt: string
  readonly scope: readonly Scope[] | null
  readonly lastUsedAt: string | null
}
interface Certificate {
  readonly fingerprint: string
  readonly name: string
  readonly subject: string
  readonly notAfter: string
  readonly scope: readonly Scope[] | null
  readonly lastUsedAt: string | null
}

const USER: Option = { name: 'user', value: 'NAME', help: 'Of this user in place of oneself (permission user.manage)' }
const SCOPE: readonly Option[] = [
  { name: 'permission', value: 'PERMISSION', repeated: true, help: 'May this alone; default: all that the owner may' },
  { name: 'on', value: 'PLACE', repeated: true, help: 'And only there: pool:NAME, vm:ID; default: host, which is everywhere' },
]

const scopeText = (scope: readonly Scope[] | null) =>
  scope === null ? 'all' : scope.map(({ permissions, on }) => `${permissions.join(', ')} on ${on}`).join('; ')

const TOKENS: readonly Column<Token>[] = [
  { title: 'NAME', value: ({ name }) => name },
  { title: 'EXPIRES', value: ({ expiresAt }) => expiresAt },
  { title: 'LAST USED', value: ({ lastUsedAt }) => lastUsedAt },
  { title: 'MAY', value: ({ scope }) => scopeText(scope) },
  { title: 'ID', value: ({ id }) => id },
]
const CERTIFICATES: readonly Column<Certificate>[] = [
  { title: 'NAME', value: ({ name }) => name },
  { title: 'SUBJECT', value: ({ subject }) => subject },
  { title: 'EXPIRES', value: ({ notAfter }) => notAfter },
  { title: 'LAST USED', value: ({ lastUsedAt }) => lastUsedAt },
  { title: 'MAY', value: ({ scope }) => scopeText(scope) },
  { title: 'FINGERPRINT', value: ({ fingerprint }) => fingerprint },
]

const DAY_MS = 86_400_000

/** `90d`, or a time in UTC. */
function expiry(text: string): string {
  const days = /^(\d{1,3})d$/.exec(text)?.[1]
  return days === undefined ? text : new Date(Date.now() + Number(days) * DAY_MS).toISOString()
}

function base({ given }: Pick<Context, 'given'>): string {
  const user = given.value('user')
  return user === undefined ? '/v1/me' : `/v1/users/${segment(user)}`
}

function scopeOf({ given }: Pick<Context, 'given'>): readonly Scope[] | undefined {
  const [permissions, places] = [given.values('permission'), given.values('on')]
  if (permissions.length > 0) return (places.length === 0 ? ['host'] : places).map((on) => ({ permissions, on }))
  if (places.length > 0) throw usage({ code: 'usage.missing-option', field: '--permission', message: 'says what may be done there' })
  return undefined
}

/** The commands for oneself and, by an option, for others. */
function both(method: string, rest: string): readonly string[] {
  const names = [`${method} /v1/me/${rest}`, `${method} /v1/users/{name}/${rest}`] as OperationName[]
  return names.map((name) => `Who may: ${operation(name).who}. API: ${name}`)
}

function file(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw failure(EXIT.failed, 'file.unreadable', `${path} cannot be read: ${(error as Error).message}`)
  }
}

function single(name: OperationName, words: Command['words'], more: Pick<Command, 'run'> & Partial<Command>): Command {
  const asked = operation(name)
  return { words, summary: asked.summary, ...more, details: [...(more.details ?? []), `Who may: ${asked.who}. API: ${name}`] }
}

async function withPassword(context: Context, path: string): Promise<unknown> {
  const client = context.host()
  const password = await readPassword(context.io, 'Your password: ')
  return client.call('POST', path, { json: { password } })
}

/** Nothing where it could not be seen. */
function qrFor({ io: { output } }: Context, text: string): string {
  return output.isTTY === true && (output.columns ?? 80) >= qrColumns(text) ? `${renderQr(text)}\n` : ''
}

function printCodes(context: Context, document: unknown): void {
  const { backupCodes } = document as { backupCodes: readonly string[] }
  printResult(
    context,
    document,
    () =>
      `Backup codes, each good for one log-in. Keep them apart from this machine; they are not shown again.\n\n${backupCodes.map((code) => `  ${printable(code)}\n`).join('')}`,
  )
}

export const credentialCommands: readonly Command[] = [
  single('GET /v1/me', ['whoami'], {
    async run(context) {
      const me = await context.host().call<{ name: string; means: string; held: readonly Scope[] }>('GET', '/v1/me')
      printResult(context, me, () =>
        renderPairs([
          ['User', me.name],
          ['Known by', me.means],
          ['May', scopeText(me.held)],
        ]),
      )
    },
  }),
  {
    words: ['token', 'list'],
    summary: 'API tokens',
    details: both('GET', 'tokens'),
    options: () => [USER],
    async run(context) {
      const document = await context.host().call<{ items: readonly Token[] }>('GET', `${base(context)}/tokens`)
      printResult(context, document, () => renderTable(TOKENS, document.items))
    },
  },
  {
    words: ['token', 'make'],
    summary: 'Make an API token; it is shown this once',
    details: [
      'Programs use it by CORBEL_TOKEN. It can never do more than its owner can, and makes no tokens and users.',
      ...both('POST', 'tokens'),
    ],
    arguments: [{ name: 'NAME', kind: 'text' }],
    options: () => [
      { name: 'expires', value: 'TIME', help: 'When it ends: days such as 90d, or 2027-01-31T00:00:00Z; default: 30d, at most a year' },
      ...SCOPE,
      { name: 'certificate', value: 'AA:BB:…', help: 'Only together with this client certificate of the owner’s' },
      USER,
    ],
    async run(context) {
      const { given } = context
      const [name] = given.arguments
      const json = {
        name,
        expiresAt: expiry(given.value('expires') ?? '30d'),
        scope: scopeOf(context),
        certificate: given.value('certificate'),
      }
      const made = await context.host().call<Token & { secret: string }>('POST', `${base(context)}/tokens`, { json })
      if (context.json) printDocument(context, made)
      else print(context.io, `${printable(made.secret)}\n`)
    },
  },
  {
    words: ['token', 'revoke'],
    summary: 'Revoke an API token; what it has open ends',
    details: both('DELETE', 'tokens/{id}'),
    arguments: [{ name: 'ID', kind: 'text' }],
    options: () => [USER],
    async run(context) {
      await context.host().request('DELETE', `${base(context)}/tokens/${segment(context.given.arguments[0] ?? '')}`)
      if (!context.json) print(context.io, 'Revoked.\n')
    },
  },
  {
    words: ['certificate', 'list'],
    summary: 'Client certificates',
    details: both('GET', 'certificates'),
    options: () => [USER],
    async run(context) {
      const document = await context.host().call<{ items: readonly Certificate[] }>('GET', `${base(context)}/certificates`)
      printResult(context, document, () => renderTable(CERTIFICATES, document.items))
    },
  },
  {
    words: ['certificate', 'add'],
    summary: 'Register a client certificate, by which its owner is known without a password',
    details: [
      'FILE is one certificate in PEM, without its key. No authority is asked about it: its fingerprint is what is trusted.',
      ...both('POST', 'certificates'),
    ],
    arguments: [{ name: 'FILE', kind: 'local-file' }],
    options: () => [{ name: 'name', value: 'NAME', help: 'What to call it; default: FILE' }, ...SCOPE, USER],
    async run(context) {
      const [path = ''] = context.given.arguments
      const json = { name: context.given.value('name') ?? path.split('/').at(-1), pem: file(path), scope: scopeOf(context) }
      const made = await context.host().call<Certificate>('POST', `${base(context)}/certificates`, { json })
      printResult(context, made, () =>
        renderPairs([
          ['Subject', made.subject],
          ['Expires', made.notAfter],
          ['Fingerprint', made.fingerprint],
        ]),
      )
    },
  },
  {
    words: ['certificate', 'revoke'],
    summary: 'Revoke a client certificate; what it has open ends',
    details: both('DELETE', 'certificates/{fingerprint}'),
    arguments: [{ name: 'FINGERPRINT', kind: 'text' }],
    options: () => [USER],
    async run(context) {
      const fingerprint = (context.given.arguments[0] ?? '').replaceAll(':', '').toLowerCase()
      await context.host().request('DELETE', `${base(context)}/certificates/${segment(fingerprint)}`)
      if (!context.json) print(context.io, 'Revoked.\n')
    },
  },
  single('GET /v1/me/totp', ['totp', 'status'], {
    async run(context) {
      const state = await context.host().call<{ state: string; backupCodesLeft: number }>('GET', '/v1/me/totp')
      printResult(context, state, () =>
        renderPairs([
          ['One-time codes', state.state],
          ['Backup codes left', String(state.backupCodesLeft)],
        ]),
      )
    },
  }),
  single('POST /v1/me/totp', ['totp', 'begin'], {
    details: ['Give the QR code, which is drawn at a terminal, or the secret to an authenticator app, then: corbel totp confirm CODE'],
    async run(context) {
      const begun = (await withPassword(context, '/v1/me/totp')) as { secret: string; uri: string }
      printResult(
        context,
        begun,
        () =>
          qrFor(context, begun.uri) +
          renderPairs([
            ['Secret', begun.secret],
            ['Address', begun.uri],
          ]),
      )
    },
  }),
  single('POST /v1/me/totp/confirm', ['totp', 'confirm'], {
    arguments: [{ name: 'CODE', kind: 'text' }],
    run: async (context) => {
      printCodes(context, await context.host().call('POST', '/v1/me/totp/confirm', { json: { code: context.given.arguments[0] } }))
    },
  }),
  single('POST /v1/me/totp/backup-codes', ['totp', 'backup-codes'], {
    run: async (context) => printCodes(context, await withPassword(context, '/v1/me/totp/backup-codes')),
  }),
  single('POST /v1/me/totp/remove', ['totp', 'remove'], {
    details: [`With --user, from somebody who has lost them. API: DELETE /v1/users/{name}/totp`],
    options: () => [USER],
    async run(context) {
      const user = context.given.value('user')
      if (user === undefined) await withPassword(context, '/v1/me/totp/remove')
      else await context.host().request('DELETE', `/v1/users/${segment(user)}/totp`)
      if (!context.json) print(context.io, 'Removed: the password is enough to log in.\n')
    },
  }),
]
