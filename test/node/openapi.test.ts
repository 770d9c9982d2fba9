// The API document: complete, sound, and current with the route table.
import { describe, expect, it } from 'vitest'
import { makeDocument } from '../../control/openapi/document.ts'
import { routes } from '../../control/src/api/routes.ts'
import { vmSpecSchema } from '../../control/src/domain/vm.ts'

interface Operation {
  readonly operationId: string
  readonly responses: Readonly<Record<string, unknown>>
  readonly requestBody?: { readonly content: Readonly<Record<string, unknown>> }
  readonly parameters: readonly { readonly name: string; readonly in: string }[]
}
interface Document {
  readonly openapi: string
  readonly info: { readonly version: string }
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: {
    readonly schemas: Readonly<Record<string, { readonly properties?: Readonly<Record<string, Readonly<Record<string, unknown>>>> }>>
  }
}

const document = makeDocument({ version: '1.2.3' }) as unknown as Document
const operations = Object.values(document.paths).flatMap((path) => Object.values(path))

/** All values of a key, anywhere. */
function all(key: string, value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => [...(name === key ? [inner] : []), ...all(key, inner)])
}

describe('the API document', () => {
  it('is OpenAPI 3.1 of this version', () => {
    expect([document.openapi, document.info.version]).toEqual(['3.1.0', '1.2.3'])
  })

  it('has every route, each with its answers, parameters and body', () => {
    for (const { method, path, answers, body, streamed, query = {} } of routes) {
      const operation = document.paths[path]?.[method.toLowerCase()]
      if (operation === undefined) throw new Error(`${method} ${path} is missing`)
      expect(Object.keys(operation.responses).sort()).toEqual([...new Set(answers.map(({ status }) => String(status))), 'default'].sort())
      expect(Object.keys(operation.requestBody?.content ?? {})).toEqual(body?.mediaTypes ?? streamed ?? [])
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1])
      expect(operation.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)).toEqual(inPath)
      expect(operation.parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name)).toEqual(Object.keys(query))
    }
    expect(operations).toHaveLength(routes.length)
  })

  it('names each operation once', () => {
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length)
  })

  it('refers only to what is in it', () => {
    const references = all('$ref', document) as string[]
    expect(references.length).toBeGreaterThan(20)
    for (const reference of references) {
      const found = reference
        .replace('#/', '')
        .split('/')
        .reduce<unknown>((here, step) => (here as Record<string, unknown> | undefined)?.[step], document)
      expect(found, reference).toBeDefined()
    }
  })

  it('says of every field of a VM what it is and when it counts', () => {
    const fields = document.components.schemas.VmSpec?.properties ?? {}
    expect(Object.keys(fields)).toEqual(Object.keys(vmSpecSchema.entries))
    for (const facts of Object.values(fields)) {
      expect(facts.title).toBeDefined()
      expect(['live', 'live-where-possible', 'next-power-on']).toContain(facts['x-takes-effect'])
    }
    expect(fields.memoryMiB).toMatchObject({ type: 'integer', minimum: 64, maximum: 4_194_304, default: 512, 'x-unit': 'MiB' })
  })

  it('allows no unknown field in anything', () => {
    const objects = [document].flatMap((whole) => all('properties', whole)).length
    const closed = all('additionalProperties', document).filter((value) => value === false).length
    expect(objects).toBeGreaterThan(20)
    expect(closed).toBe(objects)
  })
})
