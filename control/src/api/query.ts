// Query strings: only known names, each once, each with one of its values.
import type { Checked, Problem } from '../domain/problem.ts'
import type { QueryParameter } from './route.ts'

export function parseQuery(text: string, known: Readonly<Record<string, QueryParameter>>): Checked<Readonly<Record<string, string>>> {
  const values: Record<string, string> = {}
  const allowedFor = (name: string) => known[name]?.allowed ?? []
  const problems: Problem[] = []
  for (const part of text.split('&')) {
    if (part === '') continue
    const [name = '', ...rest] = part.split('=')
    const value = rest.join('=')
    if (!Object.hasOwn(known, name))
      problems.push({ code: 'request.unknown-parameter', field: name.slice(0, 100), message: 'is not a known query parameter' })
    else if (Object.hasOwn(values, name)) problems.push({ code: 'request.repeated-parameter', field: name, message: 'is given twice' })
    else if (!allowedFor(name).includes(value)) {
      const got = value.slice(0, 100)
      const allowed = [...allowedFor(name)]
      problems.push({
        code: 'request.parameter.not-allowed',
        field: name,
        message: `must be ${allowed.join(' or ')}`,
        got,
        allowed,
      })
    } else values[name] = value
  }
  return problems.length === 0 ? { ok: true, value: values } : { ok: false, problems }
}
