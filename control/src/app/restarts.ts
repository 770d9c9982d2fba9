// Starts VMs again that crashed, and resets guests that panicked, as their policies say: with growing pauses, and not for ever.
import { isCrash } from '../domain/vm-exit.ts'
import { planRestart } from '../plan/restart.ts'
import { eventually } from './eventually.ts'
import type { Fleet } from './fleet.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'
import type { Power } from './power.ts'

/** Whose doing it is in tasks and events. */
const BY = 'corbel'

export interface Restarts {
  /** Called when a VM's process has ended and that is written. */
  consider(id: string): void
  /** At start: what was waited for when controld ended is waited for again. */
  resume(): void
  /** Called when a guest tells that it panicked. */
  panicked(id: string): void
}

export function createRestarts(
  { clock, log }: Pick<AppPorts, 'clock' | 'log'>,
  ledger: Ledger,
  fleet: Fleet,
  power: Pick<Power, 'powerOn' | 'isClosed'>,
): Restarts {
  const nowMs = () => Date.parse(clock.now())

  /** Calls `act` after the pause that is due, unless there have been too many: then `giveUp`. What counts is written first. */
  function paced(id: string, what: string, act: () => void, giveUp: () => void): void {
    const record = ledger.vms.get(id)
    if (record === undefined) return
    const { spec, restarts } = record
    const decision = planRestart(spec.onCrash, restarts, nowMs())
    if (decision.kind === 'stay-off') return
    if (decision.kind === 'give-up') {
      tell(
        id,
        'vm.restart-given-up',
        `${spec.name} ${what} ${restarts.length + 1} times within ${spec.onCrash.windowSeconds} s and is left as it is.`,
      )
      giveUp()
      return
    }
    void eventually({ clock, log }, `the restart of VM ${id}`, () => {
      const now = ledger.vms.get(id)
      if (now === undefined) return
      ledger.write((draft) => draft.putVm({ ...now, restarts: [...decision.attempts, nowMs()] }))
    })
    fleet.planRestart(id, new Date(nowMs() + decision.delayMs).toISOString())
    clock.after(decision.delayMs, () => {
      fleet.planRestart(id, null)
      act()
    })
  }

  function tell(id: string, code: string, message: string): void {
    void eventually({ clock, log }, `${code} of VM ${id}`, () => {
      ledger.write((draft) => draft.event(code, 'error', { kind: 'vm', id }, message))
    })
  }

  function start(id: string, exitAt: string): void {
    const record = ledger.vms.get(id)
    // Started, deleted or ended anew meanwhile: somebody else has decided.
    if (record?.lastExit?.at !== exitAt || fleet.powerState(id) !== 'crashed' || power.isClosed()) return
    try {
      power.powerOn(id, BY, () => consider(id))
    } catch (error) {
      log('warning', `VM ${id} was not restarted: ${String(error)}`)
      consider(id)
    }
  }

  function consider(id: string): void {
    const { lastExit, process } = ledger.vms.get(id) ?? {}
    if (process !== null || lastExit == null || !isCrash(lastExit.reason) || power.isClosed()) return
    paced(
      id,
      'crashed',
      () => start(id, lastExit.at),
      () => {},
    )
  }

  return {
    consider,
    resume() {
      for (const { id, restarts, lastExit } of ledger.vms.values()) {
        if (lastExit !== null && (restarts.at(-1) ?? 0) >= Date.parse(lastExit.at)) consider(id)
      }
    },
    panicked(id) {
      const process = fleet.process(id)
      if (process === null || ledger.vms.get(id)?.spec.onPanic !== 'reset') return
      const act = (what: string, step: Promise<void>) => {
        step.catch((error: unknown) => log('warning', `VM ${id} panicked and could not be ${what}: ${String(error)}`))
      }
      paced(
        id,
        'panicked',
        () => {
          if (fleet.process(id) === process) act('reset', process.reset())
        },
        () => act('paused', process.pause()),
      )
    },
  }
}
