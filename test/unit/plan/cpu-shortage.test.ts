// Words and codes for CPUs and pages that are missing.
import { describe, expect, it } from 'vitest'
import { cpuProblem, pageProblem } from '../../../control/src/plan/cpu-shortage.ts'

const shortage = { subject: { kind: 'vm', id: 'a' }, asked: 4, total: 8, kept: 2, taken: 3, free: 2 } as const

describe('what is missing', () => {
  it('is told with its arithmetic, and what would fit', () => {
    expect(cpuProblem({ ...shortage, kind: 'dedicated' })).toEqual({
      ...{ code: 'admission.dedicated-cpus', field: 'cpuPlacement', got: 4, max: 2 },
      message: '4 CPUs are asked for alone, of 8 CPUs that it may have 2 stay everybody’s, others have 3, and 2 are left in whole cores',
    })
    expect(cpuProblem({ ...shortage, kind: 'nowhere', subject: { kind: 'pool', id: 'p' } })).toMatchObject({
      code: 'admission.cpus',
      field: 'cpuSet',
    })
    const { subject } = shortage
    expect(cpuProblem({ kind: 'no-node', subject, named: [0, 7], there: [0, 1] })).toMatchObject({
      ...{ code: 'admission.numa-nodes', field: 'numaNodes', got: '0, 7', allowed: ['0', '1'] },
    })
    expect(cpuProblem({ ...shortage, kind: 'overdrawn', asked: 6.5, kept: 1.5, free: 6.5 })).toMatchObject({
      message: '6.5 cores are reserved on 8 CPUs, of which the host keeps 1.5',
    })
    expect(pageProblem({ sizeKiB: 2048, node: 1, pages: 50, found: 7 })).toMatchObject({ code: 'admission.huge-pages', got: 50, max: 7 })
  })
})
