// What a starting controld does: takes over VMs that run, settles what ended without it, ends tasks that were cut off.
import type { Target } from '../domain/event.ts'
import type { Task, TaskKind } from '../domain/task.ts'
import { HOST_RESTARTED, POWERED_OFF, UNSEEN } from '../domain/vm-exit.ts'
import { planReconciliation, type Reconciliation } from '../plan/reconcile.ts'
import { endInterrupted, type Outcome } from '../plan/tasks.ts'
import { serialPaths, vmPaths } from '../plan/vm-paths.ts'
import type { VmRecord } from '../ports/store.ts'
import type { AdoptPaths, ProcessIdentity, VmProcess } from '../ports/vm-host.ts'
import { lastBootId } from './autostart.ts'
import { eventually } from './eventually.ts'
import type { Fleet } from './fleet.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'
import type { Reconfigure } from './reconfigure.ts'
import type { Suspension } from './suspend.ts'

/** Between attempts to reach a VM that runs but does not answer. */
const RETRY_MS = 5_000
const QUIT_TIMEOUT_MS = 10_000

/** Those that know what can be cut off of theirs, and how it is brought to an end. */
interface Settlers {
  readonly reconfigure: Pick<Reconfigure, 'settle'>
  readonly suspension: Pick<Suspension, 'settle'>
}

type Ports = Pick<AppPorts, 'store' | 'host' | 'vmHost' | 'datastores' | 'clock' | 'log'>

/** Resolves once every VM's state is known. A VM that does not answer stays `unknown` and is tried again; nothing here gives up on the others. */
export async function reconcile(ports: Ports, ledger: Ledger, fleet: Fleet, settlers: Settlers): Promise<void> {
  const { store, host, vmHost, clock, log } = ports
  const remembered = [...ledger.vms.values()].map(({ id, process }) => ({ id, hasProcess: process !== null }))
  const interrupted = store.listRunningTasks()
  /** An end that was being asked for when controld went away is no crash. */
  const endWanted = new Set(
    interrupted.filter(({ kind }) => kind === 'vm.shutdown' || kind === 'vm.power-off').map(({ target }) => target.id),
  )

  async function settle(step: Reconciliation): Promise<void> {
    if (step.kind === 'remove-stray') return removeStray(ports, step.id)
    if (step.kind === 'adopt') return adopt({ ports, ledger, fleet, settlers, id: step.id, endWanted: endWanted.has(step.id), interrupted })
    forgetSaved(ports, fleet.record(step.id))
    recordLater(ports, ledger, fleet, step.id, HOST_RESTARTED)
  }

  for (const record of ledger.vms.values()) if (record.process === null) forgetSaved(ports, record)
  const plan = planReconciliation(remembered, await vmHost.listCgroups(), lastBootId(store) !== host.bootId)
  await Promise.all(
    plan.map(async (step) => {
      try {
        await settle(step)
      } catch (error) {
        log('error', `${step.kind} of VM ${step.id}: ${String(error)}`)
      }
    }),
  )

  if (interrupted.length === 0) return
  const outcome = ({ kind, id }: Target): Outcome => {
    if (kind === 'file') return isThere(ports, id) ? 'there' : 'missing'
    const record = ledger.vms.get(id)
    if (record === undefined || record.suspended !== null) return record === undefined ? 'off' : 'suspended'
    return record.process === null ? 'off' : 'running'
  }
  void eventually(ports, 'the end of interrupted tasks', () => {
    ledger.write((draft) => {
      for (const task of interrupted) draft.putTask(endInterrupted(task, outcome, clock.now()))
    })
  })
}

/** `id` is `DATASTORE/NAME`. */
function isThere({ datastores }: Ports, id: string): boolean {
  const [datastore = '', file = ''] = id.split('/')
  return datastores.resolve(datastore, file) !== null
}

/** At once where possible; not waited for, as a full disk must not hold up the others. */
function recordLater(ports: Ports, ledger: Ledger, fleet: Fleet, id: string, reason: string): void {
  const identity = ledger.vms.get(id)?.process ?? null
  void eventually(ports, `the end of VM ${id}`, () => {
    if (identity !== null && isStill(ledger, id, identity)) fleet.recordEnd(id, { reason, code: null, signal: null })
  })
}

