// The cores of a machine, and which of them stay everybody's. Pure.
import type { HostTopology } from '../domain/topology.ts'

export interface Core {
  readonly node: number
  /** Its threads, as CPUs, ascending. */
  readonly cpus: readonly number[]
}

/** Those that are online, by their first CPU. A machine that tells of no nodes has one. */
export function coresOf({ cpus }: Pick<HostTopology, 'cpus'>): readonly Core[] {
  const online = cpus.filter((cpu) => cpu.online)
  const first = online.filter(({ id, siblings }) => Math.min(id, ...siblings) === id)
  return first.map(({ id, node, siblings }) => ({ node: node ?? 0, cpus: siblings.length > 0 ? siblings : [id] }))
}

export function cpusOf(cores: readonly Core[]): readonly number[] {
  return cores.flatMap(({ cpus }) => cpus)
}

/** CPUs that nobody may have for himself: of the first cores, where firmware and old devices put their interrupts. */
export function keptCpus(cores: readonly Core[], reserveCores: number): ReadonlySet<number> {
  const kept = new Set<number>()
  for (const { cpus } of cores) {
    if (kept.size >= Math.max(1, reserveCores)) break
    for (const cpu of cpus) kept.add(cpu)
  }
  return kept
}

/** Of the core that has most. */
export function threadsPerCore(cores: readonly Core[]): number {
  return Math.max(1, ...cores.map(({ cpus }) => cpus.length))
}
