// Getting in and out: log-in with the certificate confirmed, log-out, and the hosts that are known.
import { resolve } from 'node:path'
import { FIRST_USER } from '../../domain/user.ts'
import { type Address, parseAddress, renderAddress, sameAddress } from '../address.ts'
import { Client } from '../client.ts'
import type { Command, Context } from '../command.ts'
import { canAsk, isYes, readPassword } from '../confirm.ts'
import { EXIT } from '../exit-codes.ts'
import { Failure, failure, usage } from '../failure.ts'
import { parseFingerprint } from '../fingerprint.ts'
import { type Io, note, print } from '../io.ts'
import { printDocument, printResult } from '../output.ts'
import { changed, presentedFingerprint } from '../pinned-agent.ts'
import { type Profile, readProfiles, writeProfiles } from '../profiles.ts'
import { renderTable } from '../table.ts'
import { chooseTarget, findProfile, readCertificate } from '../target.ts'

interface Session {
  readonly token: string
  readonly expiresAt: string
}

export const sessionCommands: readonly Command[] = [
  {
    words: ['login'],
    summary: 'Log in to a host, and remember it as the one that commands are for',
    details: [
      'At the first log-in the SHA-256 fingerprint of the host’s certificate is shown, to be compared with the one on its console, and kept once confirmed.',
      'From then on nothing is sent to a host that shows another one. After a certificate was renewed, log in with its new --fingerprint.',
      'The password is asked for at the terminal, or read from the first line of the input.',
    ],
    arguments: [{ name: 'HOST', kind: 'profile' }],
    options: () => [
      { name: 'username', value: 'NAME', help: `Default: the one of the last log-in, or ${FIRST_USER}` },
      {
        name: 'fingerprint',
        value: 'AA:BB:…',
        help: 'The certificate’s SHA-256 fingerprint, as the host’s console shows it; nothing is asked then',
      },
      { name: 'totp', value: 'CODE', help: 'A one-time or backup code, for a user who has them; asked for at a terminal' },
      {
        name: 'client-certificate',
        value: 'FILE',
        kind: 'local-file',
        help: 'A registered certificate in PEM: no password is asked for then',
      },
      { name: 'client-key', value: 'FILE', kind: 'local-file', help: 'Its key' },
      { name: 'name', value: 'NAME', help: 'What --host shall call this host; default: HOST' },
    ],
    run: login,
  },
  {
    words: ['logout'],
    summary: 'End the session; the host’s certificate stays confirmed',
    run: logout,
  },
  {
    words: ['profile', 'list'],
    summary: 'The hosts that are known here',
    run: async (context) => {
      const { current, profiles } = readProfiles(context.io.env)
      const rows = Object.entries(profiles).map(([name, { address, username, fingerprint, session }]) => {
        return { name, current: name === current, address, username, fingerprint, loggedInUntil: session?.expiresAt ?? null }
      })
      const columns = [
        { title: 'NAME', value: ({ name }: (typeof rows)[number]) => name },
        { title: 'CURRENT', value: ({ current }: (typeof rows)[number]) => (current ? '*' : '') },
        { title: 'ADDRESS', value: ({ address }: (typeof rows)[number]) => address },
        { title: 'USER', value: ({ username }: (typeof rows)[number]) => username },
        { title: 'LOGGED IN UNTIL', value: ({ loggedInUntil }: (typeof rows)[number]) => loggedInUntil },
      ]
      printResult(context, { items: rows }, () => renderTable(columns, rows))
    },
  },
  {
    words: ['profile', 'use'],
    summary: 'Make a known host the one that commands are for',
    arguments: [{ name: 'NAME', kind: 'profile' }],
    run: async (context) => {
      const profiles = readProfiles(context.io.env)
      writeProfiles(context.io.env, { ...profiles, current: requireProfile(context).name })
    },
  },
  {
    words: ['profile', 'forget'],
    summary: 'Forget a host, its session and its certificate; a session is not ended by that',
    arguments: [{ name: 'NAME', kind: 'profile' }],
    run: async (context) => {
      const { profiles, current, ...rest } = readProfiles(context.io.env)
      const { name } = requireProfile(context)
      const { [name]: _forgotten, ...others } = profiles
      writeProfiles(context.io.env, { ...rest, current: current === name ? null : current, profiles: others })
    },
  },
]

function requireProfile({ given, io }: Pick<Context, 'given' | 'io'>) {
  const [host = ''] = given.arguments
  const found = findProfile(readProfiles(io.env), host)
  if (found === null) throw failure(EXIT.notFound, 'profile.not-found', `No host ${host} is known here.`)
  return found
}

