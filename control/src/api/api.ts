// Answers requests: routed, identified, authorised, decoded and checked by the route table, then handed to the use case. The only place that turns errors into statuses.
import type { App } from '../app/app.ts'
import type { AppPorts } from '../app/ports.ts'
import { invalid, refusalOf } from '../app/refusal.ts'
import { check } from '../domain/check.ts'
import { parseJson } from '../domain/json.ts'
import type { Principal } from '../domain/user.ts'
import { again, authorise, identify } from './access.ts'
import { problem, refused } from './answer.ts'
import { openTrail, type RequestTrail } from './audit-trail.ts'
import type { Api, ApiRequest, ApiResponse, Incoming, Peer, StreamResponse } from './message.ts'
import { parseQuery } from './query.ts'
import type { Route } from './route.ts'
import { createRouter } from './router.ts'
import { routes } from './routes.ts'
import { sourceFor } from './source.ts'

/** No document of the API comes near it. */
const MAX_BODY_BYTES = 65_536

export interface ApiOptions {
  /** Null when the bytes are not UTF-8. */
  readonly decodeUtf8: (bytes: Uint8Array) => string | null
  readonly log: AppPorts['log']
}

export function createApi(app: App, { decodeUtf8, log }: ApiOptions): Api {
  const find = createRouter(routes)

  /** A body that has not been read, for a route that passes it on. */
  function incomingBody(mediaTypes: readonly string[], { headers, incoming, body }: ApiRequest): Incoming {
    if (incoming !== undefined && mediaTypes.includes(mediaTypeOf(headers))) return incoming
    if (incoming === undefined && body.length === 0) throw new Rejected(problem(400, 'request.empty-body', 'The body is empty.'))
    throw new Rejected(problem(415, 'request.unsupported-media-type', `The body must be ${mediaTypes.join(' or ')}.`))
  }

  /** The body as the route's schema has it; undefined where it takes none. */
  function decodeBody({ body: expected, streamed }: Route, request: ApiRequest, trail: RequestTrail): unknown {
    if (streamed !== undefined) {
      const incoming = incomingBody(streamed, request)
      trail.sent({ sizeBytes: incoming.sizeBytes }, false)
      return incoming
    }
    const { headers, body, incoming } = request
    if (incoming !== undefined) throw new Rejected(problem(413, 'request.too-large', 'This request takes no body of this kind.'))
    if (expected === undefined) {
      if (body.length > 0) throw new Rejected(problem(400, 'request.unexpected-body', 'This request takes no body.'))
      return undefined
    }
    const { maxBytes = MAX_BODY_BYTES } = expected
    if (body.length > maxBytes) throw new Rejected(problem(413, 'request.too-large', `A body has at most ${maxBytes} bytes.`))
    if (body.length > 0 && !expected.mediaTypes.includes(mediaTypeOf(headers))) {
      const detail = `The body must be ${expected.mediaTypes.join(' or ')}.`
      throw new Rejected(problem(415, 'request.unsupported-media-type', detail, [], { 'accept-post': expected.mediaTypes.join(', ') }))
    }
    const parsed = body.length === 0 ? ({ ok: true, value: {} } as const) : parse(body)
    if (!parsed.ok) {
      const [first] = parsed.problems
      throw new Rejected(problem(400, first?.code ?? 'request.malformed-json', 'The body cannot be read.', parsed.problems))
    }
    const checked = check(expected.schema, parsed.value, expected.prefix, { secret: expected.secret === true })
    if (!checked.ok) throw invalid(checked.problems)
    trail.sent(body.length === 0 ? null : parsed.value, expected.secret === true)
    return checked.value
  }

  function parse(body: Uint8Array) {
    const text = decodeUtf8(body)
    return text === null
      ? ({ ok: false, problems: [{ code: 'request.malformed-json', field: '', message: 'must be UTF-8' }] } as const)
      : parseJson(text)
  }

  async function answer(request: ApiRequest, peer: Peer, trail: RequestTrail): Promise<ApiResponse> {
    const found = find(request.method, request.path)
    if (found.kind === 'nothing') return problem(404, 'request.no-such-path', `There is nothing at ${request.path.slice(0, 200)}.`)
    if (found.kind === 'wrong-method') {
      return problem(405, 'request.method-not-allowed', `${request.path.slice(0, 200)} takes ${found.allow}.`, [], { allow: found.allow })
    }
    const { route, parameters } = found
    trail.found(route, parameters)
    const principal = identify(request, peer, app)
    trail.identified(principal)
    const rights = authorise(route, parameters, principal, app)
    if (route.upgrade !== request.upgrade) {
      return route.upgrade === undefined
        ? problem(400, 'request.unexpected-upgrade', 'This is no WebSocket.')
        : problem(426, 'request.upgrade-required', 'This is a WebSocket.', [], { upgrade: route.upgrade })
    }
    const query = parseQuery(request.query, route.query ?? {})
    if (!query.ok) return problem(400, query.problems[0]?.code ?? 'request.invalid', 'The query string is not understood.', query.problems)
    if (route.ifMatch === 'required' && request.headers['if-match'] === undefined) {
      return problem(428, 'request.if-match-required', 'Send If-Match with the ETag of what you are changing.')
    }
    const body = decodeBody(route, request, trail)
    const by = principal.kind === 'user' ? principal.name : principal.kind
    const source = sourceFor(peer, request.remote)
    const may = () => {
      const now = again(principal, request, app)
      return now !== null && isAuthorised(route, parameters, now, app)
    }
    const path = { peer, connectedMs: request.connectedMs ?? null }
    const call = { app, principal, rights, by, parameters, query: query.value, headers: request.headers, source, path, may, body }
    trail.begin()
    const response = await route.handle(call as never)
    // Whatever was changed may have ended somebody's rights.
    if (route.method !== 'GET') app.holds.review()
    return response.kind === 'stream' ? held(response, may) : response
  }

  /** Ends when who opened it may no longer. */
  function held({ subscribe, ...response }: StreamResponse, may: () => boolean): StreamResponse {
    return {
      ...response,
      subscribe(push, end) {
        let unsubscribe = () => {}
        const ended = app.holds.keep(may, () => {
          unsubscribe()
          end()
        })
        unsubscribe = subscribe(push, () => {
          ended()
          end()
        })
        return () => {
          ended()
          unsubscribe()
        }
      },
    }
  }

  function answerOf(error: unknown, request: ApiRequest): ApiResponse {
    if (error instanceof Rejected) return error.response
    const refusal = refusalOf(error)
    // What is the client's own doing needs no line in the host's log.
    if (refusal !== error) log('error', `${request.method} ${request.path.slice(0, 200)}: ${describe(error)}`)
    if (refusal !== null) return refused(refusal)
    return problem(500, 'internal', 'An error inside the control daemon; its log has more.')
  }

  return {
    async handle(request, peer) {
      const trail = openTrail(app.audit, request, peer)
      try {
        const response = await answer(request, peer, trail).catch((error: unknown) => answerOf(error, request))
        return trail.end(response)
      } catch (error) {
        return answerOf(error, request)
      }
    },
  }
}

/** A request that ends before any use case. */
class Rejected extends Error {
  constructor(readonly response: ApiResponse) {
    super('rejected')
  }
}

function isAuthorised(route: Route, parameters: Readonly<Record<string, string>>, principal: Principal, app: App): boolean {
  try {
    authorise(route, parameters, principal, app)
    return true
  } catch {
    return false
  }
}

function mediaTypeOf(headers: ApiRequest['headers']): string {
  return (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
