// The groups of the host, pools and VMs over cgroup v2: only what differs from what was written last is written.
// @source Linux Documentation/admin-guide/cgroup-v2.rst
import * as fs from 'hv:fs'
import { parseCpuList, renderCpuList } from '../domain/cpu-list.ts'
import type { DiskControl } from '../domain/disk-control.ts'
import type { ResourceGroup } from '../domain/resource-group.ts'
import { VCPU_GROUP } from '../domain/vcpu-placement.ts'
import type { ResourceGroups } from '../ports/resource-groups.ts'
import { isNativeError } from './host-failure.ts'
import { steerInterrupts } from './interrupts.ts'
import { textOrNull } from './sysfs.ts'
import { dissolveThreadGroup, makeThreadGroup, placeVcpus } from './vcpu-threads.ts'
import { findCgroups, makeCgroup, writeGroupFile } from './vm-cgroup.ts'

const EXCLUSIVE = 'cpuset.cpus.exclusive'
const PARTITION = 'cpuset.cpus.partition'

/** `vms` is the group that VMs are in, `disk` the one that the datastore is on. */
export function createResourceGroups(vms: string, disk: DiskControl): ResourceGroups {
  /** By path of the file, what was written, and in which directory: one that was made anew has nothing of it. */
  const written = new Map<string, { readonly text: string; readonly directory: number }>()
  /** By path of the group, what its processes were given. */
  const scored = new Map<string, { readonly oomScoreAdj: number; readonly directory: number }>()
  /** Groups of vCPUs, by path, that are there or were. */
  const apart = new Set(vcpuGroups(vms).map(({ path }) => path))

  function make({ path, kind }: ResourceGroup): boolean {
    if (fs.statOrNull(path) !== null) return true
    if (kind === 'pool') makeCgroup(path, {})
    else if (kind === 'vcpus' && fs.statOrNull(path.slice(0, path.lastIndexOf('/'))) !== null) makeThreadGroup(path)
    else return false
    return true
  }

  function write(path: string, directory: number, name: string, text: string): readonly string[] {
    const file = `${path}/${name}`
    const before = written.get(file)
    if (before?.text === text && before.directory === directory) return []
    return attempt(file, () => {
      writeGroupFile(path, name, text)
      written.set(file, { text, directory })
    })
  }

  /** A process that is started later is started with it. */
  function score({ path, oomScoreAdj }: ResourceGroup, directory: number): readonly string[] {
    const before = scored.get(path)
    if (oomScoreAdj === undefined || (before?.oomScoreAdj === oomScoreAdj && before.directory === directory)) return []
    const problems = scoreProcesses(path, oomScoreAdj)
    if (problems.length === 0) scored.set(path, { oomScoreAdj, directory })
    return problems
  }

  /** What was one's own is let go before it is another's: the kernel gives no CPU to two. What stays is not touched, as others reach theirs through it. */
  function letGo(groups: readonly ResourceGroup[]): readonly string[] {
    return groups.toReversed().flatMap(({ path, files }) => {
      const file = `${path}/${EXCLUSIVE}`
      const before = cpusIn(written.get(file)?.text)
      const wanted = cpusIn(files[EXCLUSIVE])
      const stays = before.filter((cpu) => wanted.includes(cpu))
      if (stays.length === before.length || fs.statOrNull(path) === null) return []
      return attempt(path, () => {
        if (files[PARTITION] !== undefined) writeGroupFile(path, PARTITION, 'member')
        writeGroupFile(path, EXCLUSIVE, renderCpuList(stays))
        for (const name of [PARTITION, EXCLUSIVE]) written.delete(`${path}/${name}`)
      })
    })
  }

  return {
    disk,
    arrange(groups) {
      const named = new Set(groups.map(({ path }) => path))
      const problems = [
        ...[...apart]
          .filter((path) => !named.has(path))
          .flatMap((path) =>
            attempt(path, () => {
              dissolveThreadGroup(path)
              apart.delete(path)
            }),
          ),
        ...letGo(groups),
        ...groups.flatMap((group) =>
          attempt(group.path, () => {
            if (!make(group)) return []
            if (group.kind === 'vcpus') apart.add(group.path)
            const { ino } = fs.stat(group.path)
            const unscored = score(group, ino)
            const unwritten = Object.entries(group.files).flatMap(([name, text]) => write(group.path, ino, name, text))
            return [...unscored, ...unwritten]
          }),
        ),
      ]
      const current = new Set(groups.flatMap(({ path, files }) => Object.keys(files).map((name) => `${path}/${name}`)))
      for (const file of written.keys()) if (!current.has(file)) written.delete(file)
      for (const path of scored.keys()) if (!named.has(path)) scored.delete(path)
      return problems
    },
    remove(path) {
      try {
        fs.rmdir(path)
      } catch (error) {
        if (!isNativeError(error) || error.code !== 'ENOENT') throw error
      }
    },
    placeVcpus: (placement) => attempt(`${placement.group}, vCPUs`, () => placeVcpus(placement)),
    dedicatedCpus: () => new Map(vcpuGroups(vms).map(({ id, path }) => [id, (textOrNull(`${path}/cpuset.cpus`) ?? '').trim()])),
    steerInterrupts: (cpus) => steerInterrupts(cpus),
  }
}

function cpusIn(text = ''): readonly number[] {
  return parseCpuList(text) ?? []
}

function vcpuGroups(vms: string): readonly { readonly id: string; readonly path: string }[] {
  return [...findCgroups(vms)].flatMap(([id, group]) => {
    const path = `${group}/${VCPU_GROUP}`
    return fs.statOrNull(path) === null ? [] : [{ id, path }]
  })
}

/** Files of processes belong to their user. One that ends meanwhile has nothing left to be said of. */
function scoreProcesses(path: string, oomScoreAdj: number): readonly string[] {
  const pids = fs.readText(`${path}/cgroup.procs`).split('\n')
  return pids.flatMap((pid) => {
    const file = `/proc/${pid}/oom_score_adj`
    try {
      if (pid === '' || Number(fs.readText(file)) === oomScoreAdj) return []
      fs.writeControl(file, String(oomScoreAdj), { uid: fs.stat(file).uid })
      return []
    } catch (error) {
      const isGone = isNativeError(error) && (error.code === 'ENOENT' || error.code === 'ESRCH')
      return isGone ? [] : [`${file}: ${String(error)}`]
    }
  })
}

/** What went wrong, in words. */
function attempt(what: string, act: () => unknown): readonly string[] {
  try {
    const told = act()
    return Array.isArray(told) ? told : []
  } catch (error) {
    return [`${what}: ${error instanceof Error ? error.message : String(error)}`]
  }
}
