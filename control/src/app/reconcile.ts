// What a starting controld does: takes over VMs that run, settles what ended without it, ends tasks that were cut off.
import { HOST_RESTARTED, POWERED_OFF, UNSEEN } from '../domain/vm-exit.ts'
import { planReconciliation, type Reconciliation } from '../plan/reconcile.ts'
import { endInterrupted } from '../plan/tasks.ts'
import { SERIAL_LOG_BYTES, vmPaths } from '../plan/vm-paths.ts'
import type { ProcessIdentity, VmProcess } from '../ports/vm-host.ts'
import { eventually } from './eventually.ts'
import type { Fleet } from './fleet.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'

/** Between attempts to reach a VM that runs but does not answer. */
const RETRY_MS = 5_000

type Ports = Pick<AppPorts, 'store' | 'vmHost' | 'clock' | 'log'>

/** Resolves once every VM's state is known. A VM that does not answer stays `unknown` and is tried again; nothing here gives up on the others. */
export async function reconcile(ports: Ports, ledger: Ledger, fleet: Fleet): Promise<void> {
  const { store, vmHost, clock, log } = ports
  const remembered = [...ledger.vms.values()].map(({ id, process }) => ({ id, hasProcess: process !== null }))
  const interrupted = store.listRunningTasks()
  /** An end that was being asked for when controld went away is no crash. */
  const endWanted = new Set(
    interrupted.filter(({ kind }) => kind === 'vm.shutdown' || kind === 'vm.power-off').map(({ target }) => target.id),
  )

  async function settle(step: Reconciliation): Promise<void> {
    if (step.kind === 'remove-stray') return removeStray(ports, step.id)
    if (step.kind === 'adopt') return adopt(ports, ledger, fleet, step.id, endWanted.has(step.id))
    recordLater(ports, ledger, fleet, step.id, HOST_RESTARTED)
  }

  const plan = planReconciliation(remembered, await vmHost.listCgroups())
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
  const running = new Set([...ledger.vms.values()].filter(({ process }) => process !== null).map(({ id }) => id))
  void eventually(ports, 'the end of interrupted tasks', () => {
    ledger.write((draft) => {
      for (const task of interrupted) draft.putTask(endInterrupted(task, (id) => running.has(id), clock.now()))
    })
  })
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

async function adopt(ports: Ports, ledger: Ledger, fleet: Fleet, id: string, endWanted: boolean): Promise<void> {
  const { vmHost, clock, log } = ports
  const identity = ledger.vms.get(id)?.process ?? null
  // Powered off or deleted meanwhile.
  if (identity === null) return
  let process: VmProcess | null
  try {
    process = await vmHost.adopt(id, identity, { ...vmPaths(id), maxSerialLogBytes: SERIAL_LOG_BYTES })
  } catch (error) {
    log('error', `VM ${id} runs but does not answer, trying again: ${String(error)}`)
    clock.after(RETRY_MS, () => {
      // Off and on again meanwhile it is another process, and watched.
      if (isStill(ledger, id, identity)) void adopt(ports, ledger, fleet, id, endWanted)
    })
    return
  }
  if (!isStill(ledger, id, identity)) return
  if (process === null) {
    recordLater(ports, ledger, fleet, id, endWanted ? POWERED_OFF : UNSEEN)
    return
  }
  fleet.watch(id, process)
  const { name } = fleet.record(id).spec
  void eventually(ports, `the adoption of VM ${id}`, () => {
    ledger.write((draft) => draft.event('vm.adopted', 'info', { kind: 'vm', id }, `${name} was running and has been taken over.`))
  })
  await observe(ports, fleet, id, process)
}

/** A VM that was taken over but does not tell its state stays `unknown`, and is asked again. */
async function observe(ports: Ports, fleet: Fleet, id: string, process: VmProcess): Promise<void> {
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

function isStill(ledger: Ledger, id: string, identity: ProcessIdentity): boolean {
  return ledger.vms.get(id)?.process === identity
}
