// The guard restarts the machine for a slot that is tried and not confirmed in time, and for nothing else.
import { describe, expect, it } from 'vitest'
import { confirmDeadlineMs, type Guarded, planGuard } from '../../../control/src/plan/guard.ts'

const LATE: Guarded = { trying: true, note: null, uptimeMs: 600_000, deadlineMs: 600_000 }

describe('the guard', () => {
  it.each([
    ['of a control daemon that never said anything', LATE, 'not in order 600 s after the start: the control daemon did not come up'],
    [
      'of what is missing',
      { ...LATE, note: { trying: true, confirmed: false, missing: ['the API does not answer', 'no address'] } },
      'not in order 600 s after the start: the API does not answer; no address',
    ],
    [
      'by what controld says, where the disk could not be read',
      { ...LATE, trying: null, note: { trying: true, confirmed: false, missing: ['x'] } },
      'not in order 600 s after the start: x',
    ],
  ] as const)('restarts, and says why: %s', (_, guarded, reason) => {
    expect(planGuard(guarded)).toBe(reason)
  })

  it.each([
    ['before the deadline', { ...LATE, uptimeMs: 599_999 }],
    ['of a confirmed slot, whatever becomes of controld', { ...LATE, note: { trying: true, confirmed: true, missing: [] } }],
    ['of a slot that is not tried', { ...LATE, trying: false }],
    ['while nothing is known', { ...LATE, trying: null }],
  ] as const)('does not restart: %s', (_, guarded) => {
    expect(planGuard(guarded)).toBeNull()
  })
})

describe('the deadline', () => {
  it.each([
    [null, 600_000],
    ['60', 60_000],
    ['9999', 600_000],
    ['5', 600_000],
    ['soon', 600_000],
  ])('of %s', (value, ms) => {
    expect(confirmDeadlineMs(value, 600_000)).toBe(ms)
  })
})
