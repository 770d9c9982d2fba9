// Becomes gatewayd: makes the certificate if there is none, listens on 443, builds a root that holds next to nothing, and executes it there.
import { chmod, chown, mkdir, mount, readFile, writeFileAtomic } from 'hv:fs'
import { exec, exit, type RootEntry } from 'hv:process'
import { listenTcp } from 'hv:socket'
import { hostname, log } from 'hv:system'
import { ensureCertificate, filesIn, TLS_DIRECTORY } from '../adapters/certificate.ts'
import { createClock } from '../adapters/clock.ts'
import { isMounted } from '../adapters/file-systems.ts'
import { libraryEntries } from '../adapters/library-entries.ts'
import { waitUntil } from '../adapters/wait.ts'
import { planValidity } from '../plan/certificate.ts'

const GATEWAY_DATA_BYTES = 192 * 1024 * 1024
const PORT = 443
const USER = 100
/** The number that gatewayd is told. */
const LISTEN_FD = 3
const CONTROL_DIRECTORY = '/run/corbel/control'
/** The gateway's own copy of key and certificate: theirs to read, and gone at power-off. */
const KEYS_DIRECTORY = '/run/corbel/gateway'
const STATIC_FILES = '/run/corbel/programs/www'
/** Setup has ended before this is first started; a little longer for a state that is late. */
const STATE_WAIT_MS = 10_000

const clock = createClock()

async function launch(): Promise<void> {
  if (!(await waitUntil(clock, () => isMounted('/state'), STATE_WAIT_MS))) throw new Error('there is no /state')
  await ensureCertificate(TLS_DIRECTORY, { hostname: hostname(), ...planValidity(Date.now()) })
  copyKeys()
  mkdir(CONTROL_DIRECTORY, { recursive: true })
  const listener = listenTcp('::', PORT, { backlog: 128 })
  exec({
    argv: [
      '/usr/bin/gatewayd',
      ...['--listen-fd', String(LISTEN_FD)],
      ...['--certificate', '/tls/cert.pem', '--key', '/tls/key.pem'],
      ...['--control', `${CONTROL_DIRECTORY}/control.sock`],
      ...['--static', '/www'],
    ],
    fds: { 2: 2, [LISTEN_FD]: listener.fd },
    uid: USER,
    gid: USER,
    capabilities: [],
    noNewPrivileges: true,
    // An accepted socket belongs to the listening socket's network, so the process itself needs none.
    namespaces: ['mount', 'net', 'ipc', 'uts'],
    root: rootEntries(),
    // Its worst case is computed to be 140 MiB.
    rlimits: { core: [0, 0], nproc: [64, 64], nofile: [1024, 1024], fsize: [0, 0], data: [GATEWAY_DATA_BYTES, GATEWAY_DATA_BYTES] },
    // No VM outlives it: even those of high priority are at 200, which is more than the gateway can ever have.
    oomScoreAdj: 0,
    umask: 0o077,
    cwd: '/',
  })
}

/** A file system of its own, so that the keys are bound into the gateway's root as one directory without rights to change it. */
function copyKeys(): void {
  mkdir(KEYS_DIRECTORY, { mode: 0o700, recursive: true })
  if (!isMounted(KEYS_DIRECTORY)) mount('tmpfs', KEYS_DIRECTORY, 'tmpfs', ['nosuid', 'nodev', 'noexec'], 'size=256k,mode=0500')
  chown(KEYS_DIRECTORY, USER, USER)
  chmod(KEYS_DIRECTORY, 0o500)
  const kept = filesIn(TLS_DIRECTORY)
  const copies = filesIn(KEYS_DIRECTORY)
  for (const [from, to] of [
    [kept.certificate, copies.certificate],
    [kept.key, copies.key],
  ] as const) {
    writeFileAtomic(to, readFile(from, 65_536), { mode: 0o400, uid: USER, gid: USER })
  }
}

/** Everything read-only; the loader and libraries are the only things besides gatewayd that may be executed. */
function rootEntries(): RootEntry[] {
  const bind = (source: string, target: string, allowExec: boolean): RootEntry => ({
    kind: 'bind',
    source,
    target,
    readOnly: true,
    allowExec,
  })
  return [
    bind('/usr/bin/gatewayd', '/usr/bin/gatewayd', true),
    ...libraryEntries(),
    // libwebsockets opens it at start, and does not start without.
    { kind: 'bind', source: '/dev/urandom', target: '/dev/urandom', readOnly: true, allowDevices: true },
    bind(KEYS_DIRECTORY, '/tls', false),
    bind(STATIC_FILES, '/www', false),
    // The directory and not the socket: controld makes a new one at each start.
    bind(CONTROL_DIRECTORY, CONTROL_DIRECTORY, false),
  ]
}

launch().catch((error) => {
  log('error', error instanceof Error ? error.message : String(error))
  exit(1)
})
