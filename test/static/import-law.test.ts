// The rooms of control/src and what each may import, as docs/architecture.md has it.
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sourceFiles } from './source-files.ts'

const ROOT = 'control/src'

/** Room → rooms it may import besides itself. A room that is not here may not exist. */
const LAW: Record<string, readonly string[]> = {
  domain: [],
  codec: ['domain'],
  plan: ['domain'],
  console: ['domain', 'codec'],
  ports: ['domain'],
  app: ['domain', 'plan', 'ports'],
  adapters: ['ports', 'codec', 'domain'],
  api: ['domain', 'app'],
  cli: ['domain', 'api'],
  main: ['domain', 'codec', 'plan', 'console', 'ports', 'app', 'adapters', 'api'],
}

/** Rooms that may use the native modules. */
const NATIVE = ['adapters', 'main']
/** npm packages, and the rooms that may use them. */
const LIBRARIES: Record<string, readonly string[]> = {
  valibot: ['domain', 'api', 'cli'],
  ws: ['cli'],
  'get-east-asian-width': ['console'],
  uqr: ['console', 'cli'],
}
/** The one room that runs in Node. */
const NODE = ['cli']
/** What a room may see of another, where that is not everything: the command line knows what can be asked, not how it is answered. */
const ONLY: Record<string, Record<string, RegExp>> = { cli: { api: /^(route|routes)\.ts$/ } }
/** The one thing outside that a room may import: how schemas become JSON Schema. */
const OUTSIDE: Record<string, string> = { cli: '../openapi/json-schema.ts' }
/** What makes a function impure; refused where decisions are made. */
const IMPURE = /\b(Date\.now|new Date\(\)|Math\.random|setTimeout|performance\.now)\b/
const PURE_ROOMS = ['domain', 'plan', 'codec', 'console']

interface Import {
  readonly from: string
  readonly specifier: string
}

function importsOf(from: string, text: string): Import[] {
  const pattern =
    /(?:^|\n)\s*(?:import|export)\s[^'"]*?from\s*['"]([^'"]+)['"]|(?:^|\n)\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g
  return [...text.matchAll(pattern)].map((match) => ({ from, specifier: match[1] ?? match[2] ?? match[3] ?? '' }))
}

function breachOf({ from, specifier }: Import): string | null {
  const room = relative(ROOT, from).split('/')[0] ?? ''
  const allowed = LAW[room]
  if (allowed === undefined) return `${from}: no such room as ${room}`
  if (specifier.startsWith('hv:')) return NATIVE.includes(room) ? null : `${from}: ${room} may not use ${specifier}`
  if (specifier.startsWith('node:')) return NODE.includes(room) ? null : `${from}: ${room} may not use ${specifier}`
  if (!specifier.startsWith('.')) return LIBRARIES[specifier]?.includes(room) ? null : `${from}: ${room} may not use ${specifier}`
  const path = relative(ROOT, join(dirname(from), specifier))
  const [target = '', ...rest] = path.split('/')
  if (target === room || path === OUTSIDE[room]) return null
  const seen = ONLY[room]?.[target] ?? /./
  return allowed.includes(target) && seen.test(rest.join('/')) ? null : `${from}: ${room} may not import ${path} (${specifier})`
}

describe('the import law', () => {
  const files = sourceFiles(/^control\/src\/.*\.ts$/)

  it('holds for every file', () => {
    expect(files.length).toBeGreaterThan(20)
    expect(files.flatMap(({ path, text }) => importsOf(path, text).map(breachOf)).filter((breach) => breach !== null)).toEqual([])
  })

  it('keeps clocks and randomness out of the rooms that decide', () => {
    const pure = files.filter(({ path }) => PURE_ROOMS.includes(relative(ROOT, path).split('/')[0] ?? ''))
    expect(pure.filter(({ text }) => IMPURE.test(text)).map(({ path }) => path)).toEqual([])
  })

  it.each([
    ['domain importing app', "import { a } from '../app/a.ts'", 'domain'],
    ['plan importing hv:fs', "import * as fs from 'hv:fs'", 'plan'],
    ['app importing an adapter as a type', "import type { A } from '../adapters/a.ts'", 'app'],
    ['codec importing a library', "import { x } from 'left-pad'", 'codec'],
    ['api re-exporting an adapter', "export { x } from '../adapters/x.ts'", 'api'],
    ['api using Node', "import { x } from 'node:fs'", 'api'],
    ['main importing the command line', "import { run } from '../cli/run.ts'", 'main'],
    ['the command line importing what answers requests', "import { createApi } from '../api/api.ts'", 'cli'],
    ['the command line importing what is outside', "import { makeDocument } from '../../openapi/document.ts'", 'cli'],
  ])('notices %s', (_name, text, room) => {
    const [first] = importsOf(`${ROOT}/${room}/x.ts`, text)
    expect(first && breachOf(first)).toContain('may not')
  })
})
