// Recovery codes: what is drawn, what of a mistake is noticed, and by which group.
import { describe, expect, it } from 'vitest'
import {
  CONFIRMED_GROUPS,
  isRecoveryGroup,
  pickGroups,
  RECOVERY_BYTES,
  readRecoveryCode,
  renderRecoveryCode,
} from '../../../control/src/domain/recovery-code.ts'
import { FakeRandom } from '../../fakes/random.ts'

const CODE = renderRecoveryCode(new FakeRandom(3).bytes(RECOVERY_BYTES))
const GROUPS = CODE.split('-')

const wrongGroups = (typed: string) => {
  const read = readRecoveryCode(typed)
  return read.ok
    ? []
    : read.problems.map(({ code, message }) => `${code.split('.').at(-1)} ${/group (\d)/.exec(message)?.[1] ?? ''}`.trim())
}

describe('a recovery code', () => {
  it('is eight groups of six digits, from the least to the greatest', () => {
    expect(renderRecoveryCode(new Uint8Array(RECOVERY_BYTES))).toBe(Array(8).fill('000000').join('-'))
    expect(renderRecoveryCode(new Uint8Array(RECOVERY_BYTES).fill(255))).toBe(Array(8).fill('720885').join('-'))
    expect(CODE).toMatch(/^\d{6}(-\d{6}){7}$/)
  })

  it('keeps every bit that was drawn', () => {
    const seen = new Set(Array.from({ length: 0x1_0000 }, (_, n) => renderRecoveryCode(Uint8Array.of(n >> 8, n & 255)).slice(0, 6)))
    expect(seen.size).toBe(0x1_0000)
    expect([...seen].filter((group) => !isRecoveryGroup(group))).toEqual([])
  })

  it.each([
    ['as it is shown', CODE],
    ['without hyphens', GROUPS.join('')],
    ['with blanks', ` ${GROUPS.join('  ')} `],
  ])('is read %s', (_how, typed) => {
    expect(readRecoveryCode(typed)).toEqual({ ok: true, value: GROUPS.join('') })
  })

  it('tells the group of any one wrong digit, and of any two neighbours exchanged', () => {
    const digits = GROUPS.join('')
    for (let at = 0; at < digits.length; at++) {
      const group = Math.floor(at / 6) + 1
      for (const other of '0123456789') {
        if (other === digits[at]) continue
        expect(wrongGroups(`${digits.slice(0, at)}${other}${digits.slice(at + 1)}`)).toEqual([`mistyped ${group}`])
      }
      if (at % 6 === 5 || digits[at] === digits[at + 1]) continue
      const exchanged = `${digits.slice(0, at)}${digits[at + 1]}${digits[at]}${digits.slice(at + 2)}`
      expect(wrongGroups(exchanged)).toEqual([`mistyped ${group}`])
    }
  })

  it.each<[string, string, string[]]>([
    ['nothing', '', ['missing 1', 'missing 2', 'missing 3', 'missing 4', 'missing 5', 'missing 6', 'missing 7', 'missing 8']],
    ['seven groups', GROUPS.slice(0, 7).join('-'), ['missing 8']],
    ['an unfinished last group', GROUPS.join('').slice(0, -1), ['mistyped 8']],
    ['a digit too many', `${GROUPS.join('')}0`, ['too-long']],
    ['letters', `${'O'.repeat(6)}${GROUPS.slice(1).join('')}`, ['mistyped 1']],
    ['a group that is too great', `999999${GROUPS.slice(1).join('')}`, ['mistyped 1']],
  ])('of %s is refused group by group, without repeating a digit', (_what, typed, wrong) => {
    expect(wrongGroups(typed)).toEqual(wrong)
    const read = readRecoveryCode(typed)
    if (!read.ok) for (const problem of read.problems) expect(problem.got).toBeUndefined()
  })

  it('has some of its groups asked for, each time others', () => {
    const random = new FakeRandom(5)
    const picks = Array.from({ length: 200 }, () => pickGroups(random.bytes(8)))
    for (const pick of picks) {
      expect(pick).toHaveLength(CONFIRMED_GROUPS)
      expect([...new Set(pick)].sort()).toEqual(pick)
    }
    expect(new Set(picks.flat()).size).toBe(8)
    expect(new Set(picks.map(String)).size).toBeGreaterThan(30)
  })
})
