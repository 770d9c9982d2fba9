// The text of an entry, the chain that entries are, and what is kept of a body.
import { describe, expect, it } from 'vitest'
import {
  AUDIT_ORIGIN,
  type AuditFacts,
  auditableBody,
  auditLine,
  auditText,
  brokenAuditLink,
  createAuditCheck,
  splitAuditLine,
} from '../../../control/src/domain/audit.ts'
import { auditFacts } from '../../fakes/audit-facts.ts'

/** Any function of the text will do: that it is SHA-256 is the caller's. */
function digest(text: string): string {
  let sum = 7
  for (const character of text) sum = (Math.imul(sum, 31) + character.charCodeAt(0)) >>> 0
  return sum.toString(16).padStart(64, '0')
}

function linesOf(facts: readonly Partial<AuditFacts>[], start = AUDIT_ORIGIN): string[] {
  let at = start
  return facts.map((some) => {
    const text = auditText(at, auditFacts(some))
    at = { sequence: at.sequence + 1, hash: digest(text) }
    return auditLine(text, at.hash)
  })
}

function verdictOf(lines: readonly string[]) {
  const check = createAuditCheck(digest)
  for (const line of lines) check.add(line)
  return check.end()
}

describe('the text of an entry', () => {
  it('names itself and the one before first, and has its fields in one order', () => {
    const { at, ...rest } = auditFacts()
    const text = auditText({ sequence: 6, hash: 'abc' }, { ...rest, at })
    expect(text).toBe(auditText({ sequence: 6, hash: 'abc' }, { at, ...rest }))
    expect(text.startsWith('{"sequence":7,"previous":"abc","at":"2026-01-01T00:00:00.000Z","user":"ann"')).toBe(true)
  })

  it('comes back from an exported line, whatever is in it', () => {
    const text = auditText(AUDIT_ORIGIN, auditFacts({ what: { note: '","hash":"x"}' }, user: 'ä\u2028\ud800' }))
    const hash = 'a'.repeat(64)
    expect(splitAuditLine(auditLine(text, hash))).toEqual({ text, hash })
    expect(splitAuditLine('{"hash":"12"}')).toBeNull()
  })
})

describe('a link of the chain', () => {
  const before = { sequence: 2, hash: 'b'.repeat(64) }
  const text = auditText(before, auditFacts())
  it.each([
    ['holds', before, text, digest(text), null],
    ['is altered', before, text.replace('ann', 'eve'), digest(text), 'entry 3 has been altered'],
    [
      'is rewritten with a hash of its own',
      { ...before, hash: 'c'.repeat(64) },
      text,
      digest(text),
      'entry 3 does not follow the one before it',
    ],
    ['is missing', { ...before, sequence: 1 }, text, digest(text), 'entry 2 is missing'],
  ])('%s', (_name, mark, words, hash, problem) => {
    expect(brokenAuditLink(mark, words, hash, digest)).toBe(problem)
  })
})

describe('exported lines', () => {
  const lines = linesOf([{ user: 'a' }, { user: 'b' }, { user: 'c' }, { user: 'd' }])

  it('are whole from the beginning', () => {
    expect(verdictOf(lines)).toMatchObject({ whole: true, problem: null, from: AUDIT_ORIGIN, to: { sequence: 4 } })
    expect(verdictOf([])).toMatchObject({ whole: true, to: AUDIT_ORIGIN })
  })

  it.each([
    ['one is missing', [lines[0], lines[2], lines[3]], 'entry 2 is missing'],
    ['one was altered', [lines[0], lines[1]?.replace('"user":"b"', '"user":"x"'), lines[2]], 'entry 2 has been altered'],
    ['two changed places', [lines[0], lines[2], lines[1]], 'entry 2 is missing'],
    ['one is none', [lines[0], 'oops', lines[1]], 'after entry 1 comes what is no entry'],
    ['the first are missing', lines.slice(2), 'no entry says that those up to 2 were removed'],
  ])('are cut where %s', (_name, some, problem) => {
    expect(verdictOf(some.map((line) => line ?? ''))).toMatchObject({ whole: false, problem })
  })

  it('may begin after others where an entry says that those were removed', () => {
    const base = { sequence: 2, hash: JSON.parse(lines[1] ?? '').hash as string }
    const [third = '', fourth = ''] = lines.slice(2)
    const at = { sequence: 4, hash: JSON.parse(fourth).hash as string }
    const trimmed = (what: unknown) => linesOf([{ action: 'audit.trimmed', what }], at)
    expect(verdictOf([third, fourth, ...trimmed({ through: 2, hash: base.hash })])).toMatchObject({ whole: true, from: base })
    expect(verdictOf([third, fourth, ...trimmed({ through: 2, hash: 'other' })]).whole).toBe(false)
    expect(verdictOf([third, fourth, ...trimmed(null)]).whole).toBe(false)
  })
})

describe('what is kept of a body', () => {
  it('has no secrets, however deep', () => {
    const body = { name: 'web', users: [{ password: 'x', role: 'viewer' }], cloudInit: { userData: '#cloud-config', metaData: null } }
    expect(auditableBody(body)).toEqual({
      name: 'web',
      users: [{ password: '[left out]', role: 'viewer' }],
      cloudInit: { userData: '[left out]', metaData: null },
    })
  })

  it('is all of it while it is short, and the names of its fields where it is long', () => {
    expect(auditableBody({ a: 'x'.repeat(4_000) })).toEqual({ a: 'x'.repeat(4_000) })
    expect(auditableBody({ a: 'x'.repeat(5_000), b: 1 })).toEqual({ leftOut: '5014 characters', fields: ['a', 'b'] })
    expect(auditableBody(null)).toBeNull()
  })
})
