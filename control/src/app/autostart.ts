// Starts VMs with the host: once a boot of the machine, those that fit by priority, in their order, each order when the one before is ready.
import type { Task } from '../domain/task.ts'
import type { VmSpec } from '../domain/vm.ts'
import { withHostFields } from '../domain/vm-difference.ts'
import { HOST_RESTARTED } from '../domain/vm-exit.ts'
import { planAutostart, type Wave } from '../plan/order.ts'
import type { Starter } from '../plan/situation.ts'
import type { VmRecord } from '../ports/store.ts'
import type { Fleet } from './fleet.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'
import type { Power } from './power.ts'
import type { Resources } from './resources.ts'
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
  readonly resources: Pick<Resources, 'planStart' | 'view'>
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
  const { ledger, fleet, tasks, power, suspension, resources, agentResponds } = parts
  const before = store.getSetting(SETTING) as Progress | null
  const isSameBoot = before?.bootId === host.bootId
  if (isSameBoot && before.done) return
  const beganAt = isSameBoot ? before.beganAt : clock.now()
  const remember = (done: boolean) =>
    ledger.write((draft) => draft.putSetting(SETTING, { bootId: host.bootId, beganAt, done } satisfies Progress))

  /** What it is to start with; null where there is nothing to be started: it runs, or somebody has stopped it since. */
  function dueSpec({ spec, process, lastExit, suspended }: VmRecord): VmSpec | null {
    if (!spec.autostart.enabled || process !== null) return null
    if (suspended !== null) return withHostFields(suspended.spec, spec)
    return lastExit !== null && lastExit.reason !== HOST_RESTARTED && lastExit.at >= beganAt ? null : spec
  }

  function due(): readonly Starter[] {
    return [...ledger.vms.values()].flatMap((record) => {
      const spec = dueSpec(record)
      return spec === null ? [] : [{ id: record.id, spec }]
    })
  }

  function begin(id: string): Task | null {
    const record = ledger.vms.get(id)
    if (record === undefined || dueSpec(record) === null) return null
    try {
      return record.suspended === null ? power.powerOn(id, BY) : suspension.resume(id, BY)
    } catch (error) {
      tellFailure(id, error instanceof Error ? error.message : String(error))
      return null
    }
  }

  function tellFailure(id: string, why: string): void {
    const message = `${fleet.record(id).spec.name} was not started with the host: ${why}`
    log('warning', message)
    ledger.write((draft) => draft.event('vm.autostart-failed', 'warning', { kind: 'vm', id }, message))
  }

  function tell(id: string, message: string): void {
    log('warning', message)
    ledger.write((draft) => draft.event('vm.autostart-failed', 'warning', { kind: 'vm', id }, message))
  }

  async function startOne(id: string): Promise<void> {
    const task = begin(id)
    // From here on it counts as what is being started, or does not start.
    release(id)
    if (task === null) return
    const ended = () => tasks.get(task.id).state !== 'running'
    await waitFor(clock, ended, START_TIMEOUT_MS, POLL_MS)
    const { name, autostart: policy } = fleet.record(id).spec
    if (tasks.get(task.id).state !== 'succeeded') return tellFailure(id, tasks.get(task.id).error?.message ?? 'unknown')
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

  /** What was decided for each that has not begun yet. */
  let waiting: ReadonlyMap<string, () => void> = new Map()
  const release = (id: string) => waiting.get(id)?.()
  const refused = new Set<string>()

  /** Null when nothing is left that could start. What did not fit may do so once another has failed. */
  function decide(tried: ReadonlySet<string>): readonly Wave[] | null {
    const decision = resources.planStart(due().filter(({ id }) => !tried.has(id)))
    for (const { id, message } of decision.refused) {
      if (!refused.has(id)) tellFailure(id, message)
      refused.add(id)
    }
    waiting = decision.admitted
    return waiting.size === 0 ? null : planAutostart([...ledger.vms.values()].filter(({ id }) => waiting.has(id)))
  }

  /** Of pools whose promise the host cannot keep whole. */
  function tellCutPromises(): void {
    for (const { name, cpu, memory } of resources.view().pools) {
      const parts = [
        ...(cpu.keptCores < cpu.promisedCores ? [`${hundredths(cpu.keptCores)} of ${cpu.promisedCores} cores`] : []),
        ...(memory.keptMiB < memory.promisedMiB ? [`${memory.keptMiB} of ${memory.promisedMiB} MiB of memory`] : []),
      ]
      if (parts.length === 0) continue
      const message = `Of what is promised to the pool ${name}, ${parts.join(' and ')} are kept: the host has less than it promised.`
      log('warning', message)
      ledger.write((draft) => draft.event('pool.promise-cut', 'warning', { kind: 'host', id: 'host' }, message))
    }
  }

  async function startAll(waves: readonly Wave[], tried: Set<string>): Promise<void> {
    try {
      for (const { ids, delayMs } of waves) {
        if (power.isClosed()) return
        for (const id of ids) tried.add(id)
        await Promise.all(ids.map(startSafely))
        if (delayMs > 0) await new Promise<void>((resolve) => clock.after(delayMs, resolve))
      }
    } finally {
      for (const id of waiting.keys()) release(id)
    }
  }

  remember(false)
  const tried = new Set<string>()
  let waves = decide(tried)
  tellCutPromises()
  for (; waves !== null; waves = decide(tried)) {
    await startAll(waves, tried)
    if (power.isClosed()) return
  }
  remember(true)
}

function hundredths(value: number): number {
  return Math.floor(value * 100 + 1e-6) / 100
}
