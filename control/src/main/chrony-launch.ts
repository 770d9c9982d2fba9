// Becomes the time client, with the right to set the clock and no other; while there is nobody to ask, a sleeping process in its place.
import { readText, statOrNull } from 'hv:fs'
import { exec, exit, type RootEntry } from 'hv:process'
import { log } from 'hv:system'
import { libraryEntries } from '../adapters/library-entries.ts'
import { CHRONY_RUN, CHRONY_STATE, makeTimeDirectories, TIME_DIRECTORY, TIME_USER } from '../adapters/timekeeping.ts'

const CLIENT = '/usr/sbin/chronyd'
const CONFIGURATION = `${TIME_DIRECTORY}/chrony.conf`

function launch(): never {
  // controld writes it, and ends whatever stands here when it is another one.
  const text = statOrNull(CONFIGURATION) === null ? '' : readText(CONFIGURATION)
  if (text === '') {
    exec({
      ...{ argv: ['/usr/bin/sleep', '2147483647'], uid: TIME_USER, gid: TIME_USER, capabilities: [], noNewPrivileges: true },
      rlimits: { core: [0, 0] },
    })
  }
  makeTimeDirectories()
  exec({
    argv: [
      CLIENT,
      // In the foreground, its messages to stderr: warnings and what is worse.
      ...['-d', '-L', '1'],
      // It need not be root, and is the user that it has.
      ...['-U', '-u', 'chrony'],
      // Its own filter of system calls.
      ...['-F', '1', '-f', CONFIGURATION],
    ],
    fds: { 2: 2 },
    uid: TIME_USER,
    gid: TIME_USER,
    capabilities: ['CAP_SYS_TIME'],
    noNewPrivileges: true,
    namespaces: ['mount', 'ipc', 'uts'],
    root: rootEntries(),
    rlimits: { core: [0, 0], nproc: [8, 8] },
    umask: 0o027,
    cwd: '/',
  })
}

function rootEntries(): RootEntry[] {
  const file = (path: string): RootEntry => ({ kind: 'bind', source: path, target: path, readOnly: true })
  return [
    { kind: 'bind', source: CLIENT, target: CLIENT, readOnly: true, allowExec: true },
    ...libraryEntries(),
    // It looks its user up.
    ...['/etc/passwd', '/etc/group', '/etc/hosts', TIME_DIRECTORY].map(file),
    { kind: 'symlink', target: '/etc/resolv.conf', to: `${TIME_DIRECTORY}/resolv.conf` },
    ...[CHRONY_RUN, CHRONY_STATE].map((path): RootEntry => ({ kind: 'bind', source: path, target: path, readOnly: false })),
    ...['/dev/null', '/dev/urandom'].map(
      (path): RootEntry => ({ kind: 'bind', source: path, target: path, readOnly: false, allowDevices: true }),
    ),
  ]
}

try {
  launch()
} catch (error) {
  log('error', error instanceof Error ? error.message : String(error))
  exit(1)
}
