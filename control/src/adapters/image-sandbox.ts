// How qemu-img and what else works on images is confined: a user of its own, no rights, no network, and nothing in view but itself and the files of its one job. Plain data; it starts nothing.
import type { RootEntry, SpawnOptions } from 'hv:process'
import { libraryEntries } from './library-entries.ts'
import { REFUSED_OF_QEMU } from './refused-calls.ts'

/** The user `image`. */
export const IMAGE_UID = 104
const SIGKILL = 9

export interface ImageProgram {
  readonly path: string
  readonly args: readonly string[]
  /** Files that it needs besides libraries. */
  readonly reads?: readonly string[]
}

export function qemuImg(...args: readonly string[]): ImageProgram {
  return { path: '/usr/bin/qemu-img', args }
}

/** A file of the job, by its name in the view: `/image/NAME`. */
export interface ImageFile {
  readonly name: string
  readonly path: string
  readonly readOnly: boolean
}

export function imageSandbox(
  { path: program, args, reads = [] }: ImageProgram,
  files: readonly ImageFile[],
  cgroup: string,
  fds: Record<number, number>,
): SpawnOptions {
  return {
    argv: [program, ...args],
    // What it says is parsed.
    env: { LC_ALL: 'C' },
    fds,
    cgroup,
    uid: IMAGE_UID,
    gid: IMAGE_UID,
    groups: [],
    capabilities: [],
    noNewPrivileges: true,
    namespaces: ['mount', 'net', 'ipc', 'uts', 'pid', 'cgroup'],
    landlock: true,
    // Images may be written by guests: what parses them gets no more of the kernel than what guests talk to.
    refusedCalls: [...REFUSED_OF_QEMU],
    root: [
      { kind: 'bind', source: program, target: program, readOnly: true, allowExec: true },
      ...reads.map((path): RootEntry => ({ kind: 'bind', source: path, target: path, readOnly: true })),
      ...libraryEntries(),
      // It tries locks out on it.
      { kind: 'bind', source: '/dev/null', target: '/dev/null', readOnly: false, allowDevices: true },
      ...files.map(({ name, path, readOnly }): RootEntry => ({ kind: 'bind', source: path, target: `/image/${name}`, readOnly })),
    ],
    rlimits: { core: [0, 0], nofile: [256, 256], nproc: [128, 128], memlock: [65_536, 65_536] },
    // It can be done again; a VM cannot.
    oomScoreAdj: 900,
    umask: 0o077,
    cwd: '/',
    // Its task ends with controld.
    parentDeathSignal: SIGKILL,
  }
}
