// Resource groups over the real cgroups: what is promised, VMs found in pools, and what a group holds back is held back.
import * as fs from 'hv:fs'
import { type Process, spawn } from 'hv:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createResourceGroups } from '../../control/src/adapters/resource-groups.ts'
import { findCgroups, makeCgroup } from '../../control/src/adapters/vm-cgroup.ts'
import { resourceGroupsContract } from '../contract/resource-groups.contract.ts'
import { removeDirectory, temporaryDirectory } from './temporary.ts'
import { cgroupMount, UID } from './vm-bench.ts'

const NO_DISK = { device: null, weights: false }
let directory = ''
let top = ''
beforeEach(() => {
  directory = temporaryDirectory()
  top = `${cgroupMount()}/${directory.split('/').at(-1)}`
  makeCgroup(`${top}/one`, {})
})
const started: Process[] = []
afterEach(async () => {
  for (const process of started.splice(0)) {
    process.kill(9)
    await process.exited
  }
  removeDirectory(directory)
  removeGroups(top)
})

function removeGroups(path: string): void {
  if (fs.statOrNull(path) === null) return
  for (const name of fs.readDir(path)) if (fs.statOrNull(`${path}/${name}`)?.kind === 'directory') removeGroups(`${path}/${name}`)
  fs.rmdir(path)
}

resourceGroupsContract(() => ({
  groups: createResourceGroups(top, NO_DISK),
  top,
  read: (path) => (fs.statOrNull(path) === null ? null : fs.readText(path).trim()),
  startIn(path) {
    makeCgroup(path, {})
    const process = spawn({ argv: ['/usr/bin/sleep', '60'], uid: UID, gid: UID, groups: [], cgroup: path, oomScoreAdj: 500 })
    started.push(process)
    expect(fs.stat(`/proc/${process.pid}/oom_score_adj`).uid).toBe(UID)
    return () => Number(fs.readText(`/proc/${process.pid}/oom_score_adj`))
  },
}))

describe('a VM', () => {
  it('is found wherever its pool is, and left alone where it is not there', () => {
    const groups = createResourceGroups(top, NO_DISK)
    const vm = (path: string) => ({ path, kind: 'vm', files: { 'cgroup.max.descendants': '10' } }) as const
    groups.arrange([{ path: `${top}/pool.a`, kind: 'pool', files: {} }, vm(`${top}/pool.a/x`)])
    expect([...findCgroups(top)]).toEqual([['one', `${top}/one`]])
    makeCgroup(`${top}/pool.a/x`, {})
    groups.arrange([vm(`${top}/pool.a/x`)])
    expect(fs.readText(`${top}/pool.a/x/cgroup.max.descendants`).trim()).toBe('10')
    expect([...findCgroups(top)]).toEqual([
      ['one', `${top}/one`],
      ['x', `${top}/pool.a/x`],
    ])
  })
})
