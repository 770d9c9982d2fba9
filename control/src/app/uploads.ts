// Files that come from outside into a datastore: each a task that holds its name until the file is there whole, or not at all.
import type { ImageFormat } from '../domain/disk-image.ts'
import type { Problem } from '../domain/problem.ts'
import type { FileReference } from '../domain/vm-devices.ts'
import type { Received } from '../ports/disk-images.ts'
import { type FileChecks, fileTarget } from './datastore-files.ts'
import type { FileTasks } from './file-tasks.ts'
import type { AppPorts } from './ports.ts'
import { Refusal, type RefusalKind } from './refusal.ts'

/** Each is a process, and a connection that stays open; a disk is not written faster by more. */
export const MAX_UPLOADS = 8

export interface Upload {
  readonly file: FileReference
  readonly sizeBytes: number
  /** In hexadecimal; null: whatever comes. */
  readonly sha256: string | null
  /** Null: whatever it begins as. */
  readonly format: ImageFormat | null
}

export interface UploadedFile extends Received {
  readonly name: string
  readonly sizeBytes: number
}

export interface Uploads {
  /**
   * Resolves when the file is there. `begun` is told the task; `offer` is called, once at most, when its bytes may come. Refuses with `datastore.not-found`, `file.exists`, `file.busy`,
   * `datastore.full`, `upload.too-many`, `upload.truncated`, `upload.digest`, `upload.cancelled`, and as the image's header is refused. Can be cancelled.
   */
  receive(upload: Upload, offer: (descriptor: number) => void, by: string, begun?: (taskId: string) => void): Promise<UploadedFile>
}

export function createUploads({ diskImages }: Pick<AppPorts, 'diskImages'>, tasks: FileTasks, checks: FileChecks): Uploads {
  let running = 0

  return {
    async receive({ file, sizeBytes, sha256, format }, offer, by, begun = () => {}) {
      const path = checks.absent(file)
      if (running >= MAX_UPLOADS) {
        throw new Refusal('unavailable', 'upload.too-many', `${MAX_UPLOADS} files are being received already.`, [], 30)
      }
      return new Promise((resolve, reject) => {
        let received: Received | null = null
        const task = tasks.start({
          ...{ kind: 'file.upload', target: file, by, files: [{ ...file, writes: true }], neededBytes: sizeBytes, cancellable: true },
          async act(following) {
            received = await diskImages.receive({ path, sizeBytes, sha256, format }, offer, following)
            return {
              write: (draft) => draft.event('file.uploaded', 'info', fileTarget(file), `${file.file} was uploaded by ${by}.`),
              undo: () => diskImages.remove(path),
            }
          },
          settled(problem) {
            running--
            if (problem !== null) reject(refusalFor(problem))
            else if (received !== null) resolve({ name: file.file, sizeBytes, ...received })
          },
        })
        running++
        begun(task.id)
      })
    },
  }
}

const KINDS: Readonly<Record<string, RefusalKind>> = {
  'upload.truncated': 'invalid',
  'upload.digest': 'invalid',
  'datastore.full': 'insufficient-storage',
  'image.stalled': 'unavailable',
  'image.failed': 'unavailable',
}

/** What became of the task, to who sent the file. */
function refusalFor(problem: Problem): Refusal {
  const { code, message } = problem
  if (code === 'image.cancelled') return new Refusal('conflict', 'upload.cancelled', 'The upload was cancelled; nothing is kept of it.')
  const kind = KINDS[code] ?? (code.startsWith('image.') ? 'invalid' : 'unavailable')
  return new Refusal(kind, code, message, [problem])
}
