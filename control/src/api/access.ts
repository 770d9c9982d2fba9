// Who is behind a request, and whether they may.

import { Refusal } from '../app/refusal.ts'
import type { Sessions } from '../app/sessions.ts'
import type { Principal, Role } from '../domain/user.ts'
import type { ApiRequest, Peer } from './message.ts'
import type { Who } from './route.ts'

const RANK: Readonly<Record<Role, number>> = { viewer: 1, operator: 2, administrator: 3 }

/** Refuses with `auth.invalid-token` where a token is given that is none: a client must not take itself for logged in. */
export function identify(request: ApiRequest, peer: Peer, sessions: Sessions): Principal {
  if (peer === 'console') return { kind: 'console' }
  const header = request.headers.authorization
  if (header === undefined) return { kind: 'anonymous' }
  const token = /^Bearer +([A-Za-z0-9._~+/=-]{1,256})$/i.exec(header)?.[1]
  const principal = token === undefined ? null : sessions.authenticate(token)
  if (principal === null) throw new Refusal('unauthenticated', 'auth.invalid-token', 'The token is not, or no longer, valid. Log in.')
  return principal
}

/** Refuses with `auth.required` or `auth.forbidden`. The console has its own routes and those for anyone, nothing else. */
export function authorise(who: Who, principal: Principal): void {
  if (who === 'anyone' || (who === 'console' && principal.kind === 'console')) return
  if (principal.kind === 'anonymous' && who !== 'console') throw new Refusal('unauthenticated', 'auth.required', 'Log in first.')
  if (principal.kind === 'user' && who !== 'console' && RANK[principal.role] >= RANK[who]) return
  throw new Refusal('forbidden', 'auth.forbidden', who === 'console' ? 'Only at the console of the machine.' : `Only for the role ${who}.`)
}
