// A VM's cgroup: made with its control files, emptied by killing whatever is in it, and removed.
// @source Linux Documentation/admin-guide/cgroup-v2.rst
import * as fs from 'hv:fs'
import { POOL_GROUP_PREFIX } from '../domain/resource-group.ts'
import { VCPU_GROUP } from '../domain/vcpu-placement.ts'
import type { Clock } from '../ports/clock.ts'
import { isNativeError, VmHostFailure } from './host-failure.ts'
import { waitUntil } from './wait.ts'

const EMPTY_TIMEOUT_MS = 10_000

/** Makes the directory, its parent with all controllers handed down where that is missing, and writes the control files. */
export function makeCgroup(path: string, files: Readonly<Record<string, string>>): void {
  const parent = path.slice(0, path.lastIndexOf('/'))
  fs.mkdir(parent, { recursive: true })
  const controllers = fs.readText(`${parent}/cgroup.controllers`).trim()
  if (controllers !== '') {
    const wanted = controllers.split(' ').map((controller) => `+${controller}`)
    fs.writeControl(`${parent}/cgroup.subtree_control`, wanted.join(' '))
  }
  fs.mkdir(path)
  for (const [file, text] of Object.entries(files)) writeGroupFile(path, file, text)
}

/** The kernel takes a set of CPUs that it cannot make a partition of, and says so only when it is asked. */
export function writeGroupFile(path: string, name: string, text: string): void {
  // An empty text would not be written at all.
  fs.writeControl(`${path}/${name}`, text === '' ? '\n' : text)
  if (name !== 'cpuset.cpus.partition') return
  const state = fs.readText(`${path}/${name}`).trim()
  if (state.includes('invalid')) throw new VmHostFailure('cgroup.partition-invalid', 'write', state, `${path}/${name}`)
}

/** Where VMs have their groups below `root`, by id: in pools, which are in one another. */
export function findCgroups(root: string): ReadonlyMap<string, string> {
  if (fs.statOrNull(root) === null) return new Map()
  const names = fs.readDir(root).filter((name) => fs.statOrNull(`${root}/${name}`)?.kind === 'directory')
  return new Map(
    names.flatMap((name): (readonly [string, string])[] => {
      const path = `${root}/${name}`
      return name.startsWith(POOL_GROUP_PREFIX) ? [...findCgroups(path)] : [[name, path]]
    }),
  )
}

/** Every process in it is sent SIGKILL before this returns, and so ends whatever becomes of us. Nothing to do when it is not there. */
function killCgroup(path: string): void {
  if (fs.statOrNull(path) !== null) fs.writeControl(`${path}/cgroup.kill`, '1')
}

/** Kills every process in it and waits until they have ended: what they had open is closed then. Throws `cgroup.busy` when they do not end. */
export async function emptyCgroup(path: string, clock: Clock): Promise<void> {
  if (fs.statOrNull(path) === null) return
  killCgroup(path)
  const isEmpty = () => fs.statOrNull(path) === null || /^populated 0$/m.test(fs.readText(`${path}/cgroup.events`))
  if (!(await waitUntil(clock, isEmpty, EMPTY_TIMEOUT_MS)))
    throw new VmHostFailure('cgroup.busy', 'empty-cgroup', 'processes in it do not end', path)
}

/** Kills every process in it and removes it. Nothing to do when it is not there; throws `cgroup.busy` when it does not become empty. */
export async function removeCgroup(path: string, clock: Clock): Promise<void> {
  if (fs.statOrNull(path) === null) return
  killCgroup(path)
  const empty = await waitUntil(clock, () => removed(path), EMPTY_TIMEOUT_MS)
  if (!empty) throw new VmHostFailure('cgroup.busy', 'remove-cgroup', 'processes in it do not end', path)
}

/** `rmdir` itself is the condition: it is refused while anything is left inside. */
function removed(path: string): boolean {
  try {
    if (fs.statOrNull(`${path}/${VCPU_GROUP}`) !== null) fs.rmdir(`${path}/${VCPU_GROUP}`)
    fs.rmdir(path)
    return true
  } catch (error) {
    if (!isNativeError(error)) throw error
    if (error.code === 'ENOENT') return true
    if (error.code === 'EBUSY') return false
    throw error
  }
}
