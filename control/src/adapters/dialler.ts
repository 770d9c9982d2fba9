// Programs of ours that connect to somebody else: started as a user of their own, with nothing in view but their libraries, the resolver's files and the authority.
import * as fs from 'hv:fs'
import { type Process, spawn } from 'hv:process'
import type { TlsTrust } from '../domain/tls-trust.ts'
import { libraryEntries } from './library-entries.ts'
import { RESOLVER_FILE } from './name-servers.ts'

const SIGKILL = 9
/** What such a program has as its control socket. */
const CONTROL_FD = 3
const DATA_BYTES = 64 * 1024 * 1024

export interface Dialler {
  readonly program: string
  /** Its user, and group. */
  readonly uid: number
  /** Where the authority's file is made. */
  readonly directory: string
  /** Of the resolver: name in the view and the file that is there. */
  readonly resolver: Readonly<Record<string, string>>
}

/** On the host itself, where its network keeps them. */
export const RESOLVER: Dialler['resolver'] = { '/etc/resolv.conf': RESOLVER_FILE, '/etc/hosts': '/etc/hosts' }

/** Throws what `hv:process` throws; nothing remains then. */
export function startDialler(
  { program, uid, directory, resolver }: Dialler,
  words: readonly string[],
  trust: TlsTrust,
  control: number,
): Process {
  const bind = (source: string, to: string) => ({ kind: 'bind', source, target: to, readOnly: true }) as const
  const files = Object.entries(resolver).filter(([, source]) => fs.statOrNull(source) !== null)
  const authority = `${directory}/authority.pem`
  if (trust.authority !== null) {
    fs.mkdir(directory, { mode: 0o711, recursive: true })
    fs.writeFileAtomic(authority, trust.authority, { mode: 0o444 })
  }
  return spawn({
    argv: [program, ...words, ...trustWords(trust)],
    fds: { [CONTROL_FD]: control },
    uid,
    gid: uid,
    groups: [],
    capabilities: [],
    noNewPrivileges: true,
    namespaces: ['mount', 'ipc', 'uts', 'pid', 'cgroup'],
    root: [
      { kind: 'bind', source: program, target: program, readOnly: true, allowExec: true },
      ...libraryEntries(),
      ...files.map(([to, source]) => bind(source, to)),
      ...(trust.authority === null ? [] : [bind(authority, '/authority.pem')]),
    ],
    rlimits: { core: [0, 0], nofile: [32, 32], nproc: [8, 8], fsize: [0, 0], data: [DATA_BYTES, DATA_BYTES] },
    oomScoreAdj: 0,
    umask: 0o077,
    cwd: '/',
    parentDeathSignal: SIGKILL,
  })
}

function trustWords({ authority, fingerprint }: TlsTrust): readonly string[] {
  if (authority !== null) return ['--authorities', '/authority.pem']
  return fingerprint === null ? [] : ['--fingerprint', fingerprint.replaceAll(':', '').toLowerCase()]
}
