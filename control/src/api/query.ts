// Query strings: only known names, each once, each with one of its values.
import type { Checked, Problem } from '../domain/problem.ts'
import type { QueryParameter } from './route.ts'

export function parseQuery(text: string, known: Readonly<Record<string, QueryParameter>>): Checked<Readonly<Record<string, string>>> {
  const values: Record<string, string> = {}
  const problems: Problem[] = []
  for (const part of text.split('&')) {
    if (part === '') continue
    const [name = '', ...rest] = part.split('=')
    const parameter = known[name]
    const value = parameter !== undefined && 'pattern' in parameter ? decodeText(rest.join('=')) : rest.join('=')
    if (!Object.hasOwn(known, name) || parameter === undefined)
      problems.push({ code: 'request.unknown-parameter', field: name.slice(0, 100), message: 'is not a known query parameter' })
    else if (Object.hasOwn(values, name)) problems.push({ code: 'request.repeated-parameter', field: name, message: 'is given twice' })
    else if (value === null || !accepts(parameter, value)) {
      const got = (value ?? '').slice(0, 100)
      const said =
        'allowed' in parameter
          ? { message: `must be ${parameter.allowed.join(' or ')}`, allowed: [...parameter.allowed] }
          : { message: parameter.rule }
      problems.push({ code: 'request.parameter.not-allowed', field: name, got, ...said })
    } else values[name] = value
  }
  return problems.length === 0 ? { ok: true, value: values } : { ok: false, problems }
}

function accepts(parameter: QueryParameter, value: string): boolean {
  return 'allowed' in parameter ? parameter.allowed.includes(value) : parameter.pattern.test(value)
}

/** Null for escapes that are none. A plus is a blank, as forms write it. */
function decodeText(text: string): string | null {
  try {
    return decodeURIComponent(text.replace(/\+/g, ' '))
  } catch {
    return null
  }
}
