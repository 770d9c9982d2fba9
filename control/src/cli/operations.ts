// What the API can be asked, as the route table says it, for commands that follow from it.
import { jsonSchema } from '../../openapi/json-schema.ts'
import { routes } from '../api/routes.ts'
import type { Schema } from './schema.ts'

export type OperationName = `${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} /v1/${string}`

export interface Operation {
  readonly method: string
  readonly path: string
  readonly summary: string
  readonly who: string
  readonly dryRun: boolean
  /** 202: the answer is a task. */
  readonly isTask: boolean
  /** Null where it takes none. */
  body(): Schema | null
}

export function operation(name: OperationName): Operation {
  const route = routes.find(({ method, path }) => `${method} ${path}` === name)
  if (route === undefined) throw new Error(`no operation ${name}`)
  const { method, path, summary, who, query = {}, answers, body } = route
  return {
    ...{ method, path, summary, who },
    dryRun: 'dryRun' in query,
    isTask: answers.some(({ status }) => status === 202),
    body: () => (body === undefined ? null : (jsonSchema(body.schema) as Schema)),
  }
}

/** The path with its parameters filled in. */
export function pathOf({ path }: Operation, parameters: Readonly<Record<string, string>>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => parameters[name] ?? '')
}
