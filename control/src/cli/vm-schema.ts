// The schema of a VM's spec, made once and only when it is asked for.
import { operation } from './operations.ts'
import type { Schema } from './schema.ts'

let schema: Schema | null = null

export function vmSchema(): Schema {
  schema ??= operation('POST /v1/vms').body() ?? {}
  return schema
}
