// The use cases, put together. What the API offers is here, in words of the domain.
import type { ConsoleStatus } from '../domain/console-status.ts'
import type { Datastore } from '../domain/datastore.ts'
import type { HostFacts, HostStatus } from '../domain/host.ts'
import type { HostTopology } from '../domain/topology.ts'
import { autostart } from './autostart.ts'
import { type Balancer, createBalancer } from './balancer.ts'
import { gatherConsoleStatus } from './console-status.ts'
import { type Consoles, createConsoles } from './consoles.ts'
import { createDatastoreFiles, createFileChecks, type DatastoreFiles } from './datastore-files.ts'
import { createDisks, type Disks } from './disks.ts'
import { createEventFeed, type EventFeed } from './event-feed.ts'
import { createFileLocks } from './file-locks.ts'
import { createFileTasks } from './file-tasks.ts'
import { createFleet } from './fleet.ts'
import { createGuestFreeze, type GuestFreeze } from './guest-freeze.ts'
import { createGuestInfo } from './guest-info.ts'
import { createHostPower, type HostPower } from './host-power.ts'
import { createLedger } from './ledger.ts'
import { removeLeftovers } from './leftovers.ts'
import { createMachineMemory } from './machine-memory.ts'
import { createPassthrough, type Passthrough } from './passthrough.ts'
import { createPlacements } from './placements.ts'
import { createPoolBook } from './pool-book.ts'
import { createPools, type Pools } from './pools.ts'
import type { AppPorts } from './ports.ts'
import { createPower, type Power } from './power.ts'
import { reconcile } from './reconcile.ts'
import { createReconfigure } from './reconfigure.ts'
import { createResources, type Resources } from './resources.ts'
import { createRestarts } from './restarts.ts'
import { DEFAULT_HOSTNAME, importSeed } from './seed-import.ts'
import { createSessions, type Sessions } from './sessions.ts'
import { createSpaceWatch } from './space-watch.ts'
import { createSuspension, type Suspension } from './suspend.ts'
import { createTasks, type Tasks } from './tasks.ts'
import { createTurns } from './turns.ts'
import { createUploads, type Uploads } from './uploads.ts'
import { type Accounting, createAccounting } from './usage.ts'
import { createSriovSettings, createVfBook, type SriovSettings } from './virtual-functions.ts'
import { createVmTasks } from './vm-tasks.ts'
import { createVms, type Vms } from './vms.ts'
import { createWhatIf, type WhatIf } from './what-if.ts'

export interface App {
  /** Imports the seed, takes over running VMs, ends cut-off tasks. Nothing else may be called before it has resolved. */
  start(): Promise<void>
  readonly vms: Vms
  readonly power: Pick<Power, 'powerOn' | 'tryPowerOn' | 'shutdown' | 'powerOff' | 'reset'> &
    Pick<Suspension, 'pause' | 'resume' | 'suspend'>
  readonly consoles: Consoles
  readonly guests: GuestFreeze
  readonly tasks: Pick<Tasks, 'list' | 'get' | 'cancel'>
  readonly sessions: Sessions
  readonly events: EventFeed
  readonly hostPower: HostPower
  host(): { readonly facts: HostFacts; readonly status: HostStatus }
  hostTopology(): HostTopology
  readonly passthrough: Pick<Passthrough, 'list'>
  readonly virtualFunctions: Pick<SriovSettings, 'set'>
  consoleStatus(): ConsoleStatus
  datastores(): readonly Datastore[]
  readonly files: DatastoreFiles
  readonly disks: Disks
  readonly uploads: Uploads
  /** Samples nothing before it is told to run. */
  readonly accounting: Accounting
  /** Neither looks nor takes before it is told to run. */
  readonly balancer: Balancer
  readonly pools: Pools
  readonly resources: Pick<Resources, 'view' | 'change' | 'accept'>
  readonly whatIf: WhatIf
}

