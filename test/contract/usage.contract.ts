// What every implementation of the reading of usage promises.
import { describe, expect, it } from 'vitest'
import type { VmCounters } from '../../control/src/domain/usage.ts'
import type { Usage, VmTraces } from '../../control/src/ports/usage.ts'

/** What there is to be read. `running` has used everything that `VM` says, holds `HELD_BYTES` of memory, and has one NIC in slot 2. */
export interface Arranged {
  readonly usage: Usage
  readonly running: VmTraces
  /** Of the one that runs. */
  readonly cgroup: string
  /** Whose cgroup is gone. */
  readonly ended: VmTraces
}

export const VM: VmCounters = {
  cpu: { usedMicroseconds: 61_000_000, throttledMicroseconds: 1_750_000, throttledPeriods: 31, stealMicroseconds: 3_000 },
  memory: { chargedBytes: 209_715_200, residentBytes: 104_857_600, cacheBytes: 52_428_800, swapBytes: 4096 },
  io: { readBytes: 4096, writtenBytes: 8192, reads: 1, writes: 2 },
  pressure: {
    cpu: { someAvg10Percent: 12.5, fullAvg10Percent: 1.5, someTotalMicroseconds: 4711, fullTotalMicroseconds: 11 },
    memory: null,
    io: { someAvg10Percent: 0, fullAvg10Percent: 0, someTotalMicroseconds: 0, fullTotalMicroseconds: 0 },
  },
  nics: [{ slot: 2, receivedBytes: 2000, sentBytes: 1000, receivedPackets: 20, sentPackets: 10, dropped: 7 }],
}

/** 100 MiB, and 3 MiB of the kernel's that it cannot free. */
export const HELD_BYTES = 108_003_328

export function usageContract(arrange: () => Arranged): void {
  describe('usage', () => {
    it('of a running VM is all that it has used', () => {
      const { usage, running } = arrange()
      expect(usage.observeVm(running)).toEqual(VM)
    })

    it('leaves out NICs that are not there', () => {
      const { usage, running } = arrange()
      const nics = [...running.nics, { slot: 5, device: 'absent' }]
      expect(usage.observeVm({ ...running, nics })).toEqual(VM)
    })

    it('of one that has ended is nothing', () => {
      const { usage, ended } = arrange()
      expect(usage.observeVm(ended)).toBeNull()
    })

    it('of a group is all that has been used in it', () => {
      const { usage, cgroup } = arrange()
      const { cpu, memory, io, pressure } = VM
      const { stealMicroseconds: _ofVcpus, ...used } = cpu
      expect(usage.observeGroup(cgroup)).toEqual({ cpu: used, memory, io, pressure })
      expect(usage.observeGroup(`${cgroup}/absent`)).toBeNull()
    })

    it('is told of what a group holds and could not give up, and of what is left on the host', () => {
      const { usage, cgroup } = arrange()
      expect(usage.observeHeldBytes(cgroup)).toBe(HELD_BYTES)
      expect(usage.observeHeldBytes(`${cgroup}/absent`)).toBeNull()
      const { availableBytes, waitingPercent } = usage.observeMemoryRoom()
      expect(availableBytes).toBeGreaterThan(0)
      expect(waitingPercent ?? 0).toBeGreaterThanOrEqual(0)
    })

    it('of the host is told of its memory, and of each CPU within that of all', () => {
      const { cpu, cpus, memory } = arrange().usage.observeHost()
      expect(memory.totalBytes).toBeGreaterThan(memory.usedBytes)
      expect(cpus.length).toBeGreaterThan(0)
      for (const one of cpus) expect(one.busyMicroseconds).toBeLessThanOrEqual(cpu.busyMicroseconds)
    })
  })
}
