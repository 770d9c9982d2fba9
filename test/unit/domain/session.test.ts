// What is kept of how a program calls itself when it logs in.
import { describe, expect, it } from 'vitest'
import { clientOf } from '../../../control/src/domain/session.ts'

describe('the client of a session', () => {
  it.each<[string, string | undefined, string]>([
    ['what the header says', 'corbel', 'corbel'],
    ['empty without a header', undefined, ''],
    ['without controls, escapes and what is not ASCII', 'a\x1b[2J\r\nb\u202e\u00e9c', 'a [2J b c'],
    ['not longer than 120 characters', 'x'.repeat(5000), 'x'.repeat(120)],
  ])('is %s', (_, header, kept) => {
    expect(clientOf(header)).toBe(kept)
  })
})
