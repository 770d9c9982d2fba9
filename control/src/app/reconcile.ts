// What a starting controld does: takes over VMs that run, settles what ended without it, ends tasks that were cut off.
import { HOST_RESTARTED, POWERED_OFF, UNSEEN } from '../domain/vm-exit.ts'
import { planReconciliation, type Reconciliation } from '../plan/reconcile.ts'
import { endInterrupted } from '../plan/tasks.ts'
import { SERIAL_LOG_BYTES, vmPaths } from '../plan/vm-paths.ts'
import type { ProcessIdentity } from '../ports/vm-host.ts'
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
    fleet.recordEnd(step.id, { reason: HOST_RESTARTED, code: null, signal: null })
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
  ledger.write((draft) => {
    for (const task of interrupted) draft.putTask(endInterrupted(task, (id) => (ledger.vms.get(id)?.process ?? null) !== null, clock.now()))
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
  try {
    const process = await vmHost.adopt(id, identity, { ...vmPaths(id), maxSerialLogBytes: SERIAL_LOG_BYTES })
    if (!isStill(ledger, id, identity)) return
    if (process === null) return fleet.recordEnd(id, { reason: endWanted ? POWERED_OFF : UNSEEN, code: null, signal: null })
    fleet.watch(id, process, await process.queryState())
    const { name } = fleet.record(id).spec
    ledger.write((draft) => draft.event('vm.adopted', 'info', { kind: 'vm', id }, `${name} was running and has been taken over.`))
  } catch (error) {
    log('error', `VM ${id} runs but does not answer, trying again: ${String(error)}`)
    clock.after(RETRY_MS, () => {
      void adopt(ports, ledger, fleet, id, endWanted)
    })
  }
}

function isStill(ledger: Ledger, id: string, identity: ProcessIdentity): boolean {
  return ledger.vms.get(id)?.process === identity
}
