// Looks after the mirrors of state and datastore: tells once when a copy is lost, when it is being made again, and when there are two once more.
import { type Mirror, mirrorProblem } from '../domain/mirror.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'

const LOOK_MS = 15_000
const HOST = { kind: 'host', id: 'host' } as const

export interface MirrorWatch {
  list(): readonly Mirror[]
  /** Looks from now on; never awaited. */
  run(): void
}

type Condition = 'whole' | 'copying' | 'degraded'

function conditionOf(mirror: Mirror): Condition {
  if (mirrorProblem(mirror) === null) return 'whole'
  return mirror.copies.some(({ state }) => state === 'copying') ? 'copying' : 'degraded'
}

export function createMirrorWatch(
  { mirrors, clock, log }: Pick<AppPorts, 'mirrors' | 'clock' | 'log'>,
  ledger: Pick<Ledger, 'write'>,
): MirrorWatch {
  const known = new Map<string, Condition>()

  function tell(mirror: Mirror): void {
    const now = conditionOf(mirror)
    const before = known.get(mirror.device) ?? 'whole'
    known.set(mirror.device, now)
    if (now === before) return
    ledger.write((draft) => {
      if (now === 'whole') draft.event('mirror.whole', 'info', HOST, `The ${mirror.holds} is on all of its disks again.`)
      else draft.event(`mirror.${now}`, now === 'degraded' ? 'error' : 'info', HOST, mirrorProblem(mirror) ?? '')
    })
  }

  return {
    list: () => mirrors.observe(),
    run() {
      const round = () => {
        try {
          for (const mirror of mirrors.observe()) tell(mirror)
        } catch (error) {
          log('error', `mirrors: ${String(error)}`)
        }
        clock.after(LOOK_MS, round)
      }
      round()
    },
  }
}
