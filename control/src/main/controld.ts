// The control daemon: puts stores, hosts and use cases together, takes over what runs, and serves the control socket. Holds no logic of its own.

import { chmod, mkdir } from 'hv:fs'
import { confine, exit, landlockVersion } from 'hv:process'
import { log, onSignal, setLogName } from 'hv:system'
import { decodeUtf8 } from 'hv:text'
import { createBackupFiles } from '../adapters/backup-files.ts'
import { readBootOutcome, takeStateNotes } from '../adapters/boot-outcome.ts'
import { createBootSlots } from '../adapters/boot-slots.ts'
import { createClock } from '../adapters/clock.ts'
import { createControlPlane, currentPrograms } from '../adapters/control-plane.ts'
import { createDatastores } from '../adapters/datastores.ts'
import { changeDhcpInterface, restartDhcpServer } from '../adapters/dhcp-client.ts'
import { RESOLVER } from '../adapters/dialler.ts'
import { findDiskControl } from '../adapters/disk-control.ts'
import { createDiskImages } from '../adapters/disk-images.ts'
import { findFileSystemUuid, isMounted } from '../adapters/file-systems.ts'
import { serveFrames } from '../adapters/frame-server.ts'
import { createHost } from '../adapters/host.ts'
import { createHostLogs, LOG_DIRECTORY } from '../adapters/host-logs.ts'
import { createHugePages } from '../adapters/huge-pages.ts'
import { createInstaller } from '../adapters/installer.ts'
import { createKeyboard } from '../adapters/keyboard.ts'
import { createLogCollector } from '../adapters/log-collector.ts'
import { createMirrors } from '../adapters/mirror-health.ts'
import { createNetwork } from '../adapters/network.ts'
import { createPasswords } from '../adapters/passwords.ts'
import { createPciDevices } from '../adapters/pci-devices.ts'
import { createPciTools } from '../adapters/pci-tools.ts'
import { createRandom } from '../adapters/random.ts'
import { createResourceGroups } from '../adapters/resource-groups.ts'
import { createSelfTest } from '../adapters/self-test.ts'
import { createServices } from '../adapters/services.ts'
import { createSockets } from '../adapters/sockets.ts'
import { createSpecCopies } from '../adapters/spec-copies.ts'
import { createStateCare } from '../adapters/state-care.ts'
import { openStore, type StoreProblem } from '../adapters/store-recovery.ts'
import { createSupportTools } from '../adapters/support.ts'
import { createTimekeeping } from '../adapters/timekeeping.ts'
import { createTraffic } from '../adapters/traffic.ts'
import { createUpdateMedia } from '../adapters/update-media.ts'
import { createUpdateTrust } from '../adapters/update-trust.ts'
import { createUsage } from '../adapters/usage.ts'
import { createUsbDevices } from '../adapters/usb-devices.ts'
import { findCgroups } from '../adapters/vm-cgroup.ts'
import { createVmHost } from '../adapters/vm-host.ts'
import { createWebFiles, WEBGET } from '../adapters/web-files.ts'
import { createApi } from '../api/api.ts'
import { createApp } from '../app/app.ts'
import type { Host } from '../ports/host.ts'
import type { VmHost } from '../ports/vm-host.ts'

const STATE = '/state'
const DATASTORE = '/datastores/local'
const VM_CGROUPS = '/sys/fs/cgroup/corbel.vm'
const CONTROL_DIRECTORY = '/run/corbel/control'
/** Of the program that sends the log to others. */
const SYSLOG_USER = 106
/** Who is at the other end, by uid; root has no business there. */
const PEERS = { 100: 'network', 101: 'console' } as const

