// What of a request goes into the audit log: every change that is asked for and every console that is opened, whatever the answer. Reads have no entry and cost nothing here.
import type { Audit, AuditAsked, AuditTrail } from '../app/audit.ts'
import type { AuditHow } from '../domain/audit.ts'
import type { Principal } from '../domain/user.ts'
import type { ApiRequest, ApiResponse, Peer } from './message.ts'
import type { Route } from './route.ts'

export interface RequestTrail {
  found(route: Route, parameters: Readonly<Record<string, string>>): void
  identified(principal: Principal): void
  /** The body as it was sent, when it has been checked. */
  sent(body: unknown, isSecret: boolean): void
  /** Just before the handler. Throws `StoreFailure`. */
  begin(): void
  /** The answer, once it is in the log. Throws `StoreFailure`. */
  end(response: ApiResponse): ApiResponse
}

export function openTrail(audit: Audit, request: ApiRequest, peer: Peer): RequestTrail {
  let route: Route | null = null
  let trail: AuditTrail | null = null
  let object: Readonly<Record<string, string>> = {}
  let principal: Principal = { kind: peer === 'console' ? 'console' : 'anonymous' }
  let what: unknown = null
  let username: string | null = null

  function asked(isOk: boolean): AuditAsked {
    const from = peer === 'console' ? 'console' : addressOf(request.remote)
    if (route?.audit === 'login') {
      // Somebody else's name is not known to be one.
      const user = username !== null && (isOk || audit.isUser(username)) ? username : null
      return { user, how: isOk ? 'session' : 'nothing', from, action: 'login', object, what: null }
    }
    const action = `${request.method} ${route?.path}`
    return { user: principal.kind === 'user' ? principal.name : null, how: howOf(principal), from, action, object, what }
  }

  return {
    found(found, parameters) {
      route = found
      object = parameters
      if (isAudited(found, request)) trail = audit.open()
    },
    identified(who) {
      principal = who
    },
    sent(body, isSecret) {
      if (route?.audit === 'login') username = nameIn(body)
      else if (!isSecret) what = body
    },
    begin() {
      // A log-in that fails may be one of many, and one that succeeds is nobody's before it is answered.
      if (route?.audit !== 'login') trail?.begin(asked(false))
    },
    end(response) {
      if (trail === null) return response
      const location = response.headers.location ?? null
      trail.end(asked(response.status < 400), { status: response.status, code: codeOf(response), location })
      return response.kind === 'attach' ? response : { ...response, headers: { ...response.headers, 'x-request-id': trail.requestId } }
    },
  }
}

function isAudited({ method, upgrade, audit }: Route, { query }: ApiRequest): boolean {
  if (audit === 'never') return false
  if (/(?:^|&)dryRun=true(?:&|$)/.test(query)) return false
  return method !== 'GET' || upgrade !== undefined
}

function howOf(principal: Principal): AuditHow {
  if (principal.kind === 'user') return principal.means
  return principal.kind === 'console' ? 'console' : 'nothing'
}

function addressOf(remote: string): string {
  return remote.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
}

function nameIn(body: unknown): string | null {
  return typeof body === 'object' && body !== null && 'username' in body && typeof body.username === 'string' ? body.username : null
}

function codeOf(response: ApiResponse): string | null {
  if (response.kind !== 'complete' || response.status < 400 || typeof response.body !== 'string') return null
  const { code } = JSON.parse(response.body) as { readonly code?: string }
  return code ?? null
}
