// The shape of a route: from these, requests are routed, checked and authorised, and the API document is printed.
import type * as v from 'valibot'
import type { App } from '../app/app.ts'
import type { Principal, Role } from '../domain/user.ts'
import type { ApiResponse, Incoming } from './message.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** `anyone`; the least role a session must have; or only who stands at the machine. */
export type Who = 'anyone' | Role | 'console'

/** What a handler is given: everything in it is checked. */
export interface Call<Body> {
  readonly app: App
  readonly principal: Principal
  /** A user's name, or `console`. */
  readonly by: string
  readonly parameters: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  /** Of the network client, without port; for IPv6 its /64. */
  readonly source: string
  readonly body: Body
}

export interface QueryParameter {
  readonly description: string
  readonly allowed: readonly string[]
}

/** True or false. */
export function flag(description: string): QueryParameter {
  return { description, allowed: ['true', 'false'] }
}

export interface Answer {
  readonly status: number
  readonly description: string
  /** None: no body. */
  readonly schema?: v.GenericSchema
  readonly mediaType?: string
}

export interface Route {
  readonly method: Method
  /** Segments in braces are parameters. */
  readonly path: string
  readonly summary: string
  readonly who: Who
  /** By name. */
  readonly query?: Readonly<Record<string, QueryParameter>>
  /** Given to handlers as `Call.body`. `prefix` starts the codes of its problems. */
  readonly body?: {
    readonly schema: v.GenericSchema
    readonly prefix: string
    readonly mediaTypes: readonly string[]
    readonly secret?: boolean
  }
  /** Further header fields that are understood, with what they mean. */
  readonly headers?: Readonly<Record<string, string>>
  /** A body of these media types, of any size, that is passed on unread; `Call.body` is what it comes by. */
  readonly streamed?: readonly string[]
  /** `If-Match` is understood; `required` refuses a request without it. */
  readonly ifMatch?: 'required' | 'optional'
  /** Answered by passing on a socket. */
  readonly upgrade?: 'websocket'
  readonly answers: readonly Answer[]
  handle(call: Call<never>): ApiResponse | Promise<ApiResponse>
}

export interface BodyOptions<Schema extends v.GenericSchema> {
  readonly schema: Schema
  readonly prefix: string
  readonly mediaTypes?: readonly string[]
  readonly secret?: boolean
}

type RouteFacts = Omit<Route, 'body' | 'streamed' | 'handle'>

/** A route that takes a body; its handler gets it as the schema's type. */
export function withBody<Schema extends v.GenericSchema>(
  facts: RouteFacts,
  { mediaTypes = ['application/json'], ...body }: BodyOptions<Schema>,
  handle: (call: Call<v.InferOutput<Schema>>) => ApiResponse | Promise<ApiResponse>,
): Route {
  return { ...facts, body: { ...body, mediaTypes }, handle }
}

/** A route whose body does not go through the script. It needs a length, of 1 byte or more. */
export function withStream(
  facts: RouteFacts,
  mediaTypes: readonly string[],
  handle: (call: Call<Incoming>) => ApiResponse | Promise<ApiResponse>,
): Route {
  return { ...facts, streamed: mediaTypes, handle }
}

export function withoutBody(facts: RouteFacts, handle: (call: Call<undefined>) => ApiResponse | Promise<ApiResponse>): Route {
  return { ...facts, handle }
}
