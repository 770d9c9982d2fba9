// Reads what /sys/devices/system/node says of a node: memory, distances, and its folders of huge pages.

/** MiB, rounded; null when there is no such line. The kernel writes `kB` and means KiB. */
export function parseNodeMemory(meminfo: string): number | null {
  const match = /^Node \d+ MemTotal:\s+(\d{1,15}) kB$/m.exec(meminfo)
  return match === null ? null : Math.round(Number(match[1]) / 1024)
}

/** One number for each node there is, in their order; empty for anything else. */
export function parseDistances(text: string): readonly number[] {
  const parts = text.trim().split(/\s+/)
  return parts.every((part) => /^\d{1,3}$/.test(part)) ? parts.map(Number) : []
}

/** KiB, from `hugepages-2048kB`; null for another name. */
export function parseHugepageFolder(name: string): number | null {
  const match = /^hugepages-([1-9]\d{0,9})kB$/.exec(name)
  return match === null ? null : Number(match[1])
}
