// Who is let in by which door in which mode, every combination; and which lockdowns would let nobody out again.
import { describe, expect, it } from 'vitest'
import { LOCKDOWN_MODES, type Lockdown, type LockdownMode } from '../../../control/src/domain/lockdown.ts'
import { type Door, decideEntry, isWayOutLeft, type Known, problemsOfLockdown } from '../../../control/src/plan/lockdown.ts'

const DOORS: readonly Door[] = ['network', 'console']
const lists = { apiUsers: ['api', 'both'], breakGlass: ['glass', 'both'] }

/** What is said of a user on each list, by mode and door; `-` is in. */
const EXPECTED: Readonly<Record<LockdownMode, Readonly<Record<Door, Readonly<Record<string, string>>>>>> = {
  normal: {
    network: { none: '-', api: '-', glass: '-', both: '-' },
    console: { none: '-', api: '-', glass: '-', both: '-' },
  },
  locked: {
    network: { none: 'lockdown.not-named', api: '-', glass: 'lockdown.not-named', both: '-' },
    console: { none: 'lockdown.not-break-glass', api: 'lockdown.not-break-glass', glass: '-', both: '-' },
  },
  strict: {
    network: { none: 'lockdown.not-named', api: '-', glass: 'lockdown.not-named', both: '-' },
    console: {
      none: 'lockdown.console-closed',
      api: 'lockdown.console-closed',
      glass: 'lockdown.console-closed',
      both: 'lockdown.console-closed',
    },
  },
}

const rows = LOCKDOWN_MODES.flatMap((mode) =>
  DOORS.flatMap((door) =>
    Object.entries(EXPECTED[mode][door]).flatMap(([name, expected]) =>
      [true, false].map((configures) => {
        // The console is for those who may configure the host, whatever the mode.
        const said = door === 'console' && !configures && expected === '-' ? 'lockdown.console-administrators' : expected
        return [mode, door, name, configures ? 'an administrator' : 'nobody special', configures, said] as const
      }),
    ),
  ),
)

describe('a comer', () => {
  it.each(rows)('in mode %s at the door %s, on the list of %s, %s', (mode, door, name, _what, configures, said) => {
    expect(decideEntry({ mode, ...lists }, door, { name, configures })?.code ?? '-').toBe(said)
  })
})

const user = (name: string, facts: Partial<Known> = {}): Known => ({ name, configures: true, enabled: true, unlocks: true, ...facts })

describe('a lockdown', () => {
  it.each<[string, Partial<Lockdown>, readonly Known[], boolean, boolean]>([
    ['normal, with nobody', {}, [], false, true],
    ['locked, with one who may open it', { mode: 'locked', apiUsers: ['a'] }, [user('a')], false, true],
    ['locked, with nobody named', { mode: 'locked' }, [user('a')], false, false],
    ['locked, with one who is disabled', { mode: 'locked', apiUsers: ['a'] }, [user('a', { enabled: false })], false, false],
    ['locked, with one who may not open it', { mode: 'locked', apiUsers: ['a'] }, [user('a', { unlocks: false })], false, false],
    ['locked, with one who is at the console alone', { mode: 'locked', breakGlass: ['a'] }, [user('a')], false, false],
    ['locked, with one of two', { mode: 'locked', apiUsers: ['a', 'b'] }, [user('a', { unlocks: false }), user('b')], false, true],
    ['strict, with a recovery code', { mode: 'strict', apiUsers: ['a'] }, [user('a')], true, true],
    ['strict, without one', { mode: 'strict', apiUsers: ['a'] }, [user('a')], false, false],
  ])('%s', (_what, facts, users, hasCode, allowed) => {
    const wanted = { mode: 'normal' as const, apiUsers: [], breakGlass: [], ...facts }
    expect(problemsOfLockdown(wanted, users, hasCode).length === 0).toBe(allowed)
    if (wanted.mode !== 'strict') expect(isWayOutLeft(wanted, users)).toBe(allowed)
  })

  it('is told all its problems at once', () => {
    const wanted = { mode: 'strict' as const, apiUsers: ['nobody', 'a', 'a'], breakGlass: ['ghost', 'viewer'] }
    const problems = problemsOfLockdown(wanted, [user('a', { unlocks: false }), user('viewer', { configures: false })], false)
    expect(problems.map(({ code, field }) => `${code} ${field}`)).toEqual([
      'lockdown.user.unknown apiUsers[0]',
      'lockdown.user.twice apiUsers[2]',
      'lockdown.user.unknown breakGlass[0]',
      'lockdown.break-glass.useless breakGlass[1]',
      'lockdown.nobody-left apiUsers',
      'lockdown.no-recovery-code mode',
    ])
  })
})
