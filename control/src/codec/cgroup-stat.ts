// Reads the files in which a cgroup tells what it uses. @source Linux Documentation/admin-guide/cgroup-v2.rst
import type { Transfers } from '../domain/usage.ts'

/** `memory.current` and its like: one number. 0 for what is none (`max`). */
export function parseCount(text: string): number {
  const count = Number(text)
  return Number.isFinite(count) ? count : 0
}

export interface CpuStat {
  readonly usedMicroseconds: number
  readonly throttledMicroseconds: number
  readonly throttledPeriods: number
}

/** `cpu.stat`; what is about limits is 0 where there is none. */
export function parseCpuStat(text: string): CpuStat {
  return {
    usedMicroseconds: keyed(text, 'usage_usec'),
    throttledMicroseconds: keyed(text, 'throttled_usec'),
    throttledPeriods: keyed(text, 'nr_throttled'),
  }
}

/** `memory.stat`. Shared memory is counted by the kernel as `file`, too; it is a guest's as much as anonymous memory is. */
export function parseMemoryStat(text: string): { readonly residentBytes: number; readonly cacheBytes: number } {
  const shared = keyed(text, 'shmem')
  return { residentBytes: keyed(text, 'anon') + shared, cacheBytes: Math.max(0, keyed(text, 'file') - shared) }
}

/** `memory.stat`: what is charged to a cgroup and cannot be had back while its processes live, as there is no swap. The kernel's own is mostly page tables. */
export function parseHeldBytes(text: string): number {
  return keyed(text, 'anon') + keyed(text, 'shmem') + Math.max(0, keyed(text, 'kernel') - keyed(text, 'slab_reclaimable'))
}

/** `io.stat`, all devices together: `8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0`. */
export function parseIoStat(text: string): Transfers {
  const sum = (name: string) => [...text.matchAll(new RegExp(` ${name}=(\\d+)`, 'g'))].reduce((total, match) => total + Number(match[1]), 0)
  return { readBytes: sum('rbytes'), writtenBytes: sum('wbytes'), reads: sum('rios'), writes: sum('wios') }
}

/** The number behind a key at the beginning of a line, such as `anon 4096`; 0 where it is not there. Searched by hand: memory.stat is long and read often. */
function keyed(text: string, key: string): number {
  const wanted = `${key} `
  const at = text.startsWith(wanted) ? 0 : text.indexOf(`\n${wanted}`) + 1
  if (at === 0 && !text.startsWith(wanted)) return 0
  const end = text.indexOf('\n', at)
  return parseCount(text.slice(at + wanted.length, end < 0 ? undefined : end))
}
