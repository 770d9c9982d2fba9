// The room that work under way is going to take in a datastore: two pieces of work that fit each by itself need not fit together.
import { findLackOfRoom } from '../plan/disk-space.ts'
import type { AppPorts } from './ports.ts'
import { Refusal } from './refusal.ts'

export interface TakenRoom {
  /** So many percent of it have been written, and are missing from the datastore's free space by now. */
  written(percent: number): void
  release(): void
}

export interface Room {
  /** Refuses with `datastore.full` and the figures when this and what was taken before do not fit. */
  take(datastore: string, neededBytes: number): TakenRoom
}

interface Taking {
  readonly datastore: string
  readonly neededBytes: number
  writtenPercent: number
}

export function createRoom({ datastores }: Pick<AppPorts, 'datastores'>): Room {
  const takings = new Set<Taking>()

  function promisedBytes(datastore: string): number {
    const here = [...takings].filter((taking) => taking.datastore === datastore)
    return here.reduce((sum, { neededBytes, writtenPercent }) => sum + Math.ceil(neededBytes * (1 - writtenPercent / 100)), 0)
  }

  return {
    take(datastore, neededBytes) {
      const { availableBytes } = datastores.list().find(({ name }) => name === datastore) ?? { availableBytes: 0 }
      const problem = findLackOfRoom(neededBytes, availableBytes - promisedBytes(datastore))
      if (problem !== null) throw new Refusal('insufficient-storage', problem.code, `This ${problem.message}.`, [problem])
      const taking: Taking = { datastore, neededBytes, writtenPercent: 0 }
      takings.add(taking)
      return {
        written(percent) {
          taking.writtenPercent = Math.max(taking.writtenPercent, percent)
        },
        release: () => void takings.delete(taking),
      }
    },
  }
}
