// Reads /proc/meminfo.

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

/** 0 for a field that is not there. The kernel writes `kB` and means KiB. */
function kibibytes(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1] ?? 0)
}
