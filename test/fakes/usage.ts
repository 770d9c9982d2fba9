// What VMs and the host use, as a test says; nothing is used until then.
import type { GroupCounters, HostCounters, MemoryRoom, Pressures, VmCounters } from '../../control/src/domain/usage.ts'
import type { Usage, VmTraces } from '../../control/src/ports/usage.ts'

const NO_PRESSURE: Pressures = { cpu: null, memory: null, io: null }

export const VM_COUNTERS: VmCounters = {
  cpu: { usedMicroseconds: 0, throttledMicroseconds: 0, throttledPeriods: 0, stealMicroseconds: 0 },
  memory: { chargedBytes: 0, residentBytes: 0, cacheBytes: 0, swapBytes: 0 },
  io: { readBytes: 0, writtenBytes: 0, reads: 0, writes: 0 },
  pressure: NO_PRESSURE,
  nics: [],
}

export const HOST_COUNTERS: HostCounters = {
  cpu: { busyMicroseconds: 0, idleMicroseconds: 0, stealMicroseconds: 0 },
  cpus: [{ number: 0, busyMicroseconds: 0, idleMicroseconds: 0, stealMicroseconds: 0 }],
  memory: { totalBytes: 8_589_934_592, usedBytes: 536_870_912, cacheBytes: 0, swapUsedBytes: 0 },
  pressure: NO_PRESSURE,
  disks: [],
  adapters: [],
}

export class FakeUsage implements Usage {
  /** By VM; one that is not here is as `VM_COUNTERS`, with the NICs that were asked for. Null: it has ended. */
  readonly vms = new Map<string, VmCounters | null>()
  host: HostCounters = HOST_COUNTERS
  /** By path of the cgroup: what it has for good, in bytes; what nobody said is 0. */
  readonly held = new Map<string, number>()
  /** By path; those that are not here are not there. */
  readonly groups = new Map<string, GroupCounters>()
  /** Paths of cgroups that are not there. */
  readonly absent = new Set<string>()
  room: MemoryRoom = { availableBytes: 1e12, waitingPercent: 0 }
  /** Ids, in the order in which they were observed. */
  readonly observed: string[] = []

  observeVm({ id, nics }: VmTraces): VmCounters | null {
    this.observed.push(id)
    const told = this.vms.get(id)
    if (told !== undefined)
      return told === null ? null : { ...told, nics: told.nics.filter(({ slot }) => nics.some((nic) => nic.slot === slot)) }
    const idle = { receivedBytes: 0, sentBytes: 0, receivedPackets: 0, sentPackets: 0, dropped: 0 }
    return { ...VM_COUNTERS, nics: nics.map(({ slot }) => ({ slot, ...idle })) }
  }

  observeGroup(path: string): GroupCounters | null {
    return this.groups.get(path) ?? null
  }

  observeHeldBytes(path: string): number | null {
    return this.absent.has(path) ? null : (this.held.get(path) ?? 0)
  }

  observeMemoryRoom(): MemoryRoom {
    return this.room
  }

  observeHost(): HostCounters {
    return this.host
  }
}
