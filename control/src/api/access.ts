// Who is behind a request, and whether they may: by the permission of the route, held on what its path names.

import type { App } from '../app/app.ts'

import { Refusal } from '../app/refusal.ts'
import { API_TOKEN_PREFIX } from '../domain/credential.ts'
import { type Held, holds, type Permission, type Place } from '../domain/permission.ts'
import type { Principal, UserPrincipal } from '../domain/user.ts'
import type { ApiRequest, Peer } from './message.ts'
import type { Route } from './route.ts'

const HOST: readonly Place[] = ['host']

/** What somebody may, for handlers that look at more than what the path names. */
export interface Rights {
  may(permission: Permission, places: readonly Place[]): boolean
  /** Refuses with `auth.forbidden`. */
  require(permission: Permission, places: readonly Place[]): void
  /** Those on which the permission is held; `placesOf` is not asked where it is held on the host. */
  visible<T>(permission: Permission, items: readonly T[], placesOf: (item: T) => readonly Place[]): readonly T[]
}

type Objects = Pick<App, 'places' | 'tasks' | 'lockdown'>
type Parameters = Readonly<Record<string, string>>

type Accounts = Pick<App, 'sessions' | 'credentials'>

/**
 * Refuses with `auth.invalid-token` or `auth.invalid-certificate` where something is shown that is not good: a client must not take itself for logged in.
 * A certificate counts only where the request says so (`Authorization: Certificate`): browsers show theirs to every page's requests.
 */
export function identify(request: ApiRequest, peer: Peer, accounts: Accounts): Principal {
  const header = request.headers.authorization
  if (header === undefined) return { kind: peer === 'console' ? 'console' : 'anonymous' }
  const fingerprint = request.certificate ?? null
  const byCertificate = /^certificate$/i.test(header)
  const token = /^Bearer +([A-Za-z0-9._~+/=-]{1,256})$/i.exec(header)?.[1]
  const principal = byCertificate
    ? ofCertificate(fingerprint, accounts)
    : token === undefined
      ? null
      : ofToken(token, fingerprint, peer, accounts)
  if (principal !== null) return { ...principal, atConsole: peer === 'console' }
  if (!byCertificate) throw new Refusal('unauthenticated', 'auth.invalid-token', 'The token is not, or no longer, valid. Log in.')
  const message = 'No certificate was shown, or it is not, or no longer, registered, or out of its time.'
  throw new Refusal('unauthenticated', 'auth.invalid-certificate', message)
}

type Identified = Omit<UserPrincipal, 'atConsole'>

function ofToken(token: string, fingerprint: string | null, peer: Peer, { sessions, credentials }: Accounts): Identified | null {
  if (!token.startsWith(API_TOKEN_PREFIX)) return sessions.authenticate(token, peer === 'console')
  const bearer = credentials.bearerOfToken(token, fingerprint)
  return bearer === null ? null : { kind: 'user', name: bearer.user, held: bearer.held, means: 'token', tokenHash: bearer.key }
}

function ofCertificate(fingerprint: string | null, { credentials }: Accounts): Identified | null {
  const bearer = fingerprint === null ? null : credentials.bearerOf('certificate', fingerprint, fingerprint)
  return bearer === null ? null : { kind: 'user', name: bearer.user, held: bearer.held, means: 'certificate', tokenHash: bearer.key }
}

/** The same principal with what it may now; null when it is no longer one. */
export function again(
  principal: Principal,
  request: Pick<ApiRequest, 'certificate'>,
  { sessions, credentials }: Accounts,
): Principal | null {
  if (principal.kind !== 'user') return principal
  const { means, tokenHash, atConsole } = principal
  if (means === 'session') {
    const session = sessions.find(tokenHash)
    return session === null ? null : { ...session, atConsole }
  }
  const bearer = credentials.bearerOf(means, tokenHash, request.certificate ?? null)
  return bearer === null ? null : { ...principal, held: bearer.held }
}

export function isAtConsole(principal: Principal): boolean {
  return principal.kind === 'console' || (principal.kind === 'user' && principal.atConsole)
}

/**
 * Refuses with `auth.required`, `auth.session-required`, `auth.forbidden`, as the lockdown says, or as if what the path names were not there. Who stands at the machine without having
 * logged in has the console's routes and those for anyone, nothing else.
 */
export function authorise(
  route: Pick<Route, 'who' | 'on' | 'path' | 'sessionOnly'>,
  parameters: Parameters,
  principal: Principal,
  objects: Objects,
): Rights {
  const held = principal.kind === 'user' ? principal.held : []
  const { who, on, path, sessionOnly } = route
  if (who === 'anyone') return rightsOf(held)
  if (who === 'console') {
    if (isAtConsole(principal)) return rightsOf(held)
    throw new Refusal('forbidden', 'auth.forbidden', 'Only at the console of the machine.')
  }
  if (principal.kind !== 'user') throw new Refusal('unauthenticated', 'auth.required', 'Log in first.')
  objects.lockdown.admit(principal.atConsole ? 'console' : 'network', principal)
  if (sessionOnly === true && principal.means !== 'session') {
    throw new Refusal('forbidden', 'auth.session-required', 'Not with a token or certificate: log in for this.')
  }
  if (who === 'user') return rightsOf(held)
  if (on === 'any' ? held.some(({ permissions }) => permissions.includes(who)) : holds(held, who, HOST)) return rightsOf(held)
  const object = on === 'any' ? null : objectOf(path, who, parameters, objects)
  if (object !== null && holds(held, who, object.places)) return rightsOf(held)
  // What may not be seen is not there.
  if (object !== null && !holds(held, object.view, object.seenFrom)) throw object.missing
  throw forbidden(who)
}

interface NamedObject {
  readonly places: readonly Place[]
  readonly seenFrom: readonly Place[]
  readonly view: Permission
  /** As its use case says it of what is not there. */
  readonly missing: Refusal
}

/** Null for what is the host's. */
function objectOf(path: string, who: Permission, { id = '', pool = '' }: Parameters, { places, tasks }: Objects): NamedObject | null {
  const object = (at: readonly Place[], view: Permission, code: string, what: string): NamedObject => ({
    ...{ places: at, seenFrom: at, view },
    missing: new Refusal('not-found', code, `There is no ${what}.`),
  })
  if (path.startsWith('/v1/vms/{id}')) return object(places.ofVm(id), 'vm.view', 'vm.not-found', `VM ${id}`)
  if (path.startsWith('/v1/tasks/{id}')) {
    const target = tasks.find(id)?.target
    return object(target === undefined ? HOST : places.ofTarget(target), 'task.view', 'task.not-found', `task ${id}`)
  }
  if (!path.startsWith('/v1/pools/{pool}')) return null
  const seen = object(places.ofPool(pool), 'pool.view', 'pool.not-found', `pool ${pool}`)
  // What a pool is given is taken from what it is in: to change the pool itself is for who manages that.
  return who === 'pool.manage' ? { ...seen, places: seen.places.filter((place) => place !== `pool:${pool}`) } : seen
}

function rightsOf(held: readonly Held[]): Rights {
  return {
    may: (permission, places) => holds(held, permission, places),
    require(permission, places) {
      if (!holds(held, permission, places)) throw forbidden(permission)
    },
    visible: (permission, items, placesOf) =>
      holds(held, permission, HOST) ? items : items.filter((item) => holds(held, permission, placesOf(item))),
  }
}

function forbidden(permission: Permission): Refusal {
  return new Refusal('forbidden', 'auth.forbidden', `Only with the permission ${permission}.`)
}
