// Reads what /proc tells of the time of CPUs, and of threads that wait for one. @source proc(5), Linux Documentation/scheduler/sched-stats.rst
import type { CpuTime } from '../domain/usage.ts'

/** The kernel counts in USER_HZ, which is 100 on x86. */
const MICROSECONDS_PER_TICK = 10_000

export interface ProcStat {
  readonly cpu: CpuTime
  readonly cpus: readonly (CpuTime & { readonly number: number })[]
}

/** /proc/stat. Guests' time is within `user` and `nice` there; CPUs that are offline are left out by the kernel. */
export function parseProcStat(text: string): ProcStat {
  const none: CpuTime = { busyMicroseconds: 0, idleMicroseconds: 0, stealMicroseconds: 0 }
  let cpu = none
  const cpus: (CpuTime & { readonly number: number })[] = []
  for (const line of text.split('\n')) {
    // They come first.
    if (!line.startsWith('cpu')) break
    const [name = '', ...fields] = line.split(/\s+/)
    const time = timeOf(fields.map(Number))
    if (name === 'cpu') cpu = time
    else cpus.push({ number: Number(name.slice(3)), ...time })
  }
  return { cpu, cpus }
}

function timeOf([user = 0, nice = 0, system = 0, idle = 0, ioWait = 0, irq = 0, softIrq = 0, steal = 0]: readonly number[]): CpuTime {
  return {
    busyMicroseconds: (user + nice + system + irq + softIrq) * MICROSECONDS_PER_TICK,
    idleMicroseconds: (idle + ioWait) * MICROSECONDS_PER_TICK,
    stealMicroseconds: steal * MICROSECONDS_PER_TICK,
  }
}

/** /proc/PID/schedstat, also of a thread: how long it was ready and waited for a CPU. Its fields are nanoseconds on a CPU, nanoseconds waiting, turns. Null for anything else. */
export function parseWaitMicroseconds(text: string): number | null {
  const match = /^\d+ (\d+) \d+\s*$/.exec(text)
  return match === null ? null : Math.round(Number(match[1]) / 1000)
}
