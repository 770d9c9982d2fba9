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
}

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

  /** As its policy says; what is asked of the guest and does not happen in time ends in power-off. */
  async function stop(id: string): Promise<void> {
    const { action, timeoutSeconds } = fleet.record(id).spec.onHostShutdown
    try {
      if (action === 'suspend') return await suspension.suspendProcess(id, 'corbel')
      if (action === 'shutdown') return await power.shutDownGuest(id, timeoutSeconds * 1000)
    } catch (error) {
      log('warning', `VM ${id} is powered off, as ${action} did not succeed: ${String(error)}`)
    }
    await power.endProcess(id)
  }

  function goDown(kind: 'host.power-off' | 'host.restart', by: string, finish: () => void): Task {
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
          return { write: (draft) => draft.event(kind, 'info', target, `The host ${what}, asked by ${by}.`), written: finish }
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
  }
}
