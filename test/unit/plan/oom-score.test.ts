// Who is given up first: by priority, and among those of one priority who was promised less of what he has.
import { describe, expect, it } from 'vitest'
import { oomScoreAdj } from '../../../control/src/plan/oom-score.ts'

const vm = (priority: 'low' | 'normal' | 'high', reservationMiB: number, hugePages: 'none' | '2MiB' = 'none') =>
  oomScoreAdj({ priority, memoryMiB: 1024, memoryAllocation: { reservationMiB }, hugePages })

describe('VMs are given up', () => {
  it('by priority first, whatever is reserved', () => {
    expect([vm('low', 0), vm('low', 1024), vm('normal', 0), vm('normal', 1024), vm('high', 0), vm('high', 1024)]).toEqual([
      800, 650, 500, 350, 200, 50,
    ])
  })

  it('by what is reserved of their memory then', () => {
    expect([vm('normal', 512), vm('normal', 0, '2MiB')]).toEqual([425, 350])
  })
})
