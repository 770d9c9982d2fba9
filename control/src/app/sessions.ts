// Logging in and out, and who is behind a token. Passwords and tokens are never stored as they are.
import { FIRST_USER, type Principal } from '../domain/user.ts'
import type { Ledger } from './ledger.ts'
import { createLoginThrottle } from './login-throttle.ts'
import type { AppPorts } from './ports.ts'
import { Refusal } from './refusal.ts'

/** 12 hours. */
const SESSION_MS = 43_200_000
const TOKEN_BYTES = 32

export interface Sessions {
  /** Refuses with `auth.invalid-credentials`, `auth.rate-limited` or `setup.required`. `source` is where the client is: failures count for all that come from there. */
  login(username: string, password: string, source: string): Promise<{ readonly token: string; readonly expiresAt: string }>
  /** Null when the token is none, or no longer one. */
  authenticate(token: string): Principal | null
  logout(tokenHash: string): void
  /** Makes the first administrator; refuses with `setup.already-done`. */
  setUp(password: string): Promise<void>
  readonly setupRequired: boolean
}

type Ports = Pick<AppPorts, 'store' | 'passwords' | 'clock' | 'random'>

export function createSessions({ store, passwords, clock, random }: Ports, ledger: Ledger): Sessions {
  const throttle = createLoginThrottle(clock)
  /** Verified against for unknown names, so that they take as long as known ones. */
  let decoy: Promise<string> | null = null

  async function verify(username: string, password: string): Promise<boolean> {
    decoy ??= passwords.hash(random.token(TOKEN_BYTES))
    const user = store.getUser(username)
    const matches = await passwords.verify(user?.passwordHash ?? (await decoy), password)
    return matches && user !== null
  }

  function refuseIfDone(): void {
    if (store.countUsers() > 0) throw new Refusal('conflict', 'setup.already-done', 'There is an administrator already.')
  }

  return {
    get setupRequired() {
      return store.countUsers() === 0
    },

    async login(username, password, source) {
      if (store.countUsers() === 0)
        throw new Refusal('conflict', 'setup.required', 'Set the first password on the console of this machine.')
      if (!(await throttle.attempt(source, () => verify(username, password)))) {
        throw new Refusal('unauthenticated', 'auth.invalid-credentials', 'The name or the password is wrong.')
      }
      const token = random.token(TOKEN_BYTES)
      const now = clock.now()
      const expiresAt = later(now, SESSION_MS)
      store.atomically(() => {
        store.deleteSessionsExpiredBefore(now)
        store.putSession({ tokenHash: passwords.digest(token), user: username, expiresAt })
      })
      return { token, expiresAt }
    },

    authenticate(token) {
      const tokenHash = passwords.digest(token)
      const session = store.getSession(tokenHash)
      if (session === null || session.expiresAt <= clock.now()) return null
      const user = store.getUser(session.user)
      return user === null ? null : { kind: 'user', name: user.name, role: user.role, tokenHash }
    },

    logout: (tokenHash) => store.deleteSession(tokenHash),

    async setUp(password) {
      refuseIfDone()
      const passwordHash = await passwords.hash(password)
      ledger.write((draft) => {
        refuseIfDone()
        draft.putUser({ name: FIRST_USER, passwordHash, role: 'administrator' })
        draft.event('user.created', 'info', { kind: 'user', id: FIRST_USER }, 'The first password was set on the console.')
      })
    },
  }
}

/** RFC 3339 in UTC sorts as text. */
function later(at: string, ms: number): string {
  return new Date(Date.parse(at) + ms).toISOString()
}
