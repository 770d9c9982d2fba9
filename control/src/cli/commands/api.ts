// Any request to the API, for what no command does.
import { readFileSync } from 'node:fs'
import { documentOf } from '../answer.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { failure, usage } from '../failure.ts'
import { printDocument } from '../output.ts'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

export const apiCommands: readonly Command[] = [
  {
    words: ['api'],
    summary: 'Any request to the API; prints what the host answers',
    details: ['BODY is JSON, @FILE, or @- for the input. GET /v1/openapi.json describes everything.', 'Example: corbel api GET /v1/vms'],
    arguments: [
      { name: 'METHOD', kind: 'text', values: METHODS },
      { name: 'PATH', kind: 'text' },
      { name: 'BODY', kind: 'text', optional: true },
    ],
    options: () => [{ name: 'if-match', value: 'ETAG', help: 'The ETag that a change is for, with or without its quotes' }],
    async run({ given, io, host }) {
      const [method = '', path = '', body] = given.arguments
      if (!METHODS.includes(method.toUpperCase()))
        throw usage({ code: 'usage.invalid-value', field: 'METHOD', message: `must be one of ${METHODS.join(', ')}`, allowed: METHODS })
      if (!/^\/v1\/[\x21-\x7e]*$/.test(path)) throw usage({ code: 'usage.invalid-value', field: 'PATH', message: 'must begin with /v1/' })
      const etag = given.value('if-match')
      const answer = await host().request(method.toUpperCase(), path, {
        ...(body === undefined ? {} : { json: readBody(body) }),
        ...(method.toUpperCase() === 'PATCH' ? { mediaType: 'application/merge-patch+json' } : {}),
        ...(etag === undefined ? {} : { headers: { 'if-match': /^(".*"|\*)$/.test(etag) ? etag : `"${etag}"` } }),
      })
      const document = documentOf(answer)
      if (document === undefined) io.output.write(answer.bytes)
      else printDocument({ io }, document)
    },
  },
]

function readBody(text: string): unknown {
  try {
    return JSON.parse(text.startsWith('@') ? readFileSync(text === '@-' ? 0 : text.slice(1), 'utf8') : text)
  } catch (error) {
    throw failure(EXIT.usage, 'usage.malformed-json', `BODY cannot be read: ${(error as Error).message}`)
  }
}
