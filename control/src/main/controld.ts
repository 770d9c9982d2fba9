// The control daemon: puts stores, hosts and use cases together, takes over what runs, and serves the control socket. Holds no logic of its own.
import { chmod, mkdir } from 'hv:fs'
import { confine, exit, landlockVersion } from 'hv:process'
import { log, onSignal, setLogName } from 'hv:system'
import { decodeUtf8 } from 'hv:text'
import { createClock } from '../adapters/clock.ts'
import { createDatastores } from '../adapters/datastores.ts'
import { findDiskControl } from '../adapters/disk-control.ts'
import { createDiskImages } from '../adapters/disk-images.ts'
import { findFileSystemUuid, isMounted } from '../adapters/file-systems.ts'
import { serveFrames } from '../adapters/frame-server.ts'
import { createHost } from '../adapters/host.ts'
import { createHugePages } from '../adapters/huge-pages.ts'
import { createPasswords } from '../adapters/passwords.ts'
import { createPciDevices } from '../adapters/pci-devices.ts'
import { createPciTools } from '../adapters/pci-tools.ts'
import { createRandom } from '../adapters/random.ts'
import { createResourceGroups } from '../adapters/resource-groups.ts'
import { openStore, type StoreProblem } from '../adapters/store-recovery.ts'
import { createTraffic } from '../adapters/traffic.ts'
import { createUsage } from '../adapters/usage.ts'
import { findCgroups } from '../adapters/vm-cgroup.ts'
import { createVmHost } from '../adapters/vm-host.ts'
import { createApi } from '../api/api.ts'
import { createApp } from '../app/app.ts'
import type { Host } from '../ports/host.ts'
import type { VmHost } from '../ports/vm-host.ts'

const STATE = '/state'
const DATASTORE = '/datastores/local'
const VM_CGROUPS = '/sys/fs/cgroup/corbel.vm'
const CONTROL_DIRECTORY = '/run/corbel/control'
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
  'CAP_SYS_RESOURCE', // limits of VMs, and an OOM score below theirs
]

/** Of each piece of work on a disk image: pages that it has written count too, and VMs come first. */
const IMAGE_LIMITS = { 'memory.max': '268435456', 'pids.max': '128', 'cpu.weight': '20' }

const RECEIVER = { engine: '/usr/bin/hv-core', bundle: '/usr/lib/corbel/receive.qjb' }

setLogName('controld')
confine({
  capabilities: CAPABILITIES,
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
const vmHost = createVmHost({ cgroups: VM_CGROUPS, runDirectories: '/run/corbel/vm' }, clock, log, pciTools, traffic)
const app = createApp({
  store,
  vmHost: problem === null ? vmHost : withoutStrays(vmHost),
  host,
  pciDevices: createPciDevices(
    {
      root: '',
      management: () => host.bootOutcome.management.adapter,
      vmsWithProcesses: () => new Set(findCgroups(VM_CGROUPS).keys()),
    },
    pciTools,
  ),
  usage: createUsage({ cgroups: VM_CGROUPS, proc: '/proc', sys: '/sys' }),
  datastores: createDatastores(DATASTORE, () => isMounted(DATASTORE), await datastoreUuid()),
  diskImages: createDiskImages(
    { directory: DATASTORE, cgroups: '/sys/fs/cgroup/corbel.image', limits: IMAGE_LIMITS, receiver: RECEIVER },
    clock,
    log,
  ),
  resourceGroups: createResourceGroups(VM_CGROUPS, findDiskControl(DATASTORE)),
  traffic,
  hugePages: createHugePages(),
  passwords: createPasswords(),
  clock,
  random: createRandom(),
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
    if (problem !== null) {
      log('error', problem.message)
      store.appendEvent({
        at: clock.now(),
        code: problem.code,
        severity: 'error',
        target: { kind: 'host', id: 'host' },
        message: problem.message,
      })
    }
    await app.start()
  } catch (error) {
    log('error', `start: ${String(error)}`)
  }
  app.accounting.run()
  app.balancer.run()
  mkdir(CONTROL_DIRECTORY, { recursive: true })
  // Gateway and console look into it from their own roots, each as a user of its own.
  chmod(CONTROL_DIRECTORY, 0o755)
  const server = serveFrames({ path: `${CONTROL_DIRECTORY}/control.sock`, peers: PEERS }, (request, peer) => api.handle(request, peer), log)
  // VMs go on; the next controld adopts them.
  onSignal('SIGTERM', () => {
    server.close().then(() => {
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