async function removeStray({ vmHost, log }: Ports, id: string): Promise<void> {
  log('warning', `VM ${id} has a cgroup but was never recorded as started: removed`)
  await vmHost.removeStray(id)
}

interface Adoption {
  readonly ports: Ports
  readonly ledger: Ledger
  readonly fleet: Fleet
  readonly settlers: Settlers
  readonly id: string
  readonly endWanted: boolean
  readonly interrupted: readonly Task[]
}

async function adopt(adoption: Adoption): Promise<void> {
  const { ports, ledger, fleet, id, endWanted } = adoption
  const { vmHost, clock, log } = ports
  const record = ledger.vms.get(id)
  const identity = record?.process ?? null
  // Powered off or deleted meanwhile.
  if (record === undefined || identity === null) return
  let process: VmProcess | null
  try {
    process = await vmHost.adopt(id, identity, adoptPaths(id, record))
  } catch (error) {
    log('error', `VM ${id} runs but does not answer, trying again: ${String(error)}`)
    clock.after(RETRY_MS, () => {
      // Off and on again meanwhile it is another process, and watched.
      if (isStill(ledger, id, identity)) void adopt(adoption)
    })
    return
  }
  if (!isStill(ledger, id, identity)) return
  if (process === null) {
    forgetSaved(ports, record)
    recordLater(ports, ledger, fleet, id, endWanted || record.suspended !== null ? POWERED_OFF : UNSEEN)
    return
  }
  fleet.watch(id, process)
  void fleet.whenStopped(id).then(() => forgetSaved(ports, ledger.vms.get(id)))
  const { name } = fleet.record(id).spec
  void eventually(ports, `the adoption of VM ${id}`, () => {
    ledger.write((draft) => draft.event('vm.adopted', 'info', { kind: 'vm', id }, `${name} was running and has been taken over.`))
  })
  await finish(adoption, process)
  await observe(ports, fleet, id, process)
}

/** What a task was in the middle of is brought to one of its ends. */
async function finish({ ports, ledger, fleet, settlers, id, interrupted }: Adoption, process: VmProcess): Promise<void> {
  const wasAt = (kind: TaskKind) => interrupted.some((task) => task.kind === kind && task.target.id === id)
  try {
    if (ledger.vms.get(id)?.suspended != null) {
      // Its memory is kept: the process has nothing more to do.
      fleet.wantEnd(id)
      await process.powerOff(QUIT_TIMEOUT_MS)
      await fleet.whenStopped(id)
      return
    }
    await settlers.suspension.settle(id, process)
    if (wasAt('vm.resume')) await process.resume()
  } catch (error) {
    ports.log('error', `VM ${id}: what was begun before the restart could not be finished: ${String(error)}`)
  }
  await settlers.reconfigure.settle(id, process)
}

/** Memory that was being saved, or has been read, is nobody's any more. */
function forgetSaved({ vmHost, log }: Ports, record: VmRecord | undefined): void {
  if (record === undefined || record.suspended !== null) return
  try {
    vmHost.removeSaved(vmPaths(record.id).suspended)
  } catch (error) {
    log('warning', `VM ${record.id}: what was saved of it remains: ${String(error)}`)
  }
}

/** A VM that was taken over but does not tell its state stays `unknown`, and is asked again. */
async function observe(ports: Ports, fleet: Fleet, id: string, process: VmProcess): Promise<void> {
  if (fleet.process(id) !== process) return
  try {
    fleet.observe(id, process, await process.queryState())
  } catch (error) {
    if (fleet.process(id) !== process) return
    ports.log('error', `VM ${id} does not tell its state, asking again: ${String(error)}`)
    ports.clock.after(RETRY_MS, () => {
      void observe(ports, fleet, id, process)
    })
  }
}

function adoptPaths(id: string, { startedSpec }: VmRecord): AdoptPaths {
  const { runDirectory, qmpSocket, agentSocket } = vmPaths(id)
  return {
    ...{ runDirectory, qmpSocket, agentSocket: startedSpec?.guestAgent === true ? agentSocket : null },
    serials: Array.from({ length: startedSpec?.serialPorts ?? 1 }, (_, port) => serialPaths(id, port)),
  }
}

function isStill(ledger: Ledger, id: string, identity: ProcessIdentity): boolean {
  return ledger.vms.get(id)?.process === identity
}
