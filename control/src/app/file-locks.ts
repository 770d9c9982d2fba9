// Which files of datastores a task is working on, so that nothing else takes them meanwhile. In memory only: such tasks end with controld.
import type { TaskKind } from '../domain/task.ts'
import type { FileReference } from '../domain/vm-devices.ts'
import { Refusal } from './refusal.ts'

/** What a file can be held for. */
export type FileWork = TaskKind | 'file.delete'

export interface HeldFile extends Pick<FileReference, 'datastore' | 'file'> {
  /** Makes, changes or removes it: then it is nobody else's, where what is only read may be read by others. */
  readonly writes: boolean
}

export interface FileLocks {
  /** Holds all of them or refuses with `file.busy`. The returned function lets go. */
  hold(files: readonly HeldFile[], work: FileWork): () => void
  /** What this use of a file would disturb, or be disturbed by; null when there is none. */
  disturbs(file: HeldFile): FileWork | null
}

/** What a use case that opens files needs besides its ports. */
export interface WithFileLocks {
  readonly fileLocks: FileLocks
}

export function createFileLocks(): FileLocks {
  const holds = new Set<{ readonly file: HeldFile; readonly work: FileWork }>()

  function disturbs(wanted: HeldFile): FileWork | null {
    for (const { file, work } of holds) {
      if (file.file === wanted.file && file.datastore === wanted.datastore && (file.writes || wanted.writes)) return work
    }
    return null
  }

  return {
    disturbs,
    hold(files, work) {
      for (const file of files) {
        const other = disturbs(file)
        if (other !== null) throw new Refusal('conflict', 'file.busy', `${file.file} is busy: ${other} is at work on it.`)
      }
      const mine = files.map((file) => ({ file, work }))
      for (const one of mine) holds.add(one)
      return () => {
        for (const one of mine) holds.delete(one)
      }
    },
  }
}
