// What the API can be asked, as the route table says it, for commands that follow from it.
import { jsonSchema } from '../../openapi/json-schema.ts'
import type { Who } from '../api/route.ts'
import { routes } from '../api/routes.ts'
import { BUILT_IN_ROLES } from '../domain/permission.ts'
import type { Schema } from './schema.ts'

export type OperationName = `${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} /v1/${string}`

export interface Operation {
  readonly method: string
  readonly path: string
  readonly summary: string
  /** For people. */
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
    ...{ method, path, summary, who: told(who) },
    dryRun: 'dryRun' in query,
    isTask: answers.some(({ status }) => status === 202),
    body: () => (body === undefined ? null : (jsonSchema(body.schema) as Schema)),
  }
}

/** For the help of a command. */
export function whoMay(name: OperationName): string {
  return `Who may: ${operation(name).who}. API: ${name}`
}

/** `vm.power (administrator, operator)`. */
function told(who: Who): string {
  if (who === 'anyone') return who
  if (who === 'console') return 'who stands at the machine'
  if (who === 'user') return 'anyone who is logged in'
  const roles = Object.entries(BUILT_IN_ROLES).flatMap(([role, permissions]) =>
    (permissions as readonly Who[]).includes(who) ? [role] : [],
  )
  return `${who} (${roles.join(', ')})`
}

/** The path with its parameters filled in. */
export function pathOf({ path }: Operation, parameters: Readonly<Record<string, string>>): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => parameters[name] ?? '')
}
