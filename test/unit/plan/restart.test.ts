// When a VM that crashed is started again.
import { describe, expect, it } from 'vitest'
import { planRestart } from '../../../control/src/plan/restart.ts'

const POLICY = { action: 'restart', maxRestarts: 4, windowSeconds: 600 } as const
const NOW = 1_767_225_600_000

describe('a VM that crashed', () => {
  it.each<[string, readonly number[], object]>([
    ['for the first time starts after a second', [], { kind: 'restart', delayMs: 1000, attempts: [] }],
    ['for the third time waits four', [NOW - 9000, NOW - 3000], { kind: 'restart', delayMs: 4000 }],
    ['as often as it may stays off', [1, 2, 3, 4].map((n) => NOW - n * 1000), { kind: 'give-up' }],
    [
      'and had run for the window begins anew',
      [1, 2, 3, 4].map((n) => NOW - n * 600_000),
      { kind: 'restart', delayMs: 1000, attempts: [] },
    ],
    ['when the clock was set back counts what was before', [NOW + 86_400_000], { kind: 'restart', delayMs: 2000 }],
  ])('%s', (_what, attempts, expected) => {
    expect(planRestart(POLICY, attempts, NOW)).toMatchObject(expected)
  })

  it('waits five minutes at most', () => {
    const attempts = Array.from({ length: 20 }, (_, n) => NOW - n)
    expect(planRestart({ ...POLICY, maxRestarts: 100 }, attempts, NOW)).toMatchObject({ delayMs: 300_000 })
  })

  it('stays off where its policy says so', () => {
    expect(planRestart({ ...POLICY, action: 'stay-off' }, [], NOW)).toEqual({ kind: 'stay-off' })
  })
})
