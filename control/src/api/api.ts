// Answers requests: routed, identified, authorised, decoded and checked by the route table, then handed to the use case. The only place that turns errors into statuses.
import type { App } from '../app/app.ts'
import type { AppPorts } from '../app/ports.ts'
import { invalid, refusalOf } from '../app/refusal.ts'
import { check } from '../domain/check.ts'
import { parseJson } from '../domain/json.ts'
import { authorise, identify } from './access.ts'
import { problem, refused } from './answer.ts'
import type { Api, ApiRequest, ApiResponse, Incoming, Peer } from './message.ts'
import { parseQuery } from './query.ts'
import type { Route } from './route.ts'
import { createRouter } from './router.ts'
import { routes } from './routes.ts'
import { sourceOf } from './source.ts'

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
  function decodeBody({ body: expected, streamed }: Route, request: ApiRequest): unknown {
    if (streamed !== undefined) return incomingBody(streamed, request)
    const { headers, body, incoming } = request
    if (incoming !== undefined) throw new Rejected(problem(413, 'request.too-large', 'This request takes no body of this kind.'))
    if (expected === undefined) {
      if (body.length > 0) throw new Rejected(problem(400, 'request.unexpected-body', 'This request takes no body.'))
      return undefined
    }
    if (body.length > MAX_BODY_BYTES) throw new Rejected(problem(413, 'request.too-large', `A body has at most ${MAX_BODY_BYTES} bytes.`))
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
    return checked.value
  }

  function parse(body: Uint8Array) {
    const text = decodeUtf8(body)
    return text === null
      ? ({ ok: false, problems: [{ code: 'request.malformed-json', field: '', message: 'must be UTF-8' }] } as const)
      : parseJson(text)
  }

  async function answer(request: ApiRequest, peer: Peer): Promise<ApiResponse> {
    const found = find(request.method, request.path)
    if (found.kind === 'nothing') return problem(404, 'request.no-such-path', `There is nothing at ${request.path.slice(0, 200)}.`)
    if (found.kind === 'wrong-method') {
      return problem(405, 'request.method-not-allowed', `${request.path.slice(0, 200)} takes ${found.allow}.`, [], { allow: found.allow })
    }
    const { route, parameters } = found
    const principal = identify(request, peer, app.sessions)
    authorise(route.who, principal)
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
    const body = decodeBody(route, request)
    const by = principal.kind === 'user' ? principal.name : principal.kind
    const call = { app, principal, by, parameters, query: query.value, headers: request.headers, source: sourceOf(request.remote), body }
    return route.handle(call as never)
  }

  return {
    async handle(request, peer) {
      try {
        return await answer(request, peer)
      } catch (error) {
        if (error instanceof Rejected) return error.response
        const refusal = refusalOf(error)
        // What is the client's own doing needs no line in the host's log.
        if (refusal !== error) log('error', `${request.method} ${request.path.slice(0, 200)}: ${describe(error)}`)
        if (refusal !== null) return refused(refusal)
        return problem(500, 'internal', 'An error inside the control daemon; its log has more.')
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

function mediaTypeOf(headers: ApiRequest['headers']): string {
  return (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