/** Everything else is gone for good, for the helpers started too. */
const CAPABILITIES = [
  'CAP_CHOWN', // disk files belong to their VM's uid
  'CAP_FOWNER', // and keep the mode set here
  'CAP_KILL', // VMs have uids of their own
  'CAP_NET_ADMIN', // TAPs, their place on the bridge, and their rates
  'CAP_SETGID', // a VM's process becomes its uid and gid
  'CAP_SETUID',
  'CAP_SETPCAP', // and loses every capability, bounding set included
  'CAP_SYS_ADMIN', // namespaces, mount views, the host's name
  'CAP_SYS_NICE', // vCPUs held to CPUs
  'CAP_SYS_TIME', // the clock, set by hand
  'CAP_SYS_TTY_CONFIG', // what the keyboard's keys mean
  'CAP_SYS_RESOURCE', // limits of VMs, and an OOM score below theirs
]

/** While Corbel is installed and no VM can run: mdadm makes itself a node of the array that it makes. */
const INSTALLING = ['CAP_MKNOD']
const isInstallation = ['ask', 'seed'].includes(readBootOutcome().install.mode)

/** Of each piece of work on a disk image: pages that it has written count too, and VMs come first. */
const IMAGE_LIMITS = { 'memory.max': '268435456', 'pids.max': '128', 'cpu.weight': '20' }

const ENGINE = '/usr/bin/hv-core'
/** This program's own, whatever takes over meanwhile. */
const PROGRAMS = currentPrograms('/run/corbel')
const RECEIVER = { engine: ENGINE, bundle: `${PROGRAMS}/receive.qjb` }

setLogName('controld')
confine({
  capabilities: isInstallation ? [...CAPABILITIES, ...INSTALLING] : CAPABILITIES,
  noNewPrivileges: true,
  // Without it nobody can manage the host; VMs are at 200 and above.
  oomScoreAdj: -900,
  rlimits: { core: [0, 0], nofile: [16_384, 16_384] },
  umask: 0o077,
})

if (landlockVersion() === 0) log('warning', 'this kernel has no Landlock: VMs are confined without it')

const clock = createClock()
const startedMs = clock.monotonicMs()
const { store, problem } = openStore(STATE, clock)
const host = withStoreProblem(createHost(), problem)
const pciTools = createPciTools('/run/corbel/pci', clock)
const traffic = createTraffic()
const services = createServices('/run/corbel/service', '/proc')
const network = createNetwork(
  { directory: '/run/corbel', dhcpClient: (name) => changeDhcpInterface(clock, name), nameServersChanged: restartDhcpServer },
  clock,
)
const vmHost = createVmHost({ cgroups: VM_CGROUPS, runDirectories: '/run/corbel/vm' }, clock, log, pciTools, traffic)
const app = createApp({
  store,
  vmHost: problem === null ? vmHost : withoutStrays(vmHost),
  host,
  network,
  pciDevices: createPciDevices(
    {
      root: '',
      management: () => network.applied()?.state.interface ?? null,
      vmsWithProcesses: () => new Set(findCgroups(VM_CGROUPS).keys()),
    },
    pciTools,
  ),
  usage: createUsage({ cgroups: VM_CGROUPS, proc: '/proc', sys: '/sys' }),
  usbDevices: createUsbDevices(),
  datastores: createDatastores(DATASTORE, () => isMounted(DATASTORE), await datastoreUuid()),
  stateCare: createStateCare(DATASTORE, () => isMounted(DATASTORE)),
  specCopies: createSpecCopies(DATASTORE, () => isMounted(DATASTORE)),
  diskImages: createDiskImages(
    { directory: DATASTORE, cgroups: '/sys/fs/cgroup/corbel.image', limits: IMAGE_LIMITS, receiver: RECEIVER },
    clock,
    log,
  ),
  resourceGroups: createResourceGroups(VM_CGROUPS, findDiskControl(DATASTORE)),
  traffic,
  hugePages: createHugePages(),
  passwords: createPasswords(),
  hostLogs: createHostLogs(LOG_DIRECTORY),
  services,
  installer: createInstaller({ engine: ENGINE, bundle: `${PROGRAMS}/install.qjb`, directory: '/run/corbel' }, clock),
  backupFiles: createBackupFiles(),
  bootSlots: createBootSlots(
    { engine: ENGINE, bundle: `${PROGRAMS}/slots.qjb`, directory: '/run/corbel', trial: `${STATE}/slot-trial.json` },
    clock,
  ),
  controlPlane: createControlPlane({ directory: '/run/corbel', manifest: '/usr/share/corbel/manifest.json', engine: ENGINE }, clock),
  updateTrust: createUpdateTrust({
    ...{ keys: '/usr/share/corbel/update-keys', manifest: '/usr/share/corbel/manifest.json', directory: '/run/corbel/update' },
  }),
  selfTest: createSelfTest(),
  keyboard: createKeyboard('/usr/share/corbel/keymaps'),
  mirrors: createMirrors('/sys'),
  timekeeping: createTimekeeping(services),
  support: createSupportTools({
    directory: '/run/corbel/support',
    writer: { engine: ENGINE, bundle: `${PROGRAMS}/medium-write.qjb` },
  }),
  sockets: createSockets(),
  clock,
  random: createRandom(),
  logCollector: createLogCollector({
    ...{ program: '/usr/bin/tlsdial', uid: SYSLOG_USER, directory: '/run/corbel/syslog', resolver: RESOLVER },
  }),
  updateMedia: createUpdateMedia({
    engine: ENGINE,
    bundle: `${PROGRAMS}/medium-read.qjb`,
    mountPoint: '/run/corbel/update-medium',
  }),
  webFiles: createWebFiles(WEBGET),
  log,
})
const api = createApi(app, { decodeUtf8: utf8OrNull, log })