export function createApp(outside: AppPorts): App {
  const ports = { ...outside, fileLocks: createFileLocks() }
  const { store, host, datastores } = ports
  const ledger = createLedger(store, ports.clock)
  const fleet = createFleet(ports, ledger)
  const tasks = createTasks(ports, ledger)
  const turns = createTurns()
  const vmTasks = createVmTasks(fleet, tasks)
  const guestInfo = createGuestInfo(ports, fleet)
  const poolBook = createPoolBook(ports, ledger)
  const machine = createMachineMemory(ports, ledger)
  const placements = createPlacements(ports)
  const resources = createResources(ports, ledger, poolBook, machine, placements)
  const vfBook = createVfBook(ports, ledger)
  const passthrough = createPassthrough(ports, ledger, vfBook)
  const virtualFunctions = createSriovSettings(ports, ledger, vfBook, passthrough)
  const power = createPower(ports, ledger, fleet, vmTasks, guestInfo, resources, passthrough)
  const suspension = createSuspension(ports, ledger, fleet, vmTasks, guestInfo, power.isClosed, turns, resources)
  const reconfigure = createReconfigure(ports, ledger, fleet, vmTasks, turns, resources)
  const balancer = createBalancer(ports, ledger, fleet, resources, turns)
  const restarts = createRestarts(ports, ledger, fleet, power)
  fleet.onDeviceGone(reconfigure.seeAgain)
  fleet.onEnded(restarts.consider)
  fleet.onPanicked(restarts.panicked)
  const spaceWatch = createSpaceWatch(ports, ledger, fleet)
  fleet.onOutOfSpace(spaceWatch.paused)
  const sessions = createSessions(ports, ledger)
  const checks = createFileChecks(ports, ledger, fleet)
  const fileTasks = createFileTasks(ports, tasks)

  return {
    async start() {
      try {
        await importSeed(ports, ledger)
      } catch (error) {
        // VMs are to be taken over all the same.
        ports.log('error', `the seed could not be imported: ${String(error)}`)
      }
      const hostname = store.getSetting('hostname')
      host.setHostname(typeof hostname === 'string' ? hostname : DEFAULT_HOSTNAME)
      // Not waited for: what is begun from now on is left alone, and the API is to answer while large files are freed.
      ports.diskImages.removeUnfinished().catch((error: unknown) => ports.log('error', `unfinished files: ${String(error)}`))
      removeLeftovers(ports, ledger.write)
      machine.compare()
      resources.rebalance()
      // Whatever becomes of a VM is told, and may leave more or less to the others.
      ledger.follow(({ target }) => {
        if (target.kind === 'vm') resources.rebalance()
      })
      await reconcile(ports, ledger, fleet, { reconfigure, suspension })
      await passthrough.settle()
      // Before any VM is started that may have one of them.
      await virtualFunctions.restore()
      restarts.resume()
      // Not waited for: the API is to answer while VMs start.
      autostart(ports, { ledger, fleet, tasks, power, suspension, resources, agentResponds: guestInfo.responds }).catch(
        (error: unknown) => {
          ports.log('error', `autostart: ${String(error)}`)
        },
      )
    },
    vms: createVms(ports, ledger, fleet, reconfigure, resources, poolBook, passthrough),
    power: { ...power, ...suspension },
    guests: createGuestFreeze(ports, ledger, fleet, vmTasks, guestInfo),
    consoles: createConsoles(ports, fleet),
    tasks,
    sessions,
    events: createEventFeed(ports, ledger),
    hostPower: createHostPower(ports, ledger, fleet, power, suspension, tasks),
    host: () => ({ facts: host.facts, status: host.observeStatus() }),
    hostTopology: () => host.topology(),
    passthrough,
    virtualFunctions,
    consoleStatus: () =>
      gatherConsoleStatus(ports, fleet.list(), sessions.setupRequired, { missing: machine.describe(), memory: balancer.shortage() }),
    datastores: () => datastores.list(),
    files: createDatastoreFiles(ports, ledger, checks),
    disks: createDisks(ports, fleet, fileTasks, checks),
    pools: createPools(ledger, poolBook, resources),
    resources,
    whatIf: createWhatIf(ledger, poolBook, resources, machine, placements),
    uploads: createUploads(ports, fileTasks, checks),
    accounting: createAccounting(ports, fleet, resources),
    balancer,
  }
}
