// Reads one entry of /sys/devices/system/cpu/cpuN/cache.
import { parseCpuList } from '../domain/cpu-list.ts'
import type { Cache } from '../domain/topology.ts'

/** The contents of the files of one `indexN`; null for one that is missing. */
export interface CacheEntryTexts {
  readonly level: string | null
  readonly type: string | null
  readonly size: string | null
  readonly sharedCpuList: string | null
}

const KINDS: ReadonlyMap<string, Cache['kind']> = new Map([
  ['Data', 'data'],
  ['Instruction', 'instruction'],
  ['Unified', 'unified'],
])
const UNITS_KIB = { K: 1, M: 1024 } as const

/** Null when a file is missing or says nothing sensible. @source Linux Documentation/ABI/testing/sysfs-devices-system-cpu */
export function parseCacheEntry({ level, type, size, sharedCpuList }: CacheEntryTexts): Cache | null {
  const kind = KINDS.get(type?.trim() ?? '')
  const sizeMatch = /^(\d{1,9})([KM])$/.exec(size?.trim() ?? '')
  const cpus = parseCpuList(sharedCpuList ?? '') ?? []
  const levelMatch = /^[1-9]$/.exec(level?.trim() ?? '')
  if (kind === undefined || sizeMatch === null || levelMatch === null || cpus.length === 0) return null
  const sizeKiB = Number(sizeMatch[1]) * UNITS_KIB[sizeMatch[2] as keyof typeof UNITS_KIB]
  return sizeKiB === 0 ? null : { level: Number(levelMatch[0]), kind, sizeKiB, cpus }
}
