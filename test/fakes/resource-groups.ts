// Groups in memory: every path with what its control files say; VMs' are there as long as somebody says so.
import type { DiskControl } from '../../control/src/domain/disk-control.ts'
import type { ResourceGroup } from '../../control/src/domain/resource-group.ts'
import { VCPU_GROUP, type VcpuPlacement } from '../../control/src/domain/vcpu-placement.ts'
import type { ResourceGroups } from '../../control/src/ports/resource-groups.ts'

export class FakeResourceGroups implements ResourceGroups {
  /** By path, then by name of the control file. */
  readonly files = new Map<string, Record<string, string>>()
  disk: DiskControl = { device: '254:16', weights: true }
  /** Names of control files that this kernel does not have. */
  readonly missing = new Set<string>()
  /** By pid, as placed last. */
  readonly placed = new Map<number, VcpuPlacement>()
  /** CPUs that serve devices; null before they were told. */
  steered: readonly number[] | null = null
  /** What the processes in a group count for when memory is at an end, by path. */
  readonly oomScores = new Map<string, number>()

  arrange(groups: readonly ResourceGroup[]): readonly string[] {
    const named = new Set(groups.map(({ path }) => path))
    for (const path of this.files.keys()) if (path.endsWith(`/${VCPU_GROUP}`) && !named.has(path)) this.files.delete(path)
    return groups.flatMap(({ path, files, oomScoreAdj }) => {
      const known = this.files.get(path) ?? {}
      if (oomScoreAdj !== undefined) this.oomScores.set(path, oomScoreAdj)
      this.files.set(path, known)
      return Object.entries(files).flatMap(([name, text]) => {
        if (this.missing.has(name)) return [`${path}/${name}: not there`]
        known[name] = text
        return []
      })
    })
  }

  remove(path: string): void {
    this.files.delete(path)
    this.oomScores.delete(path)
  }

  placeVcpus(placement: VcpuPlacement): readonly string[] {
    if (placement.apart && !this.files.has(`${placement.group}/${VCPU_GROUP}`)) return [`${placement.group}: no group of vCPUs`]
    this.placed.set(placement.pid, placement)
    return []
  }

  dedicatedCpus(): ReadonlyMap<string, string> {
    return new Map(
      [...this.files].flatMap(([path, files]): [string, string][] => {
        const [id, last] = path.split('/').slice(-2)
        return last === VCPU_GROUP && id !== undefined ? [[id, files['cpuset.cpus'] ?? '']] : []
      }),
    )
  }

  steerInterrupts(cpus: readonly number[]): void {
    this.steered = cpus
  }
}
