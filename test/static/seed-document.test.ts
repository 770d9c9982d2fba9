// docs/seed.md is kept true: its example is a seed, and its table names every field.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { validateSeed } from '../../control/src/domain/seed.ts'

const text = readFileSync('docs/seed.md', 'utf8')
const example: unknown = JSON.parse(/```json\n([\s\S]*?)```/.exec(text)?.[1] ?? 'null')

function leaves(value: unknown, path: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path]
  return Object.entries(value).flatMap(([key, member]) => leaves(member, path === '' ? key : `${path}.${key}`))
}

describe('docs/seed.md', () => {
  it('has an example that is a good seed', () => {
    expect(validateSeed(example)).toMatchObject({ ok: true, value: example as object })
  })

  it('explains every field of its example', () => {
    const explained = [...text.matchAll(/^\| `([A-Za-z0-9.]+)` \|/gm)].map((match) => match[1])
    expect(leaves(example, '').filter((field) => !explained.includes(field))).toEqual([])
  })

  it('agrees with the architecture page', () => {
    const page = readFileSync('docs/architecture.md', 'utf8')
    expect(page).toContain('CORBEL-SEED')
    const other: unknown = JSON.parse(
      (/```json\n(\{\n {2}"version": 1[\s\S]*?)```/.exec(page)?.[1] ?? 'null').replace(
        /1\$…/,
        '1$c2FsdHNhbHRzYWx0$2b8Oi9DGlv+Y+NlMPgDYNhJUkbHEGHXW5jj/xsdSoQE',
      ),
    )
    expect(validateSeed(other)).toMatchObject({ ok: true })
  })
})
