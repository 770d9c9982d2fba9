// Turning the host off or restarting it: its VMs are shut down first.
import type { Task } from '../domain/task.ts'
import { planShutdown } from '../plan/order.ts'
import type { Fleet } from './fleet.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'
import type { Power } from './power.ts'
import { Refusal } from './refusal.ts'
import type { Suspension } from './suspend.ts'
import type { Progress, Tasks } from './tasks.ts'

export interface HostPower {
  /** Both refuse with `host.going-down` when that is so already. */
  powerOff(by: string): Task
  restart(by: string): Task
  /** Restarts when that has been done, with all VMs off; `undo` takes it back where the restart cannot be. What rejects keeps the host up. */
  restartAfter(by: string, work: () => Promise<void>, undo?: () => void): Task
}

interface Last {
  readonly work: () => Promise<void>
  readonly undo?: () => void
}
const NOTHING: Last = { work: async () => {} }

export function createHostPower(
  { host, log }: Pick<AppPorts, 'host' | 'log'>,
  ledger: Pick<Ledger, 'vms'>,
  fleet: Fleet,
  power: Power,
  suspension: Pick<Suspension, 'suspendProcess'>,
  tasks: Tasks,
): HostPower {
  let goingDown = false

  /** The last to start goes first; those of one order together. */
  async function stopAll(progress: Progress): Promise<void> {
    const waves = planShutdown([...ledger.vms.values()])
    for (const [index, ids] of waves.entries()) {
      await Promise.all(ids.filter((id) => ledger.vms.get(id)?.process != null).map(stop))
      progress((100 * (index + 1)) / waves.length)
    }
  }

  /** As its policy says. A VM that cannot be suspended is shut down, one that does not shut down in time is powered off. */
  async function stop(id: string): Promise<void> {
    const { action, timeoutSeconds } = fleet.record(id).spec.onHostShutdown
    if (action === 'suspend' && (await succeeds(id, 'suspended', suspension.suspendProcess(id, 'corbel')))) return
    if (action !== 'power-off' && (await succeeds(id, 'shut down', power.shutDownGuest(id, timeoutSeconds * 1000)))) return
    await power.endProcess(id)
  }

  async function succeeds(id: string, what: string, work: Promise<void>): Promise<boolean> {
    try {
      await work
      return true
    } catch (error) {
      log('warning', `VM ${id} could not be ${what}: ${String(error)}`)
      return false
    }
  }

  function goDown(kind: 'host.power-off' | 'host.restart', by: string, finish: () => void, last: Last = NOTHING): Task {
    if (goingDown) throw new Refusal('conflict', 'host.going-down', 'The host is going down already.')
    goingDown = true
    power.close()
    const stay = () => {
      goingDown = false
      power.reopen()
    }
    try {
      const target = { kind: 'host', id: 'host' } as const
      const what = kind === 'host.restart' ? 'restarts' : 'powers off'
      return tasks.start({
        ...{ kind, target, by },
        act: async (progress) => {
          await stopAll(progress)
          await last.work()
          return {
            write: (draft) => draft.event(kind, 'info', target, `The host ${what}, asked by ${by}.`),
            written: finish,
            undo: async () => last.undo?.(),
          }
        },
        settled: (problem) => {
          if (problem !== null) stay()
        },
      })
    } catch (error) {
      stay()
      throw error
    }
  }

  return {
    powerOff: (by) => goDown('host.power-off', by, () => host.powerOff()),
    restart: (by) => goDown('host.restart', by, () => host.restart()),
    restartAfter: (by, work, undo) => goDown('host.restart', by, () => host.restart(), { work, ...(undo === undefined ? {} : { undo }) }),
  }
}
