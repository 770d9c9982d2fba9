// Lets VMs go on that were paused because their datastore was full, when it has room again.
import { planToGoOn } from '../plan/out-of-space.ts'
import type { VmProcess } from '../ports/vm-host.ts'
import { eventually } from './eventually.ts'
import type { Fleet } from './fleet.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'

const LOOK_MS = 5_000

export interface SpaceWatch {
  /** Called when a VM has been paused for want of space; `already`: before it was taken over, so nobody knows what was available then. */
  paused(id: string, already: boolean): void
}

export function createSpaceWatch(
  ports: Pick<AppPorts, 'datastores' | 'clock' | 'log'>,
  ledger: Ledger,
  fleet: Pick<Fleet, 'get' | 'process' | 'busy' | 'observe'>,
): SpaceWatch {
  const { datastores, clock, log } = ports
  /** The longest paused first. */
  const waiting = new Map<string, { readonly process: VmProcess; readonly availableThenBytes: number }>()
  let looking = false

  const availableBytes = () => datastores.list()[0]?.availableBytes ?? 0

  function isWaiting(id: string): boolean {
    const process = waiting.get(id)?.process
    if (process === undefined || fleet.process(id) !== process) return false
    // What a task makes of it is seen when it has ended.
    return fleet.busy(id) !== null || fleet.get(id)?.status.pausedBecause === 'out-of-space'
  }

  async function goOn(id: string, process: VmProcess): Promise<void> {
    try {
      await process.resume()
    } catch (error) {
      log('warning', `VM ${id} cannot go on yet: ${String(error)}`)
      return
    }
    // Said here, too: when it is paused again at once, its run state may never be seen as anything else.
    fleet.observe(id, process, 'running')
    const name = ledger.vms.get(id)?.spec.name
    void eventually(ports, `the going on of VM ${id}`, () => {
      ledger.write((draft) => draft.event('vm.continued', 'info', { kind: 'vm', id }, `${name} goes on, as its datastore has room again.`))
    })
  }

  async function look(): Promise<void> {
    for (const id of waiting.keys()) if (!isWaiting(id)) waiting.delete(id)
    const free = [...waiting].filter(([id]) => fleet.busy(id) === null).map(([id, { availableThenBytes }]) => ({ id, availableThenBytes }))
    for (const id of planToGoOn(free, availableBytes())) {
      const process = waiting.get(id)?.process
      if (process !== undefined) await goOn(id, process)
    }
  }

  function lookLater(): void {
    if (looking || waiting.size === 0) return
    looking = true
    clock.after(LOOK_MS, () => {
      void look().finally(() => {
        looking = false
        lookLater()
      })
    })
  }

  return {
    paused(id, already) {
      const process = fleet.process(id)
      if (process === null) return
      waiting.delete(id)
      waiting.set(id, { process, availableThenBytes: already ? 0 : availableBytes() })
      lookLater()
    },
  }
}
