// Logging in and out, and who is behind a token. Passwords and tokens are never stored as they are.
import { findPasswordProblems } from '../domain/password.ts'
import type { Held } from '../domain/permission.ts'
import { FIRST_USER, type UserPrincipal } from '../domain/user.ts'
import type { Door } from '../plan/lockdown.ts'
import type { SessionRecord } from '../ports/store.ts'
import { firstUser } from './first-user.ts'
import type { Ledger } from './ledger.ts'
import type { LockdownControl } from './lockdown.ts'
import { createLoginFailures } from './login-failures.ts'
import { createLoginThrottle } from './login-throttle.ts'
import type { AppPorts } from './ports.ts'
import { invalid, Refusal } from './refusal.ts'
import type { RoleBook } from './role-book.ts'
import type { SecondFactor } from './second-factor.ts'
import type { SessionBook } from './session-book.ts'

const TOKEN_BYTES = 32
/** Sources that a user is known to come from. */
const MAX_SOURCES = 16

/** Where they sit is for whoever asks to say. */
type Identified = Omit<UserPrincipal, 'atConsole'>

export interface Sessions {
  /**
   * Refuses with `auth.invalid-credentials`, `auth.second-factor-required`, `auth.invalid-second-factor`, `auth.rate-limited`, `setup.required` or as the lockdown says.
   * `source` is where the client is: failures count for all that come from there. `code` is a one-time code, which the console is not asked for: whoever sits there got past another door. `client` is listed with the session.
   */
  login(
    username: string,
    password: string,
    source: string,
    door?: Door,
    code?: string,
    client?: string,
  ): Promise<{ readonly token: string; readonly expiresAt: string }>
  /** Null when the token is none, or no longer one; one that was given at the console is good there alone. */
  authenticate(token: string, atConsole: boolean): Identified | null
  /** As `authenticate`, by the token's hash; it is no use of the session. */
  find(tokenHash: string): Identified | null
  /** What a user may; null when there is none of that name, or one who is disabled. */
  heldBy(user: string): readonly Held[] | null
  logout(tokenHash: string): void
  /** Shows again that it is them who have the session; refuses with `password.wrong`, `auth.rate-limited`. */
  prove(username: string, password: string, source: string): Promise<void>
  /** Makes the first administrator; refuses with `setup.already-done`, `password.…`. */
  setUp(password: string): Promise<void>
  readonly setupRequired: boolean
}

interface Parts {
  readonly book: SessionBook
  readonly roles: Pick<RoleBook, 'heldBy'>
  readonly lockdown: Pick<LockdownControl, 'admit' | 'admitToConsole'>
  readonly secondFactor: Pick<SecondFactor, 'admits'>
}

export function createSessions(
  { store, host, passwords, clock, random }: Pick<AppPorts, 'store' | 'host' | 'passwords' | 'clock' | 'random'>,
  ledger: Ledger,
  { book, roles, lockdown, secondFactor }: Parts,
): Sessions {
  const failures = createLoginFailures(ledger, clock, (name) => store.getUser(name) !== null)
  const throttle = createLoginThrottle(clock, failures)
  /** Verified against where there is no user or password to log in with, so that this takes as long. */
  let decoy: Promise<string> | null = null

  async function verify(username: string, password: string): Promise<boolean> {
    decoy ??= passwords.hash(random.token(TOKEN_BYTES))
    const user = store.getUser(username)
    const hash = user === null || user.spec.disabled ? null : user.passwordHash
    const matches = await passwords.verify(hash ?? (await decoy), password)
    return matches && hash !== null
  }

  function attempt(account: string, source: string, verified: () => Promise<boolean>): Promise<boolean> {
    return throttle.attempt({ source, account, isKnown: store.getUser(account)?.sources.includes(source) === true }, verified)
  }

  function heldBy(name: string): readonly Held[] | null {
    const user = store.getUser(name)
    return user === null || user.spec.disabled ? null : roles.heldBy(user.spec.grants)
  }

  function identified(session: SessionRecord | null): Identified | null {
    const held = session === null ? null : heldBy(session.user)
    return session === null || held === null
      ? null
      : { kind: 'user', name: session.user, held, means: 'session', tokenHash: session.tokenHash }
  }

  function refuseIfDone(): void {
    if (store.countUsers() > 0) throw new Refusal('conflict', 'setup.already-done', 'There is an administrator already.')
  }

  return {
    get setupRequired() {
      return store.countUsers() === 0
    },

    async login(username, password, source, door = 'network', code, client = '') {
      if (store.countUsers() === 0)
        throw new Refusal('conflict', 'setup.required', 'Set the first password on the console of this machine.')
      if (door === 'console') lockdown.admitToConsole()
      let wrongCode = false
      const proved = async () => {
        if (!(await verify(username, password))) return false
        wrongCode = door !== 'console' && !secondFactor.admits(username, code)
        return !wrongCode
      }
      if (!(await attempt(username, source, proved))) {
        if (wrongCode) throw new Refusal('unauthenticated', 'auth.invalid-second-factor', 'The code is wrong, or was used before.')
        throw wrongCredentials()
      }
      return ledger.write((draft) => {
        const user = store.getUser(username)
        // Deleted or disabled while the password was being verified.
        if (user === null || user.spec.disabled) throw wrongCredentials()
        lockdown.admit(door, { name: username, held: roles.heldBy(user.spec.grants) })
        const sources = [source, ...user.sources.filter((known) => known !== source)].slice(0, MAX_SOURCES)
        draft.putUser({ ...user, lastLoginAt: clock.now(), sources })
        return book.begin(draft, username, source, client)
      })
    },

    authenticate: (token, atConsole) => identified(book.use(token, atConsole)),
    find: (tokenHash) => identified(book.find(tokenHash)),
    heldBy,

    async prove(username, password, source) {
      if (await attempt(username, source, () => verify(username, password))) return
      throw invalid([{ code: 'password.wrong', field: 'password', message: 'is wrong' }])
    },

    logout: book.logout,

    async setUp(password) {
      refuseIfDone()
      const about = { userName: FIRST_USER, hostname: host.observeStatus().hostname }
      const problems = findPasswordProblems(password, about)
      if (problems.length > 0) throw invalid(problems)
      const passwordHash = await passwords.hash(password)
      ledger.write((draft) => {
        refuseIfDone()
        draft.putUser(firstUser(passwordHash, clock.now()))
        draft.event('user.created', 'info', { kind: 'user', id: FIRST_USER }, 'The first password was set on the console.')
      }, 'console')
    },
  }
}

function wrongCredentials(): Refusal {
  return new Refusal('unauthenticated', 'auth.invalid-credentials', 'The name or the password is wrong.')
}
