// The shape of a route: from these, requests are routed, checked and authorised, and the API document is printed.
import type * as v from 'valibot'
import type { App } from '../app/app.ts'
import type { Path } from '../app/network-change.ts'
import type { Permission } from '../domain/permission.ts'
import type { Principal } from '../domain/user.ts'
import type { Rights } from './access.ts'
import type { ApiResponse, Incoming } from './message.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** `anyone`; only who stands at the machine; any `user` who is logged in; or the permission that is needed. */
export type Who = 'anyone' | 'console' | 'user' | Permission

/** What a handler is given: everything in it is checked. */
export interface Call<Body> {
  readonly app: App
  readonly principal: Principal
  readonly rights: Rights
  /** A user's name, or `console`. */
  readonly by: string
  readonly parameters: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  /** Of the network client, without port; for IPv6 its /64. `console` for who stands at the machine. */
  readonly source: string
  /** By which way the request has come. */
  readonly path: Path
  /** Whether who asks could ask this now: false once session, token, certificate, user or permission are gone. */
  readonly may: () => boolean
  readonly body: Body
}

/** One of a few values, or text of one form, which is sent percent-encoded. */
export type QueryParameter = { readonly description: string } & (
  | { readonly allowed: readonly string[] }
  | { readonly pattern: RegExp; readonly rule: string }
)

/** A whole number from 0. */
export function numeric(description: string): QueryParameter {
  return { description, pattern: /^\d{1,15}$/, rule: 'must be a whole number' }
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
  /** Only in a session: tokens and certificates must not beget others, nor change what their owner logs in with. */
  readonly sessionOnly?: true
  /**
   * Where a permission has to be held: by default on the VM, pool or task that the path names, or else on the host. `any`: somewhere;
   * the handler holds each object against `Call.rights`.
   */
  readonly on?: 'any'
  /** By name. */
  readonly query?: Readonly<Record<string, QueryParameter>>
  /** Given to handlers as `Call.body`. `prefix` starts the codes of its problems. */
  readonly body?: {
    readonly schema: v.GenericSchema
    readonly prefix: string
    readonly mediaTypes: readonly string[]
    readonly secret?: boolean
    /** Default 64 KiB; the gateway takes 1 MiB. */
    readonly maxBytes?: number
  }
  /** Further header fields that are understood, with what they mean. */
  readonly headers?: Readonly<Record<string, string>>
  /** A body of these media types, of any size, that is passed on unread; `Call.body` is what it comes by. */
  readonly streamed?: readonly string[]
  /** `If-Match` is understood; `required` refuses a request without it. */
  readonly ifMatch?: 'required' | 'optional'
  /** Answered by passing on a socket. */
  readonly upgrade?: 'websocket'
  /** In the audit log: a log-in has an entry of its own kind; `never` is for what changes nothing though it is no GET. */
  readonly audit?: 'login' | 'never'
  readonly answers: readonly Answer[]
  handle(call: Call<never>): ApiResponse | Promise<ApiResponse>
}

export interface BodyOptions<Schema extends v.GenericSchema> {
  readonly schema: Schema
  readonly prefix: string
  readonly mediaTypes?: readonly string[]
  readonly secret?: boolean
  readonly maxBytes?: number
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
