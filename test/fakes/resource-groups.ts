// Groups in memory: every path with what its control files say; VMs' are there as long as somebody says so.
import type { ResourceGroup } from '../../control/src/domain/resource-group.ts'
import type { ResourceGroups } from '../../control/src/ports/resource-groups.ts'

export class FakeResourceGroups implements ResourceGroups {
  /** By path, then by name of the control file. */
  readonly files = new Map<string, Record<string, string>>()
  /** Names of control files that this kernel does not have. */
  readonly missing = new Set<string>()

  arrange(groups: readonly ResourceGroup[]): readonly string[] {
    return groups.flatMap(({ path, files }) => {
      const known = this.files.get(path) ?? {}
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
  }
}
