// How a VM's process is confined: the plan's view and uid → options for spawn. Plain data; it starts nothing.
import type { RootEntry, SpawnOptions } from 'hv:process'
import type { Effect, ViewEntry } from '../domain/effect.ts'

/** What is confined alike: QEMU, and what runs beside it. */
type StartProcess = Extract<Effect, { kind: 'start-process' | 'start-helper' }>

const LITTLE_LOCKABLE_BYTES = 65_536

export function sandboxOf(effect: StartProcess, fds: Record<number, number>): SpawnOptions {
  const lockable = (effect.kind === 'start-process' ? effect.lockableBytes : undefined) ?? LITTLE_LOCKABLE_BYTES
  return {
    argv: [...effect.argv],
    fds,
    cgroup: effect.cgroup,
    uid: effect.uid,
    gid: effect.uid,
    groups: [],
    capabilities: [],
    noNewPrivileges: true,
    // An empty network namespace: every socket that QEMU has, it was given.
    namespaces: ['mount', 'net', 'ipc', 'uts'],
    root: [...effect.view.map(rootEntry), ...linksOf(effect)],
    rlimits: {
      // A core dump would hold the guest's memory.
      core: [0, 0],
      nofile: [4096, 4096],
      // Counts threads of the VM's own uid: vCPUs, I/O workers (at most 64 a disk) and QEMU's own.
      nproc: [1024, 1024],
      // Locked memory is the host's to give.
      memlock: [lockable, lockable],
    },
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