function withStoreProblem(seen: Host, found: StoreProblem | null): Host {
  if (found === null) return seen
  const { bootOutcome } = seen
  const state = found.code === 'store.in-memory' ? 'volatile' : bootOutcome.state
  const said = [bootOutcome.stateProblem, found.message].filter((text) => text !== null)
  return { ...seen, bootOutcome: { ...bootOutcome, state, stateProblem: said.join(' ') } }
}

async function datastoreUuid(): Promise<string | null> {
  try {
    return await findFileSystemUuid(DATASTORE)
  } catch (error) {
    log('warning', `the datastore’s UUID: ${String(error)}`)
    return null
  }
}

/** A store that has lost its memory cannot tell a stray from somebody's running VM, so none is touched. */
function withoutStrays(seen: VmHost): VmHost {
  return { ...seen, listCgroups: () => Promise.resolve([]) }
}

function utf8OrNull(bytes: Uint8Array): string | null {
  try {
    return decodeUtf8(bytes, { fatal: true })
  } catch {
    return null
  }
}

/** A start that fails half-way still leaves a daemon that answers: ending would only bring the next one to the same place. */
async function start(): Promise<void> {
  try {
    for (const { code, message } of [...takeStateNotes(), ...(problem === null ? [] : [problem])]) {
      log('error', message)
      store.appendEvent({ at: clock.now(), code, severity: 'error', target: { kind: 'host', id: 'host' }, message })
    }
    await app.start()
  } catch (error) {
    log('error', `start: ${String(error)}`)
  }
  app.accounting.run()
  app.balancer.run()
  app.time.run()
  app.mirrors.run()
  app.syslog.run()
  void app.installation.followSeed()
  void app.systemSlots.start()
  void app.liveUpdates.follow()
  mkdir(CONTROL_DIRECTORY, { recursive: true })
  // Gateway and console look into it from their own roots, each as a user of its own.
  chmod(CONTROL_DIRECTORY, 0o755)
  const server = serveFrames({ path: `${CONTROL_DIRECTORY}/control.sock`, peers: PEERS }, (request, peer) => api.handle(request, peer), log)
  server.tell({ askCertificates: app.credentials.certificatesWanted })
  app.credentials.onCertificatesWanted((askCertificates) => server.tell({ askCertificates }))
  // VMs go on; the next controld adopts them.
  onSignal('SIGTERM', () => {
    server.close().then(() => {
      app.audit.flush()
      store.close()
      exit(0)
    })
  })
  log('info', `serving after ${Math.round(clock.monotonicMs() - startedMs)} ms`)
}

start().catch((error: unknown) => {
  log('error', `start: ${String(error)}`)
  exit(1)
})
