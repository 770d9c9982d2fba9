// Turning the host off or restarting it: its VMs are shut down first.
import type { Task } from '../domain/task.ts'
import type { Fleet } from './fleet.ts'
import type { AppPorts } from './ports.ts'
import type { Power } from './power.ts'
import { Refusal } from './refusal.ts'
import type { Tasks } from './tasks.ts'

export interface HostPower {
  /** Both refuse with `host.going-down` when that is so already. */
  powerOff(by: string): Task
  restart(by: string): Task
}

export function createHostPower({ host, log }: Pick<AppPorts, 'host' | 'log'>, fleet: Fleet, power: Power, tasks: Tasks): HostPower {
  let goingDown = false

  /** Every guest gets its time at once; one that does not use it is powered off. */
  async function stopAll(): Promise<void> {
    const running = fleet.list().filter(({ id }) => fleet.record(id).process !== null)
    await Promise.all(running.map(({ id }) => stop(id)))
  }

  async function stop(id: string): Promise<void> {
    try {
      await power.shutDownGuest(id)
    } catch (error) {
      log('warning', `VM ${id} is powered off, as it did not shut down: ${String(error)}`)
      await power.endProcess(id)
    }
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
        act: async () => {
          await stopAll()
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
