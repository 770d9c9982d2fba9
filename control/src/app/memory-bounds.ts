// How much of its memory the host, and each pool, has given out, and whether it may run short: a few files and no VM are asked.
import { ROOT_POOL } from '../domain/pool.ts'
import type { VmSpec } from '../domain/vm.ts'
import { type MemoryBound, marginsOf } from '../plan/balloon.ts'
import { asideMiB, wantedMiB } from '../plan/balloon-member.ts'
import { poolPaths, sumByPool } from '../plan/pool-path.ts'
import type { Situation } from '../plan/situation.ts'
import { overheadOf } from '../plan/vm-share.ts'
import type { AppPorts } from './ports.ts'
import type { Resources } from './resources.ts'

const MIB = 1_048_576
/** Share of the time in which something waits for memory from which on more is kept free. */
const PRESSED_PERCENT = 10

export interface MemoryLook {
  /** Work on the host waits for memory. */
  readonly pressed: boolean
  /** Less is free than has to be, and VMs can come to want it. */
  readonly short: boolean
  /** Less is free than memory is given back with. */
  readonly tight: boolean
}

export interface MemoryBounds {
  /** Reads no more than it must. */
  look(situation: Situation): MemoryLook
  /** Of the host and all pools; what VMs that are not `asked` may still come to take is in it. */
  observe(situation: Situation, asked: ReadonlySet<string>): readonly MemoryBound[]
  /** What a VM has touched of its memory. */
  touchedMiB(id: string, spec: VmSpec): number
}

export function createMemoryBounds({ usage }: Pick<AppPorts, 'usage'>, resources: Pick<Resources, 'groupOf'>): MemoryBounds {
  const heldMiB = (path: string) => (usage.observeHeldBytes(path) ?? 0) / MIB

  function touchedMiB(id: string, spec: VmSpec): number {
    return Math.max(0, heldMiB(`${resources.groupOf(spec.pool)}/${id}`) - overheadOf(spec))
  }

  /** Where all that VMs were given fits, there is nothing to be short of, and `limitMiB` is null. */
  function boundsOf({ capacity, pools, running }: Situation, availableMiB: number, all: boolean): readonly MemoryBound[] {
    const pathOf = poolPaths(pools)
    const assigned = sumByPool(
      running.values(),
      ({ pool }) => pathOf(pool),
      (spec) => wantedMiB(spec) + overheadOf(spec),
    )
    const bound = (name: string, parent: string | null, reservationMiB: number, limitMiB: number | null, held: number): MemoryBound => {
      const exceeded = limitMiB !== null && (assigned.get(name) ?? 0) > limitMiB
      return { name, parent, reservationMiB, heldMiB: held, growthMiB: 0, limitMiB: exceeded ? limitMiB : null }
    }
    const held = heldMiB(resources.groupOf(ROOT_POOL))
    const aside = [...running.values()].reduce((sum, spec) => sum + asideMiB(spec), 0)
    return [
      // What somebody else has taken, all reserve notwithstanding, is not there for VMs.
      bound(ROOT_POOL, null, 0, Math.min(capacity.memoryMiB - capacity.reserve.memoryMiB - aside, held + availableMiB), held),
      ...pools.map(({ name, parent, memory: { limitMiB, reservationMiB } }) => {
        const wanted = all || (limitMiB !== null && (assigned.get(name) ?? 0) > limitMiB)
        return bound(name, parent, reservationMiB, limitMiB, wanted ? heldMiB(resources.groupOf(name)) : 0)
      }),
    ]
  }

  return {
    touchedMiB,

    look(situation) {
      const { availableBytes, waitingPercent } = usage.observeMemoryRoom()
      const pressed = (waitingPercent ?? 0) >= PRESSED_PERCENT
      const lacking = boundsOf(situation, availableBytes / MIB, false).flatMap(({ limitMiB, heldMiB: held }) => {
        if (limitMiB === null) return []
        const { low, aim, high } = marginsOf(limitMiB)
        const free = limitMiB - held
        return free < high ? [free < (pressed ? aim : low)] : []
      })
      return { pressed, short: lacking.includes(true), tight: lacking.length > 0 }
    },

    observe(situation, asked) {
      const { pools, running } = situation
      const pathOf = poolPaths(pools)
      const others = [...running].filter(([id]) => !asked.has(id))
      const growth = sumByPool(
        others,
        ([, { pool }]) => pathOf(pool),
        ([id, spec]) => Math.max(0, wantedMiB(spec) - touchedMiB(id, spec)),
      )
      const bounds = boundsOf(situation, usage.observeMemoryRoom().availableBytes / MIB, true)
      return bounds.map((one) => ({ ...one, growthMiB: growth.get(one.name) ?? 0 }))
    },
  }
}
