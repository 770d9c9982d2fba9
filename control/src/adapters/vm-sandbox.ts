// How a VM's process is confined: the plan's view and uid → options for spawn. Plain data; it starts nothing.
import type { RootEntry, SpawnOptions } from 'hv:process'
import type { Effect, ViewEntry } from '../domain/effect.ts'
import { REFUSED_OF_HELPERS, REFUSED_OF_QEMU } from './refused-calls.ts'

/** What is confined alike: QEMU, and what runs beside it. */
type StartProcess = Extract<Effect, { kind: 'start-process' | 'start-helper' }>

const LITTLE_LOCKABLE_BYTES = 65_536

type Limits = NonNullable<SpawnOptions['rlimits']>

/** A core dump would hold the guest's memory or secrets. */
const NO_CORE: Limits = { core: [0, 0] }
/** Threads of the VM's own uid are counted; how many there may be of them is exact in its cgroup. Its disks may be of any size. */
const QEMU_LIMITS: Limits = { ...NO_CORE, nofile: [4096, 4096], nproc: [1024, 1024] }
/** One thread; its state is a file of some 100 KiB, written anew beside itself. */
const HELPER_LIMITS: Limits = { ...NO_CORE, nofile: [64, 64], nproc: [1024, 1024], fsize: [1_048_576, 1_048_576] }

export function sandboxOf(effect: StartProcess, fds: Record<number, number>): SpawnOptions {
  const helper = effect.kind === 'start-helper'
  // Locked memory is the host's to give.
  const lockable = (helper ? undefined : effect.lockableBytes) ?? LITTLE_LOCKABLE_BYTES
  return {
    argv: [...effect.argv],
    fds,
    cgroup: effect.cgroup,
    uid: effect.uid,
    gid: effect.uid,
    groups: [],
    capabilities: [],
    noNewPrivileges: true,
    // Alone in each of them, as process 1: it sees no other process, and ends with none left behind. The network has no interface: every socket that it has, it was given.
    namespaces: ['mount', 'net', 'ipc', 'uts', 'pid', 'cgroup'],
    root: [...effect.view.map(rootEntry), ...linksOf(effect)],
    landlock: true,
    refusedCalls: [...(helper ? REFUSED_OF_HELPERS : REFUSED_OF_QEMU)],
    coreScheduling: effect.coreScheduling,
    rlimits: { ...(helper ? HELPER_LIMITS : QEMU_LIMITS), memlock: [lockable, lockable] },
    oomScoreAdj: effect.oomScoreAdj,
    umask: 0o077,
    cwd: '/',
  }
}

function linksOf(effect: StartProcess): RootEntry[] {
  const links = effect.kind === 'start-process' ? (effect.links ?? {}) : {}
  return Object.entries(links).map(([target, to]): RootEntry => ({ kind: 'symlink', target, to }))
}

function rootEntry(entry: ViewEntry): RootEntry {
  const { source, target, readOnly, device, executable } = entry
  return { kind: 'bind', source, target, readOnly, allowDevices: device, allowExec: executable }
}
