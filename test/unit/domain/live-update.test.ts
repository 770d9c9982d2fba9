// When a control plane that took over gives way to the one of before.
import { describe, expect, it } from 'vitest'
import { type LiveUpdate, planLive } from '../../../control/src/domain/live-update.ts'

const live: LiveUpdate = {
  ...{ slot: 'b', version: '0.2.0', directory: '/run/b', before: '/run/a', atMs: 1_000, vms: [] },
  ...{ missing: ['the API does not answer'], confirmed: false },
}

describe('a control plane that took over', () => {
  it('has its time', () => {
    expect(planLive(live, 180_999, 180_000)).toBeNull()
  })

  it('gives way when that is over, and it is known why', () => {
    expect(planLive(live, 181_000, 180_000)).toBe('not in order 180 s after it took over: the API does not answer')
    expect(planLive({ ...live, missing: [] }, 200_000, 180_000)).toBe(
      'not in order 180 s after it took over: its control daemon did not come up',
    )
  })

  it('stays once it is confirmed, and there need not be one', () => {
    expect(planLive({ ...live, confirmed: true }, 999_999, 180_000)).toBeNull()
    expect(planLive(null, 999_999, 180_000)).toBeNull()
  })
})
