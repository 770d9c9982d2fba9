// Sums over VMs: grouped as told, with nothing made up for what is not known.
import { describe, expect, it } from 'vitest'
import type { VmUsage } from '../../../control/src/domain/usage.ts'
import { vmRates } from '../../../control/src/plan/usage-rates.ts'
import { sumUsage, totalUsage } from '../../../control/src/plan/usage-sum.ts'
import { VM_COUNTERS } from '../../fakes/usage.ts'

function using(name: string, percent: number, residentBytes: number, sampledTwice = true): VmUsage {
  const counters = {
    ...VM_COUNTERS,
    cpu: { ...VM_COUNTERS.cpu, usedMicroseconds: percent * 10_000, stealMicroseconds: null },
    memory: { ...VM_COUNTERS.memory, residentBytes },
    io: { readBytes: 100 * percent, writtenBytes: 0, reads: 0, writes: 0 },
  }
  const rates = sampledTwice ? vmRates({ atMs: 0, value: VM_COUNTERS }, { atMs: 1000, value: counters }) : null
  return { id: name, name, at: '2026-01-01T00:00:00.000Z', pool: 'host', memoryMiB: 256, balloon: null, counters, rates, devices: null }
}

describe('the sum of what VMs use', () => {
  const usages = [using('a1', 50, 1000), using('b1', 25, 10), using('a2', 100, 2000), using('a3', 100, 4000, false)]

  it('is made for each key', () => {
    const sums = sumUsage(usages, ({ name }) => [name[0], ...(name === 'a2' ? ['second'] : [])])
    expect([...sums.keys()]).toEqual(['a', 'b', 'second'])
    expect(sums.get('a')).toMatchObject({ vms: 3, memoryMiB: 768, residentBytes: 7000, cpuPercent: 150, stealPercent: 0 })
    expect(sums.get('a')?.io.readBytesPerSecond).toBe(15_000)
    expect(sums.get('second')).toMatchObject({ vms: 1, cpuPercent: 100 })
    expect(sums.get('b')).toMatchObject({ vms: 1, cpuPercent: 25 })
  })

  it('of all is one, and of none nothing', () => {
    expect(totalUsage(usages)).toMatchObject({ vms: 4, residentBytes: 7010, cpuPercent: 175 })
    expect(totalUsage([])).toMatchObject({ vms: 0, cpuPercent: 0, network: { sentBytesPerSecond: 0 } })
  })
})
