// The use cases, put together. What the API offers is here, in words of the domain.

import type { ConsoleStatus } from '../domain/console-status.ts'
import type { Datastore } from '../domain/datastore.ts'
import type { HostFacts, HostStatus } from '../domain/host.ts'
import type { HostTopology } from '../domain/topology.ts'
import { type Adoption, createAdoption } from './adoption.ts'
import { type Audit, createAudit } from './audit.ts'
import { autostart } from './autostart.ts'
import { type Backups, createBackups } from './backup.ts'
import { type Balancer, createBalancer } from './balancer.ts'
import { carryOutBootRequest } from './boot-request.ts'
import { type BootSlotControl, createBootSlotControl } from './boot-slots.ts'
import { gatherConsoleStatus } from './console-status.ts'
import { type Consoles, createConsoles } from './consoles.ts'
import { createDatastoreFiles, createFileChecks, type DatastoreFiles } from './datastore-files.ts'
import { createDisks, type Disks } from './disks.ts'
import { createEventFeed, type EventFeed } from './event-feed.ts'
import { createFileLocks } from './file-locks.ts'
import { createFileTasks } from './file-tasks.ts'
import { createFleet } from './fleet.ts'
import { createGenerations, type Generations } from './generations.ts'
import { createGuestFreeze, type GuestFreeze } from './guest-freeze.ts'
import { createGuestInfo } from './guest-info.ts'
import { createHolds, type Holds } from './holds.ts'
import { createHostLogReader, type HostLogReader } from './host-logs.ts'
import { createHostPower, type HostPower } from './host-power.ts'
import { createInstallation, type Installation } from './install.ts'
import { createKeyboardControl, type KeyboardControl } from './keyboard.ts'
import { createLedger } from './ledger.ts'
import { removeLeftovers } from './leftovers.ts'
import { createLiveUpdates, type LiveUpdates } from './live-updates.ts'
import { createLockdown, type LockdownControl } from './lockdown.ts'
import { createMachineMemory } from './machine-memory.ts'
import { createMirrorWatch, type MirrorWatch } from './mirrors.ts'
import { createManagementNetwork, type ManagementNetwork } from './network.ts'
import { createOwnCredentials, type OwnCredentials } from './own-credentials.ts'
import { createPassthrough, type Passthrough } from './passthrough.ts'
import { createPlacements } from './placements.ts'
import { createPlaces, type Places } from './places.ts'
import { createPoolBook } from './pool-book.ts'
import { createPools, type Pools } from './pools.ts'
import type { AppPorts } from './ports.ts'
import { createPower, type Power } from './power.ts'
import { reconcile } from './reconcile.ts'
import { createReconfigure } from './reconfigure.ts'
import { createRecovery, type Recovery } from './recovery.ts'
import { createReset, type Reset } from './reset.ts'
import { createResources, type Resources } from './resources.ts'
import { createRestarts } from './restarts.ts'
import { createRestorer } from './restore.ts'
import { createRoleBook } from './role-book.ts'
import { createRoles, type Roles } from './roles.ts'
import { createSecondFactor, type SecondFactor } from './second-factor.ts'
import { importSeed } from './seed-import.ts'
import { createServiceControl, type ServiceControl } from './services.ts'
import { createSessionBook, type SessionBook } from './session-book.ts'
import { createSessions, type Sessions } from './sessions.ts'
import { createSlotChecks } from './slot-checks.ts'
import { createSpaceWatch } from './space-watch.ts'
import { keepSpecCopies } from './spec-copies.ts'
import { createSupport, type Support } from './support.ts'
import { createSuspension, type Suspension } from './suspend.ts'
import { createSyslog, type Syslog } from './syslog.ts'
import { createSystemUpdate, type SystemUpdate } from './system-update.ts'
import { createTasks, type Tasks } from './tasks.ts'
import { createTimeControl, type TimeControl } from './timekeeping.ts'
import { createTurns } from './turns.ts'
import { createUpdateFetch, type UpdateFetch } from './update-fetch.ts'
import { createUploads, type Uploads } from './uploads.ts'
import { type Accounting, createAccounting } from './usage.ts'
import { createUsbGuard } from './usb-guard.ts'
import { createUsers, type Users } from './users.ts'
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
  readonly tasks: Pick<Tasks, 'list' | 'find' | 'get' | 'cancel'>
  readonly sessions: Sessions
  readonly sessionBook: Pick<SessionBook, 'list' | 'end' | 'policy' | 'setPolicy'>
  readonly users: Users
  readonly roles: Roles
  readonly places: Places
  readonly lockdown: Pick<LockdownControl, 'view' | 'set' | 'admit'>
  readonly recovery: Recovery
  readonly audit: Audit
  readonly secondFactor: Omit<SecondFactor, 'admits'>
  readonly credentials: OwnCredentials
  readonly holds: Holds
  /** Sends nothing before it is told to run. */
  readonly syslog: Syslog
  readonly events: EventFeed
  readonly hostPower: HostPower
  /** Follows no slot before it is told to. */
  readonly systemSlots: Pick<BootSlotControl, 'start' | 'view' | 'bootOnce' | 'activate' | 'check'>
  /** Follows none before it is told to. */
  readonly liveUpdates: Pick<LiveUpdates, 'follow'>
  readonly systemUpdate: SystemUpdate
  readonly updateFetch: UpdateFetch
  /** Follows no seed before it is told to. */
  readonly installation: Installation
  readonly network: Omit<ManagementNetwork, 'start'>
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
  readonly logs: HostLogReader
  readonly services: ServiceControl
  readonly keyboard: Pick<KeyboardControl, 'view' | 'set'>
  /** Looks at nothing by itself before it is told to run. */
  readonly mirrors: MirrorWatch
  /** Asks nobody before it is told to run. */
  readonly time: TimeControl
  readonly support: Support
  readonly reset: Reset
  readonly backups: Backups
  readonly adoption: Adoption
  readonly generations: Omit<Generations, 'start'>
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
  const roleBook = createRoleBook(ports, ledger)
  const sessionBook = createSessionBook(ports, ledger)
  const lockdown = createLockdown(ports, ledger, roleBook)
  const secondFactor = createSecondFactor(ports, ledger)
  const sessions = createSessions(ports, ledger, { book: sessionBook, roles: roleBook, lockdown, secondFactor })
  const places = createPlaces(ledger, poolBook)
  const users = createUsers(ports, ledger, { roles: roleBook, book: sessionBook, sessions, places, lockdown })
  const network = createManagementNetwork(ports, ledger, tasks)
  const usbGuard = createUsbGuard(ports, ledger)
  const restorer = createRestorer(ports, ledger, {
    fleet,
    pools: poolBook,
    resources,
    network,
    lockdown,
    book: sessionBook,
    roles: roleBook,
  })
  const generations = createGenerations(ports, restorer)
  ledger.onReplaced(resources.rebalance)
  const audit = createAudit(ports, ledger)
  const checks = createFileChecks(ports, ledger, fleet)
  const fileTasks = createFileTasks(ports, tasks)
  const keyboard = createKeyboardControl(ports, ledger)
  const logs = createHostLogReader(ports)
  const services = createServiceControl(ports, ledger)
  const hostPower = createHostPower(ports, ledger, fleet, power, suspension, tasks)
  const installation = createInstallation(ports, ledger, hostPower)
  const time = createTimeControl(ports, ledger)
  const slotChecks = createSlotChecks(ports, ledger)
  const systemSlots = createBootSlotControl(ports, ledger, { checks: slotChecks, tasks })
  const mirrors = createMirrorWatch(ports, ledger, { tasks, slots: systemSlots, checks: slotChecks })
  const liveUpdates = createLiveUpdates(ports, ledger, { services })
  const systemUpdate = createSystemUpdate(ports, { slots: systemSlots, checks: slotChecks, live: liveUpdates, tasks, power: hostPower })

  return {
    async start() {
      audit.start()
      try {
        await importSeed(ports, ledger)
      } catch (error) {
        // VMs are to be taken over all the same.
        ports.log('error', `the seed could not be imported: ${String(error)}`)
      }
      generations.start()
      await carryOutBootRequest(ports, ledger, generations).catch((error: unknown) => ports.log('error', `boot menu: ${String(error)}`))
      await network.start()
      keyboard.load()
      // Not waited for: what is begun from now on is left alone, and the API is to answer while large files are freed.
      ports.diskImages.removeUnfinished().catch((error: unknown) => ports.log('error', `unfinished files: ${String(error)}`))
      removeLeftovers(ports, ledger.write)
      usbGuard.guard(lockdown.isLocked)
      // However it came to be locked or opened, it is told.
      ledger.follow(({ target }) => {
        if (target.kind === 'host') usbGuard.guard(lockdown.isLocked)
      })
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
      keepSpecCopies(ports, ledger)
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
    ...{ sessions, sessionBook, users, roles: createRoles(ports, roleBook, lockdown), places },
    lockdown,
    recovery: createRecovery(ports, ledger, lockdown, sessionBook),
    audit,
    secondFactor,
    credentials: createOwnCredentials(ports, ledger, sessions.heldBy),
    holds: createHolds(ports),
    syslog: createSyslog(ports, ledger, audit),
    events: createEventFeed(ports, ledger),
    hostPower,
    systemSlots,
    liveUpdates,
    systemUpdate,
    updateFetch: createUpdateFetch(ports, { update: systemUpdate, tasks }),
    installation,
    network,
    host: () => ({ facts: host.facts, status: host.observeStatus() }),
    hostTopology: () => host.topology(),
    passthrough,
    virtualFunctions,
    consoleStatus: () =>
      gatherConsoleStatus(ports, fleet.list(), sessions.setupRequired, {
        lockdown: { mode: lockdown.view().mode, hasRecoveryCode: lockdown.recoveryCode() !== null },
        ...{
          missing: machine.describe(),
          memory: balancer.shortage(),
          audit: audit.summary().problem,
          network,
          install: installation.view(),
          slot: systemSlots.current(),
          mirrors: mirrors.list(),
          damaged: slotChecks.damaged(),
        },
      }),
    datastores: () => datastores.list(),
    files: createDatastoreFiles(ports, ledger, checks),
    disks: createDisks(ports, fleet, fileTasks, checks),
    pools: createPools(ledger, poolBook, resources, users.grantedOn),
    resources,
    whatIf: createWhatIf(ledger, poolBook, resources, machine, placements),
    uploads: createUploads(ports, fileTasks, checks),
    accounting: createAccounting(ports, fleet, resources),
    balancer,
    logs,
    services,
    keyboard,
    mirrors,
    time,
    reset: createReset(ports, ledger, services, hostPower),
    generations,
    backups: createBackups(ports, ledger, restorer),
    adoption: createAdoption(ports, ledger, poolBook, restorer),
    support: createSupport(ports, ledger, { logs, services, time, resources, tasks }),
  }
}
