// Making, growing and copying disk images, each as a task that holds its files.
import type { Copy, Growth, NewDisk } from '../domain/disk-image.ts'
import type { Task } from '../domain/task.ts'
import type { FileReference } from '../domain/vm-devices.ts'
import { neededBytes } from '../plan/disk-space.ts'
import { diskName } from '../plan/qemu-disks.ts'
import type { VmProcess } from '../ports/vm-host.ts'
import { type FileChecks, fileTarget, toldOf } from './datastore-files.ts'
import type { FileTasks } from './file-tasks.ts'
import { type FileUser, requireNone } from './file-users.ts'
import type { Fleet } from './fleet.ts'
import type { AppPorts } from './ports.ts'
import { Refusal } from './refusal.ts'
import type { Conclusion } from './tasks.ts'

export interface Disks {
  /** Refuses with `datastore.not-found`, `file.exists`, `file.busy`, `datastore.full`. Can be cancelled. */
  create(datastore: string, disk: NewDisk, by: string): Task
  /**
   * Live when its VM runs. Refuses with `file.not-found`, `file.busy`, `file.in-use` (by several, by a suspended VM), `vm.busy`, `vm.power.wrong-state`,
   * `disk.grow.smaller`, `disk.grow.snapshots`, and as the image's header is refused; what only a running VM's process knows, the task tells.
   */
  grow(file: FileReference, growth: Growth, by: string): Task
  /** Refuses as `create` and `grow` do, and with `file.in-use` when a running VM writes the original. Can be cancelled. */
  copy(file: FileReference, copy: Copy, by: string): Task
}

export function createDisks({ diskImages }: Pick<AppPorts, 'diskImages'>, fleet: Fleet, tasks: FileTasks, checks: FileChecks): Disks {
  /** A file that was made, as nobody would know of it otherwise. */
  function made(file: FileReference, path: string, code: string, message: string): Conclusion {
    return { write: (draft) => draft.event(code, 'info', fileTarget(file), message), undo: () => diskImages.remove(path) }
  }

  function growOff(file: FileReference, path: string, { sizeBytes, format: asked }: Growth): () => Promise<void> {
    const format = toldOf(() => checks.formatOf(file, path, asked, 'format'))
    const { virtualSizeBytes, fixedSize } = toldOf(() => diskImages.info(path, format))
    if (sizeBytes < virtualSizeBytes) {
      const problem = {
        code: 'disk.grow.smaller',
        field: 'sizeBytes',
        message: 'a disk never shrinks',
        got: sizeBytes,
        min: virtualSizeBytes,
      }
      throw new Refusal('conflict', problem.code, `The disk has ${virtualSizeBytes} bytes already.`, [problem])
    }
    if (fixedSize !== null) throw new Refusal('conflict', fixedSize, 'The image has snapshots of a kind that keep its size.')
    return () => diskImages.grow(path, format, sizeBytes)
  }

  return {
    create(datastore, disk, by) {
      const { file: name, format, sizeBytes, preallocation } = disk
      const file = { datastore, file: name }
      const path = checks.absent(file)
      return tasks.start({
        ...{ kind: 'disk.create', target: file, by, files: [{ ...file, writes: true }], cancellable: true },
        neededBytes: neededBytes(disk),
        async act(following) {
          await diskImages.create({ path, format, sizeBytes, preallocation }, following)
          return made(file, path, 'disk.created', `${name} was created by ${by}.`)
        },
      })
    },

    grow(file, growth, by) {
      const path = checks.existing(file)
      const users = checks.users(file)
      requireNone(
        file,
        users.filter(({ as }) => as === 'suspended'),
      )
      const open = users.filter(({ as }) => as === 'open')
      const { sizeBytes } = growth
      const live = open.length > 0 ? liveDisk(file, open, fleet) : null
      const act = live === null ? growOff(file, path, growth) : () => live.process.resizeDisk(live.disk, sizeBytes)
      return tasks.start({
        ...{ kind: 'disk.grow', target: file, by, files: [{ ...file, writes: true }], cancellable: false },
        async act() {
          await act()
          const message = `${file.file} was grown to ${sizeBytes} bytes by ${by}.`
          return { write: (draft) => draft.event('disk.grown', 'info', fileTarget(file), message) }
        },
      })
    },

    copy(file, { to, format: wanted, sourceFormat: asked }, by) {
      const source = checks.existing(file)
      const copy = { datastore: file.datastore, file: to }
      const path = checks.absent(copy)
      requireNone(
        file,
        checks.users(file).filter(({ as, writable }) => as === 'open' && writable),
      )
      const sourceFormat = toldOf(() => checks.formatOf(file, source, asked, 'sourceFormat'))
      toldOf(() => diskImages.info(source, sourceFormat))
      const format = wanted ?? sourceFormat
      return tasks.start({
        ...{ kind: 'disk.copy', target: copy, by, cancellable: true },
        files: [
          { ...file, writes: false },
          { ...copy, writes: true },
        ],
        async act(following) {
          following.takeRoom(await diskImages.measure(source, sourceFormat, following.cancellation))
          await diskImages.copy({ source, sourceFormat, path, format }, following)
          return made(copy, path, 'disk.copied', `${file.file} was copied to ${to} by ${by}.`)
        },
      })
    },
  }
}

/** The one disk of the one running VM that a file is; refuses otherwise. */
function liveDisk(file: FileReference, open: readonly FileUser[], fleet: Fleet): { readonly process: VmProcess; readonly disk: string } {
  const [user] = open
  if (user === undefined || user.slot === null || !user.writable || open.some(({ record }) => record !== user.record)) {
    requireNone(file, open)
    throw new Error('a file without users is no live disk')
  }
  const { id, spec } = user.record
  const busy = fleet.busy(id)
  if (busy !== null) throw new Refusal('conflict', 'vm.busy', `${spec.name} is busy with ${busy}.`)
  const state = fleet.powerState(id)
  const process = fleet.process(id)
  if (process === null || !['running', 'paused'].includes(state))
    throw new Refusal('conflict', 'vm.power.wrong-state', `${spec.name} is ${state}.`)
  return { process, disk: diskName(user.slot) }
}
