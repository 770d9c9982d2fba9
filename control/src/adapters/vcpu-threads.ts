// The vCPUs of a process as threads: found by their names, put into a group of their own, held to CPUs.
// @source Linux Documentation/admin-guide/cgroup-v2.rst, Threads
import * as fs from 'hv:fs'
import { setAffinity } from 'hv:process'
import { VCPU_GROUP, type VcpuPlacement } from '../domain/vcpu-placement.ts'
import { namesIn, textOrNull } from './sysfs.ts'

/** As QEMU names the threads of vCPUs with `debug-threads=on`. @source QEMU accel/kvm/kvm-accel-ops.c, accel/tcg/tcg-accel-ops-mttcg.c */
const VCPU_THREAD = /^CPU (\d+)\//
/** More than there are: the kernel takes those that are there. */
const ALL_CPUS = Array.from({ length: 8192 }, (_, cpu) => cpu)

interface Thread {
  readonly tid: number
  /** Null of one that is none. */
  readonly vcpu: number | null
}

export function vcpuThreads(pid: number, proc = '/proc'): readonly Thread[] {
  return threadsOf(pid, proc).filter(({ vcpu }) => vcpu !== null)
}

function threadsOf(pid: number, proc = '/proc'): readonly Thread[] {
  return namesIn(`${proc}/${pid}/task`).map((tid) => {
    const vcpu = VCPU_THREAD.exec(textOrNull(`${proc}/${pid}/task/${tid}/comm`) ?? '')?.[1]
    return { tid: Number(tid), vcpu: vcpu === undefined ? null : Number(vcpu) }
  })
}

/** A group that threads can be in; the one that it is in holds the process. */
export function makeThreadGroup(path: string): void {
  const parent = path.slice(0, path.lastIndexOf('/'))
  if (fs.statOrNull(path) === null) fs.mkdir(path)
  fs.writeControl(`${path}/cgroup.type`, 'threaded')
  fs.writeControl(`${parent}/cgroup.subtree_control`, '+cpu +cpuset')
}

/** Its threads go back to where their process is. */
export function dissolveThreadGroup(path: string): void {
  if (fs.statOrNull(path) === null) return
  const parent = path.slice(0, path.lastIndexOf('/'))
  for (const tid of fs.readText(`${path}/cgroup.threads`).split('\n')) if (tid !== '') move(parent, Number(tid))
  fs.rmdir(path)
  fs.writeControl(`${parent}/cgroup.subtree_control`, '-cpu -cpuset')
}

/** What a vCPU's thread starts is where that is, and does not belong there: KVM's own worker does so. Threads that end meanwhile need no place. */
export function placeVcpus({ pid, group, apart, cpus }: VcpuPlacement): void {
  for (const { tid, vcpu } of threadsOf(pid)) {
    if (apart) move(vcpu === null ? group : `${group}/${VCPU_GROUP}`, tid)
    const held = vcpu === null ? undefined : cpus?.[vcpu]
    unlessGone(() => setAffinity(tid, held ?? ALL_CPUS))
  }
}

function move(group: string, tid: number): void {
  unlessGone(() => fs.writeControl(`${group}/cgroup.threads`, String(tid)))
}

function unlessGone(act: () => void): void {
  try {
    act()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
