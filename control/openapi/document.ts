// Makes the OpenAPI 3.1 document from the route table and its schemas. Never runs on the appliance.
import { toJsonSchemaDefs } from '@valibot/to-json-schema'
import type * as v from 'valibot'
import type { Answer, QueryParameter, Route } from '../src/api/route.ts'
import { routes } from '../src/api/routes.ts'
import { components } from '../src/api/schemas.ts'
import { BUILT_IN_ROLES, PERMISSIONS } from '../src/domain/permission.ts'
import { JSON_SCHEMA_OPTIONS, jsonSchema } from './json-schema.ts'

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
type JsonObject = { readonly [key: string]: Json }
type Definitions = Record<string, v.GenericSchema>

export interface Product {
  readonly version: string
}

function schemaOf(schema: v.GenericSchema): JsonObject {
  return jsonSchema(schema, components as unknown as Definitions) as JsonObject
}

function content(mediaType: string, schema: v.GenericSchema | undefined): JsonObject {
  return { [mediaType]: schema === undefined ? {} : { schema: schemaOf(schema) } }
}

/** Answers of one status become one, with a media type each. */
function responses(answers: readonly Answer[]): JsonObject {
  const byStatus = new Map<number, { descriptions: string[]; content: Record<string, Json> }>()
  for (const { status, description, schema, mediaType } of answers) {
    const entry = byStatus.get(status) ?? { descriptions: [], content: {} }
    byStatus.set(status, entry)
    entry.descriptions.push(description)
    if (schema !== undefined || mediaType !== undefined) Object.assign(entry.content, content(mediaType ?? 'application/json', schema))
  }
  const entries = [...byStatus].map(([status, entry]): [string, Json] => {
    const description = `${entry.descriptions.join('. ')}.`
    return [String(status), Object.keys(entry.content).length === 0 ? { description } : { description, content: entry.content }]
  })
  return { ...Object.fromEntries(entries), default: { $ref: '#/components/responses/Problem' } }
}

function parameters({ path, query = {}, ifMatch, headers = {} }: Route): Json[] {
  const string: Json = { type: 'string' }
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']): Json => ({ name, in: 'path', required: true, schema: string }))
  const inQuery = Object.entries(query).map(
    ([name, parameter]): Json => ({ name, in: 'query', description: parameter.description, schema: querySchema(parameter) }),
  )
  const ifMatchHeader: Json[] =
    ifMatch === undefined ? [] : [{ name: 'If-Match', in: 'header', required: ifMatch === 'required', schema: string }]
  const inHeader = Object.entries(headers).map(([name, description]): Json => ({ name, in: 'header', description, schema: string }))
  return [...inPath, ...inQuery, ...ifMatchHeader, ...inHeader]
}

function querySchema(parameter: QueryParameter): Json {
  if ('pattern' in parameter) return { type: 'string', pattern: parameter.pattern.source }
  const { allowed } = parameter
  return allowed.includes('true') ? { type: 'boolean', default: false } : { type: 'string', enum: allowed }
}

function requestBody({ body, streamed }: Route): JsonObject {
  if (streamed !== undefined) return { requestBody: { required: true, content: Object.fromEntries(streamed.map((type) => [type, {}])) } }
  if (body === undefined) return {}
  const mayBeEmpty = Object.keys((body.schema as unknown as { entries?: object }).entries ?? { some: 1 }).length === 0
  return {
    requestBody: { required: !mayBeEmpty, content: Object.assign({}, ...body.mediaTypes.map((type) => content(type, body.schema))) },
  }
}

function operation(route: Route): JsonObject {
  return {
    operationId: operationId(route),
    summary: route.summary,
    'x-who': route.who,
    security: route.who === 'anyone' || route.who === 'console' ? [] : [{ session: [] }],
    parameters: parameters(route),
    ...requestBody(route),
    responses: responses(route.answers),
  }
}

/** `post-vms-id-power-on`. */
function operationId({ method, path }: Route): string {
  return `${method.toLowerCase()}-${path.replace('/v1/', '').replace(/[{}]/g, '').replaceAll('/', '-')}`
}

export function makeDocument({ version }: Product): JsonObject {
  const paths: Record<string, Record<string, Json>> = {}
  for (const route of routes) {
    paths[route.path] ??= {}
    Object.assign(paths[route.path] ?? {}, { [route.method.toLowerCase()]: operation(route) })
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Corbel', version, description: 'The API of a Corbel host. Errors are RFC 9457 problems with stable codes.' },
    servers: [{ url: '/' }],
    'x-permissions': PERMISSIONS,
    'x-roles': BUILT_IN_ROLES,
    paths,
    components: {
      schemas: toJsonSchemaDefs(components as unknown as Definitions, JSON_SCHEMA_OPTIONS) as unknown as JsonObject,
      responses: {
        Problem: {
          description: 'Refused or failed.',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/ProblemBody' } } },
        },
      },
      securitySchemes: { session: { type: 'http', scheme: 'bearer', description: 'The token of POST /v1/login.' } },
    },
  }
}
