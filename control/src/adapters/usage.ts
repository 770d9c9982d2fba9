// What VMs and the host use, read from cgroup files, /proc and /sys. Asks no program and no VM.
import { readText, statOrNull } from 'hv:fs'
import { parseCount, parseCpuStat, parseHeldBytes, parseIoStat, parseMemoryStat } from '../codec/cgroup-stat.ts'
import { parsePressure } from '../codec/pressure.ts'
import { parseDiskstats } from '../codec/proc-diskstats.ts'
import { parseMemory } from '../codec/proc-meminfo.ts'
import { parseNetDev } from '../codec/proc-net-dev.ts'
import { parseProcStat, parseWaitMicroseconds } from '../codec/proc-stat.ts'
import type { GroupCounters, NicTraffic, Pressures } from '../domain/usage.ts'
import type { Usage } from '../ports/usage.ts'
import { vcpuThreads } from './vcpu-threads.ts'
import { findCgroups } from './vm-cgroup.ts'

export interface UsagePlaces {
  /** One cgroup a VM below it, in its pool's: `/sys/fs/cgroup/corbel.vm`. */
  readonly cgroups: string
  readonly proc: string
  readonly sys: string
}

export function createUsage({ cgroups, proc, sys }: UsagePlaces): Usage {
  /** Where VMs have been found; looked for anew when one is not there. */
  let found: ReadonlyMap<string, string> = new Map()

  function cgroupOf(id: string): string | null {
    const known = found.get(id)
    if (known !== undefined && statOrNull(known) !== null) return known
    found = findCgroups(cgroups)
    return found.get(id) ?? null
  }

  return {
    observeVm({ id, pid, nics }) {
      const cgroup = cgroupOf(id)
      if (cgroup === null) return null
      const counters = groupCounters(cgroup)
      if (counters === null) return null
      return {
        ...counters,
        cpu: { ...counters.cpu, stealMicroseconds: vcpuWait(pid, proc) },
        nics: nics.flatMap(({ slot, device }) => nicTraffic(slot, `${sys}/class/net/${device}/statistics`) ?? []),
      }
    },

    observeGroup: groupCounters,

    observeHeldBytes(path) {
      const stat = textOrNull(`${path}/memory.stat`)
      return stat === null ? null : parseHeldBytes(stat)
    },

    observeMemoryRoom() {
      const { totalBytes, usedBytes } = parseMemory(textOr(`${proc}/meminfo`))
      const pressure = parsePressure(textOr(`${proc}/pressure/memory`))
      return { availableBytes: totalBytes - usedBytes, waitingPercent: pressure?.someAvg10Percent ?? null }
    },

    observeHost() {
      const isPhysical = (kind: 'block' | 'class/net', name: string) => statOrNull(`${sys}/${kind}/${name}/device`) !== null
      return {
        ...parseProcStat(textOr(`${proc}/stat`)),
        memory: parseMemory(textOr(`${proc}/meminfo`)),
        pressure: pressures((resource) => `${proc}/pressure/${resource}`),
        disks: parseDiskstats(textOr(`${proc}/diskstats`)).filter(({ name }) => isPhysical('block', name)),
        adapters: parseNetDev(textOr(`${proc}/net/dev`)).filter(({ name }) => isPhysical('class/net', name)),
      }
    },
  }
}

function groupCounters(cgroup: string): GroupCounters | null {
  const cpu = textOrNull(`${cgroup}/cpu.stat`)
  if (cpu === null) return null
  return {
    cpu: parseCpuStat(cpu),
    memory: {
      chargedBytes: parseCount(textOr(`${cgroup}/memory.current`)),
      ...parseMemoryStat(textOr(`${cgroup}/memory.stat`)),
      swapBytes: parseCount(textOr(`${cgroup}/memory.swap.current`)),
    },
    io: parseIoStat(textOr(`${cgroup}/io.stat`)),
    pressure: pressures((resource) => `${cgroup}/${resource}.pressure`),
  }
}

function pressures(pathOf: (resource: string) => string): Pressures {
  const of = (resource: string) => parsePressure(textOr(pathOf(resource)))
  return { cpu: of('cpu'), memory: of('memory'), io: of('io') }
}

/** Null where the kernel does not count it, and when the process is gone. */
function vcpuWait(pid: number, proc: string): number | null {
  let total: number | null = null
  for (const { tid } of vcpuThreads(pid, proc)) {
    const waited = parseWaitMicroseconds(textOr(`${proc}/${pid}/task/${tid}/schedstat`))
    if (waited !== null) total = (total ?? 0) + waited
  }
  return total
}

/** Null when the TAP is gone. What it sends is what the guest receives. */
function nicTraffic(slot: number, statistics: string): NicTraffic | null {
  const receivedBytes = textOrNull(`${statistics}/tx_bytes`)
  if (receivedBytes === null) return null
  const count = (name: string) => parseCount(textOr(`${statistics}/${name}`))
  return {
    ...{ slot, receivedBytes: parseCount(receivedBytes), sentBytes: count('rx_bytes') },
    ...{ receivedPackets: count('tx_packets'), sentPackets: count('rx_packets'), dropped: count('tx_dropped') + count('rx_dropped') },
  }
}

/** Files vanish with what they tell of, at any moment, and controllers may be missing: both are no news here. */
function textOrNull(path: string): string | null {
  try {
    return readText(path)
  } catch {
    return null
  }
}

function textOr(path: string, otherwise = ''): string {
  return textOrNull(path) ?? otherwise
}
