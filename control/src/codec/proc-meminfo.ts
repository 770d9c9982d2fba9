// Reads /proc/meminfo.
import type { HostCounters } from '../domain/usage.ts'

export interface MemoryUse {
  readonly totalMiB: number
  /** What could not be had without swapping: total less `MemAvailable`. */
  readonly usedMiB: number
}

export function parseMeminfo(text: string): MemoryUse {
  const totalKiB = kibibytes(text, 'MemTotal')
  const availableKiB = kibibytes(text, 'MemAvailable')
  return { totalMiB: Math.round(totalKiB / 1024), usedMiB: Math.max(0, Math.round((totalKiB - availableKiB) / 1024)) }
}

/** The same, with more of it. `cacheBytes` is what the kernel keeps of files and can give back. */
export function parseMemory(text: string): HostCounters['memory'] {
  const bytes = (name: string) => kibibytes(text, name) * 1024
  const totalBytes = bytes('MemTotal')
  return {
    totalBytes,
    usedBytes: Math.max(0, totalBytes - bytes('MemAvailable')),
    cacheBytes: Math.max(0, bytes('Cached') + bytes('Buffers') + bytes('SReclaimable') - bytes('Shmem')),
    swapUsedBytes: Math.max(0, bytes('SwapTotal') - bytes('SwapFree')),
  }
}

/** 0 for a field that is not there. The kernel writes `kB` and means KiB. */
function kibibytes(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0)
}