async function login({ given, io, json }: Context): Promise<void> {
  const [typed = ''] = given.arguments
  const profiles = readProfiles(io.env)
  const known = findProfile(profiles, typed)
  const address = known === null ? parseAddress(typed) : parseAddress(known.profile.address)
  const name = given.value('name') ?? known?.name ?? renderAddress(address)
  if (/[\s\p{C}]/u.test(name) || name === '') throw usage({ code: 'usage.invalid-value', field: '--name', message: 'must be a word' })
  const fingerprint = await confirmedFingerprint(
    io,
    address,
    expectedFingerprint(given.value('fingerprint'), io, address),
    known?.profile ?? null,
  )
  const keep = (profile: Profile) => {
    const before = readProfiles(io.env)
    writeProfiles(io.env, { ...before, current: name, profiles: { ...before.profiles, [name]: profile } })
  }
  const [certificate, key] = [given.value('client-certificate'), given.value('client-key')]
  if (certificate !== undefined || key !== undefined) {
    if (certificate === undefined || key === undefined) {
      throw usage({ code: 'usage.missing-option', field: '--client-key', message: '--client-certificate and --client-key go together' })
    }
    return loginByCertificate({ io, json }, { address, fingerprint }, { certificate: resolve(certificate), key: resolve(key) }, keep)
  }
  const username = given.value('username') ?? known?.profile.username ?? FIRST_USER
  const password = await readPassword(io, `Password of ${username} at ${renderAddress(address)}: `)
  const client = new Client({ address, fingerprint, token: null }, io.interrupted)
  try {
    const session = await openSession(io, client, { username, password, totp: given.value('totp') })
    const profile: Profile = {
      address: renderAddress(address),
      fingerprint,
      username,
      session: { token: session.token, expiresAt: session.expiresAt },
    }
    keep(profile)
    if (json) printDocument({ io }, session)
    else print(io, `Logged in to ${renderAddress(address)} as ${username}, until ${session.expiresAt}.\n`)
  } finally {
    client.close()
  }
}

/** Asks for the second factor where the user has one and somebody is there to answer. */
async function openSession(
  io: Io,
  client: Client,
  shown: { readonly username: string; readonly password: string; readonly totp: string | undefined },
): Promise<Session> {
  try {
    return await client.call<Session>('POST', '/v1/login', { json: shown })
  } catch (error) {
    const needed = error instanceof Failure && error.problems.some(({ code }) => code === 'auth.second-factor-required')
    if (!needed || !canAsk(io)) throw error
    const totp = await readPassword(io, 'One-time code, or a backup code: ')
    return client.call<Session>('POST', '/v1/login', { json: { ...shown, totp } })
  }
}

interface Me {
  readonly name: string
}

/** Nothing is kept before the host has said whose the certificate is. */
async function loginByCertificate(
  { io, json }: Pick<Context, 'io' | 'json'>,
  { address, fingerprint }: { readonly address: Address; readonly fingerprint: string },
  files: { readonly certificate: string; readonly key: string },
  keep: (profile: Profile) => void,
): Promise<void> {
  const clientCertificate = readCertificate(files.certificate, files.key)
  const client = new Client({ address, fingerprint, token: null, clientCertificate }, io.interrupted)
  try {
    const me = await client.call<Me>('GET', '/v1/me')
    keep({ address: renderAddress(address), fingerprint, username: me.name, session: null, clientCertificate: files })
    if (json) printDocument({ io }, me)
    else print(io, `${renderAddress(address)} knows the certificate as ${me.name}’s; commands show it from now on.\n`)
  } finally {
    client.close()
  }
}

/** What the command line says, or the environment, where that is about this host. */
function expectedFingerprint(option: string | undefined, { env }: Pick<Io, 'env'>, address: Address): string | null {
  if (option !== undefined) return parseFingerprint(option, '--fingerprint')
  const { CORBEL_FINGERPRINT, CORBEL_HOST } = env
  if (CORBEL_FINGERPRINT === undefined || CORBEL_HOST === undefined || !sameAddress(parseAddress(CORBEL_HOST), address)) return null
  return parseFingerprint(CORBEL_FINGERPRINT, 'CORBEL_FINGERPRINT')
}

/** That of the host as it is now; somebody has vouched for it, now or before. Until then nothing is sent to it. */
async function confirmedFingerprint(io: Io, address: Address, expected: string | null, known: Profile | null): Promise<string> {
  const seen = await presentedFingerprint(address)
  const vouched = expected ?? known?.fingerprint ?? null
  if (vouched !== null) {
    if (seen !== vouched) throw changed(address, vouched, seen)
    return seen
  }
  if (!canAsk(io)) {
    const hint = `Compare ${seen} with the host’s console, then give it as --fingerprint.`
    throw failure(
      EXIT.certificate,
      'host.certificate-unconfirmed',
      `The certificate of ${renderAddress(address)} has not been confirmed. ${hint}`,
    )
  }
  note(io, `The certificate of ${renderAddress(address)} is not known yet. Its SHA-256 fingerprint is\n\n  ${seen}\n`)
  if (!(await isYes(io, 'Does the host’s console show the same?')))
    throw failure(EXIT.certificate, 'host.certificate-unconfirmed', 'The certificate was not confirmed; nothing was sent.')
  return seen
}

async function logout({ given, io, host }: Context): Promise<void> {
  await host().request('POST', '/v1/logout')
  const profiles = readProfiles(io.env)
  const { token } = chooseTarget(given.value('host'), io.env, profiles)
  const without = (profile: Profile) => (profile.session?.token === token ? { ...profile, session: null } : profile)
  const changedProfiles = Object.fromEntries(Object.entries(profiles.profiles).map(([name, profile]) => [name, without(profile)]))
  if (Object.keys(changedProfiles).length > 0) writeProfiles(io.env, { ...profiles, profiles: changedProfiles })
}
