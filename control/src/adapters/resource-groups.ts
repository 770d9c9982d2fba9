// The groups of the host, pools and VMs over cgroup v2: only what differs from what was written last is written.
// @source Linux Documentation/admin-guide/cgroup-v2.rst
import * as fs from 'hv:fs'
import type { ResourceGroup } from '../domain/resource-group.ts'
import type { ResourceGroups } from '../ports/resource-groups.ts'
import { isNativeError } from './host-failure.ts'
import { makeCgroup } from './vm-cgroup.ts'

export function createResourceGroups(): ResourceGroups {
  /** By path of the file, what was written, and in which directory: one that was made anew has nothing of it. */
  const written = new Map<string, { readonly text: string; readonly directory: number }>()

  function arrangeOne({ path, kind, files }: ResourceGroup): readonly string[] {
    if (fs.statOrNull(path) === null) {
      if (kind !== 'pool') return []
      makeCgroup(path, {})
    }
    const { ino } = fs.stat(path)
    return Object.entries(files).flatMap(([name, text]) => {
      const file = `${path}/${name}`
      const before = written.get(file)
      if (before?.text === text && before.directory === ino) return []
      try {
        fs.writeControl(file, text)
        written.set(file, { text, directory: ino })
        return []
      } catch (error) {
        return [`${file}: ${messageOf(error)}`]
      }
    })
  }

  return {
    arrange(groups) {
      const problems = groups.flatMap((group) => {
        try {
          return arrangeOne(group)
        } catch (error) {
          return [`${group.path}: ${messageOf(error)}`]
        }
      })
      const current = new Set(groups.flatMap(({ path, files }) => Object.keys(files).map((name) => `${path}/${name}`)))
      for (const file of written.keys()) if (!current.has(file)) written.delete(file)
      return problems
    },
    remove(path) {
      try {
        fs.rmdir(path)
      } catch (error) {
        if (!isNativeError(error) || error.code !== 'ENOENT') throw error
      }
    },
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
