// Starts VMs with the host: once a boot of the machine, in their order, each order when the one before is ready.
import type { Task } from '../domain/task.ts'
import { HOST_RESTARTED } from '../domain/vm-exit.ts'
import { planAutostart } from '../plan/order.ts'
import type { Fleet } from './fleet.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'
import type { Power } from './power.ts'
import type { Suspension } from './suspend.ts'
import type { Tasks } from './tasks.ts'
import { waitFor } from './wait-for.ts'

const SETTING = 'autostart'
const BY = 'corbel'
/** Loading a suspended VM's memory takes its time. */
const START_TIMEOUT_MS = 3_600_000
const POLL_MS = 500

/** What is remembered: of which boot, when it began, and whether it has been through. */
interface Progress {
  readonly bootId: string
  readonly beganAt: string
  readonly done: boolean
}

interface Parts {
  readonly ledger: Ledger
  readonly fleet: Fleet
  readonly tasks: Pick<Tasks, 'get'>
  readonly power: Pick<Power, 'powerOn' | 'isClosed'>
  readonly suspension: Pick<Suspension, 'resume'>
  /** Whether the guest agent of a VM answers. */
  readonly agentResponds: (id: string) => boolean
}

/** Which boot of the machine a controld was there for last; null: none. */
export function lastBootId(store: AppPorts['store']): string | null {
  return (store.getSetting(SETTING) as Progress | null)?.bootId ?? null
}

/** Resolves when all have had their turn; a controld that was restarted in the middle goes on, and one that is restarted later does nothing. */
export async function autostart(ports: Pick<AppPorts, 'store' | 'host' | 'clock' | 'log'>, parts: Parts): Promise<void> {
  const { store, host, clock, log } = ports
  const { ledger, fleet, tasks, power, suspension, agentResponds } = parts
  const before = store.getSetting(SETTING) as Progress | null
  const isSameBoot = before?.bootId === host.bootId
  if (isSameBoot && before.done) return
  const beganAt = isSameBoot ? before.beganAt : clock.now()
  const remember = (done: boolean) =>
    ledger.write((draft) => draft.putSetting(SETTING, { bootId: host.bootId, beganAt, done } satisfies Progress))

  /** Null where there is nothing to be started: it runs, or somebody has stopped it since. */
  function begin(id: string): Task | null {
    const record = ledger.vms.get(id)
    if (record === undefined || record.process !== null) return null
    const { lastExit, suspended } = record
    if (suspended === null && lastExit !== null && lastExit.reason !== HOST_RESTARTED && lastExit.at >= beganAt) return null
    try {
      return suspended === null ? power.powerOn(id, BY) : suspension.resume(id, BY)
    } catch (error) {
      tell(id, `${record.spec.name} was not started with the host: ${error instanceof Error ? error.message : String(error)}`)
      return null
    }
  }

  function tell(id: string, message: string): void {
    log('warning', message)
    ledger.write((draft) => draft.event('vm.autostart-failed', 'warning', { kind: 'vm', id }, message))
  }

  async function startOne(id: string): Promise<void> {
    const task = begin(id)
    if (task === null) return
    const ended = () => tasks.get(task.id).state !== 'running'
    await waitFor(clock, ended, START_TIMEOUT_MS, POLL_MS)
    const { name, autostart: policy } = fleet.record(id).spec
    if (tasks.get(task.id).state !== 'succeeded')
      return tell(id, `${name} was not started with the host: ${tasks.get(task.id).error?.message ?? 'unknown'}`)
    if (policy.ready === 'started') return
    const ready = await waitFor(clock, () => agentResponds(id) || fleet.process(id) === null, policy.readyTimeoutSeconds * 1000, POLL_MS)
    if (!ready) tell(id, `${name} was started, but its guest agent did not answer within ${policy.readyTimeoutSeconds} s.`)
  }

  async function startSafely(id: string): Promise<void> {
    try {
      await startOne(id)
    } catch (error) {
      // Deleted meanwhile, or the store is full: the others are to be started all the same.
      log('error', `autostart of VM ${id}: ${String(error)}`)
    }
  }

  remember(false)
  for (const { ids, delayMs } of planAutostart([...ledger.vms.values()])) {
    if (power.isClosed()) return
    await Promise.all(ids.map(startSafely))
    if (delayMs > 0) await new Promise<void>((resolve) => clock.after(delayMs, resolve))
  }
  remember(true)
}
