// Tasks that make, change and receive files: each holds its files, and the room that it is going to take, from before it begins until it has ended.
import type { Problem } from '../domain/problem.ts'
import type { Task, TaskKind } from '../domain/task.ts'
import type { FileReference } from '../domain/vm-devices.ts'
import type { Following } from '../ports/disk-images.ts'
import { createCancellation } from './cancellation.ts'
import { fileTarget } from './datastore-files.ts'
import type { HeldFile, WithFileLocks } from './file-locks.ts'
import type { AppPorts } from './ports.ts'
import { createRoom, type TakenRoom } from './room.ts'
import type { Conclusion, Tasks } from './tasks.ts'

export interface FileWork {
  readonly kind: TaskKind
  /** The file that is made or changed. */
  readonly target: FileReference
  readonly by: string
  readonly files: readonly HeldFile[]
  /** What it is going to take, where that is known beforehand. */
  readonly neededBytes?: number
  readonly cancellable: boolean
  act(following: FileFollowing): Promise<Conclusion>
  /** As of any task; what was held is free by then. */
  readonly settled?: (problem: Problem | null) => void
}

export interface FileFollowing extends Following {
  /** For work that finds out what it needs. Refuses with `datastore.full`. */
  takeRoom(neededBytes: number): void
}

export interface FileTasks {
  /** Refuses with `file.busy`, `datastore.full`; nothing is held then. */
  start(work: FileWork): Task
}

export function createFileTasks(ports: Pick<AppPorts, 'datastores'> & WithFileLocks, tasks: Tasks): FileTasks {
  const room = createRoom(ports)

  return {
    start({ kind, target, by, files, neededBytes, cancellable, act, settled = () => {} }) {
      const unlock = ports.fileLocks.hold(files, kind)
      let taken: TakenRoom | null = null
      const release = () => {
        unlock()
        taken?.release()
      }
      const takeRoom = (bytes: number) => {
        taken = room.take(target.datastore, bytes)
      }
      const { cancellation, cancel } = createCancellation()
      try {
        if (neededBytes !== undefined) takeRoom(neededBytes)
        return tasks.start({
          ...{ kind, by, target: fileTarget(target) },
          act: (tell) => {
            const progress = (percent: number) => {
              tell(percent)
              taken?.written(percent)
            }
            return act({ progress, cancellation, takeRoom })
          },
          ...(cancellable ? { cancel } : {}),
          settled(problem) {
            release()
            settled(problem)
          },
        })
      } catch (error) {
        release()
        throw error
      }
    },
  }
}
