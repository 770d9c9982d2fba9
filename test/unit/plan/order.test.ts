// Waves of VMs that start and end together.
import { describe, expect, it } from 'vitest'
import { planAutostart, planShutdown } from '../../../control/src/plan/order.ts'
import { spec } from '../../fakes/spec.ts'

const vm = (id: string, autostart: object) => ({ id, spec: spec('6b9f2a52-8a3c-4c1e-9a58-0f6d1c2b3a4d', { name: id, autostart }) })
const VMS = [
  vm('web', { enabled: true, order: 20, delaySeconds: 5 }),
  vm('database', { enabled: true, order: 10, delaySeconds: 30 }),
  vm('mail', { enabled: true, order: 20 }),
  vm('spare', { order: 5 }),
]

describe('VMs', () => {
  it('that start with the host do so by their order, those of one order together, with the longest delay after them', () => {
    expect(planAutostart(VMS)).toEqual([
      { ids: ['database'], delayMs: 30_000 },
      { ids: ['web', 'mail'], delayMs: 5000 },
    ])
    expect(planAutostart([])).toEqual([])
  })

  it('are shut down the other way round, whether or not they start with the host', () => {
    expect(planShutdown(VMS)).toEqual([['web', 'mail'], ['database'], ['spare']])
  })
})
