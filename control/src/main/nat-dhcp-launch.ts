// Becomes the DHCP server of the VMs' network, with the rights to send packets and to hold its port and no other.
import { chown, mkdir, statOrNull, writeFileAtomic } from 'hv:fs'
import { exec, exit } from 'hv:process'
import { log } from 'hv:system'
import { readBootOutcome } from '../adapters/boot-outcome.ts'
import { createClock } from '../adapters/clock.ts'
import { readDhcpInterface } from '../adapters/dhcp-client.ts'
import { readLeases } from '../adapters/leases.ts'
import { readNameServers } from '../adapters/name-servers.ts'
import { waitUntil } from '../adapters/wait.ts'
import { renderUdhcpdConf } from '../codec/udhcpd-conf.ts'

/** `udhcpd` in /etc/passwd. */
const USER = 102
const BUSYBOX = '/usr/bin/busybox'
const DIRECTORY = '/run/corbel/nat'
const LEASES = `${DIRECTORY}/leases`
const CONFIGURATION = `${DIRECTORY}/udhcpd.conf`
/** How long name servers of the host's own lease are waited for before VMs are served without any. */
const LEASE_WAIT_MS = 20_000
/** Nothing to serve: look again only after this, as init starts it again at once. */
const IDLE_MS = 60_000

const clock = createClock()

async function launch(): Promise<void> {
  const { nat } = readBootOutcome()
  if (!nat.ready) {
    await new Promise<void>((resolve) => clock.after(IDLE_MS, resolve))
    exit(0)
  }
  const nameServers = await findNameServers(readDhcpInterface() !== null)
  mkdir(DIRECTORY, { mode: 0o755, recursive: true })
  chown(DIRECTORY, USER, USER)
  if (statOrNull(LEASES) === null) writeFileAtomic(LEASES, '', { mode: 0o644, uid: USER, gid: USER })
  const conf = renderUdhcpdConf(nameServers, { leases: LEASES, pid: `${DIRECTORY}/pid` })
  writeFileAtomic(CONFIGURATION, conf, { mode: 0o644 })
  exec({
    argv: [BUSYBOX, 'udhcpd', '-f', CONFIGURATION],
    fds: { 2: 2 },
    uid: USER,
    gid: USER,
    capabilities: ['CAP_NET_RAW', 'CAP_NET_BIND_SERVICE'],
    noNewPrivileges: true,
    namespaces: ['mount', 'ipc', 'uts'],
    root: [
      { kind: 'bind', source: BUSYBOX, target: BUSYBOX, readOnly: true, allowExec: true },
      { kind: 'bind', source: DIRECTORY, target: DIRECTORY, readOnly: false },
    ],
    rlimits: { core: [0, 0], nproc: [4, 4], fsize: [1_048_576, 1_048_576] },
    umask: 0o022,
    cwd: '/',
  })
}

async function findNameServers(isAsked: boolean): Promise<readonly string[]> {
  const ofLeases = () => [...readLeases().values()].flatMap(({ dns }) => dns)
  const find = () => {
    const set = readNameServers()
    return set.length > 0 ? set : ofLeases()
  }
  if (isAsked) await waitUntil(clock, () => readNameServers().length > 0 || readLeases().size > 0, LEASE_WAIT_MS)
  return find()
}

launch().catch((error) => {
  log('error', error instanceof Error ? error.message : String(error))
  exit(1)
})
