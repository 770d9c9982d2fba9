// Which files of datastores a task is working on, so that nothing else takes them meanwhile. In memory only: such tasks end with controld.
import type { TaskKind } from '../domain/task.ts'
import type { FileReference } from '../domain/vm-devices.ts'
import { Refusal } from './refusal.ts'

export interface HeldFile extends Pick<FileReference, 'datastore' | 'file'> {
  /** Makes, changes or removes it: then it is nobody else's, where what is only read may be read by others. */
  readonly writes: boolean
}

export interface FileLocks {
  /** Holds all of them or refuses with `file.busy`. The returned function lets go. */
  hold(files: readonly HeldFile[], kind: TaskKind): () => void
  /** The task that this use of a file would disturb, or be disturbed by; null when there is none. */
  disturbs(file: HeldFile): TaskKind | null
}

/** What a use case that opens files needs besides its ports. */
export interface WithFileLocks {
  readonly fileLocks: FileLocks
}

export function createFileLocks(): FileLocks {
  const holds = new Set<{ readonly file: HeldFile; readonly kind: TaskKind }>()

  function disturbs(wanted: HeldFile): TaskKind | null {
    for (const { file, kind } of holds) {
      if (file.file === wanted.file && file.datastore === wanted.datastore && (file.writes || wanted.writes)) return kind
    }
    return null
  }

  return {
    disturbs,
    hold(files, kind) {
      for (const file of files) {
        const other = disturbs(file)
        if (other !== null) throw new Refusal('conflict', 'file.busy', `${file.file} is being worked on by a task ${other}.`)
      }
      const mine = files.map((file) => ({ file, kind }))
      for (const one of mine) holds.add(one)
      return () => {
        for (const one of mine) holds.delete(one)
      }
    },
  }
}
