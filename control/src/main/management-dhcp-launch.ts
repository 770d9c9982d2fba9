// Becomes the DHCP client of the management network, with the rights to send packets and set addresses and no other.
import { chown, mkdir, readDir, unlink } from 'hv:fs'
import { exec, exit, type RootEntry } from 'hv:process'
import { hostname, log } from 'hv:system'
import { DHCP_CLIENT_USER, readDhcpInterface } from '../adapters/dhcp-client.ts'
import { LEASE_DIRECTORY } from '../adapters/leases.ts'
import { libraryEntries } from '../adapters/library-entries.ts'

const USER = DHCP_CLIENT_USER
const BUSYBOX = '/usr/bin/busybox'
const SCRIPT = '/usr/lib/corbel/udhcpc'
/** Between two rounds of questions. */
const RETRY_SECONDS = 10

function launch(): never {
  const adapter = readDhcpInterface()
  mkdir(LEASE_DIRECTORY, { recursive: true })
  // What an earlier one was given counts no more.
  for (const file of readDir(LEASE_DIRECTORY)) unlink(`${LEASE_DIRECTORY}/${file}`)
  chown(LEASE_DIRECTORY, USER, USER)
  // Init starts again what ends, so a host that needs no DHCP keeps the smallest program there is in its place.
  if (adapter === null) exec({ argv: ['/usr/bin/sleep', '2147483647'], uid: USER, gid: USER, capabilities: [], noNewPrivileges: true })
  exec({
    argv: [
      BUSYBOX,
      'udhcpc',
      // In the foreground; three questions, one every two seconds, then a pause.
      ...['-f', '-i', adapter, '-s', SCRIPT, '-x', `hostname:${hostname()}`, '-t', '3', '-T', '2', '-A', String(RETRY_SECONDS)],
      // Only these are asked for: no host names or files that a server may offer.
      ...['-o', '-O', 'subnet', '-O', 'router', '-O', 'dns', '-O', 'ntpsrv', '-O', 'lease'],
    ],
    env: { PATH: '/usr/bin:/usr/sbin' },
    fds: { 2: 2 },
    uid: USER,
    gid: USER,
    capabilities: ['CAP_NET_RAW', 'CAP_NET_BIND_SERVICE', 'CAP_NET_ADMIN'],
    noNewPrivileges: true,
    namespaces: ['mount', 'ipc'],
    root: rootEntries(),
    rlimits: { core: [0, 0], nproc: [32, 32] },
    umask: 0o022,
    cwd: '/',
  })
}

function rootEntries(): RootEntry[] {
  const tool = (path: string): RootEntry => ({ kind: 'bind', source: path, target: path, readOnly: true, allowExec: true })
  return [
    ...[BUSYBOX, '/usr/bin/ip', SCRIPT].map(tool),
    ...libraryEntries(),
    { kind: 'symlink', target: '/bin', to: 'usr/bin' },
    ...['sh', 'cat', 'mv', 'rm', 'sed'].map((applet): RootEntry => ({ kind: 'symlink', target: `/usr/bin/${applet}`, to: 'busybox' })),
    // The script's resolver file is nobody's; name servers are read from the lease.
    { kind: 'tmpfs', target: '/run', sizeBytes: 65_536, mode: 0o755, uid: USER, gid: USER },
    { kind: 'bind', source: LEASE_DIRECTORY, target: LEASE_DIRECTORY, readOnly: false },
    { kind: 'bind', source: '/dev/null', target: '/dev/null', readOnly: false, allowDevices: true },
  ]
}

try {
  launch()
} catch (error) {
  log('error', error instanceof Error ? error.message : String(error))
  exit(1)
}
