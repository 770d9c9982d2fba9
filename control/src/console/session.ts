// Who has logged in at this console, and what they may do. The API has the last word; what it would refuse is not offered here.

export interface Session {
  readonly token: string
  readonly user: string
  /** Null where the host did not tell: everything is offered then. */
  readonly permissions: ReadonlySet<string> | null
}

export function may(session: Session | null, permission: string | null): boolean {
  if (permission === null) return session !== null
  return session !== null && (session.permissions === null || session.permissions.has(permission))
}

/** Without a key for so long, a session at the console ends; it is told when so much is left. */
export const idleLogoutMs = 600_000
export const idleWarningMs = 60_000
/** A log-in that nobody goes on with is given up. */
export const loginGiveUpMs = 60_000
