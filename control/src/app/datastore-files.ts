// The files of datastores: listing and removing them, and what the tasks that make and change images have in common.
import type { DatastoreFile } from '../domain/datastore.ts'
import { IMAGE_FORMATS, type ImageFormat } from '../domain/disk-image.ts'
import type { FileReference } from '../domain/vm-devices.ts'
import { eventually } from './eventually.ts'
import type { WithFileLocks } from './file-locks.ts'
import { type FileUser, requireNone, usersOf } from './file-users.ts'
import type { Fleet } from './fleet.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'
import { invalid, isHostFailure, Refusal } from './refusal.ts'
import { specsOf, usesOf } from './vm-files.ts'

/** With the IDs of the VMs that use it in any way. */
export interface UsedFile extends DatastoreFile {
  readonly usedBy: readonly string[]
}

export interface DatastoreFiles {
  /** Refuses with `datastore.not-found`. */
  list(datastore: string): readonly UsedFile[]
  /** Refuses with `datastore.not-found`, `file.not-found`, `file.in-use` and `file.busy`. */
  remove(file: FileReference, by: string): Promise<void>
}

export interface FileChecks {
  /** Where it is; refuses with `datastore.not-found`, `file.not-found`. */
  existing(file: FileReference): string
  /** Where it will be; refuses with `datastore.not-found`, `file.exists`. */
  absent(file: FileReference): string
  users(file: FileReference): readonly FileUser[]
  /** Never told by content alone, which a guest may have written. Refuses with `disk.format.differs`, `disk.format.unknown`. */
  formatOf(file: FileReference, path: string, asked: ImageFormat | undefined, field: string): ImageFormat
}

export function createFileChecks(
  { datastores, diskImages }: Pick<AppPorts, 'datastores' | 'diskImages'>,
  ledger: Pick<Ledger, 'vms'>,
  fleet: Pick<Fleet, 'busy'>,
): FileChecks {
  function place({ datastore, file }: FileReference): string {
    const path = datastores.place(datastore, file)
    if (path !== null) return path
    if (datastores.files(datastore) === null) throw noDatastore(datastore)
    throw new Refusal('not-found', 'file.not-found', `There is no file ${file}.`)
  }

  const users = (file: FileReference) => usersOf(file, ledger.vms.values(), (id) => fleet.busy(id) !== null)

  return {
    users,
    existing(file) {
      const path = place(file)
      if (datastores.resolve(file.datastore, file.file) === null)
        throw new Refusal('not-found', 'file.not-found', `There is no file ${file.file}.`)
      return path
    },
    absent(file) {
      const path = place(file)
      if (datastores.resolve(file.datastore, file.file) !== null)
        throw new Refusal('conflict', 'file.exists', `There is a file ${file.file} already.`)
      return path
    },
    formatOf(file, path, asked, field) {
      const told = users(file).find(({ format }) => format !== null)
      if (told !== undefined && asked !== undefined && asked !== told.format) {
        throw new Refusal('conflict', 'disk.format.differs', `${told.record.spec.name} has ${file.file} as ${told.format}.`)
      }
      const known = asked ?? told?.format ?? null
      if (known !== null) return known
      // Without the beginning of a qcow2 image it is certainly none.
      if (!diskImages.info(path, 'raw').beginsAsQcow2) return 'raw'
      if (file.file.endsWith('.qcow2')) return 'qcow2'
      const message = 'must be said, as the file begins like a qcow2 image but has no name like one'
      throw invalid([{ code: 'disk.format.unknown', field, message, allowed: [...IMAGE_FORMATS] }])
    },
  }
}

/** What the host finds in an image is told to who asked; other failures of it are the host's own affair. */
export function toldOf<T>(look: () => T): T {
  try {
    return look()
  } catch (error) {
    if (isHostFailure(error) && /^(image|disk)\./.test(error.code)) throw new Refusal('conflict', error.code, error.message)
    throw error
  }
}

/** Of tasks and events. */
export function fileTarget({ datastore, file }: FileReference): { readonly kind: 'file'; readonly id: string } {
  return { kind: 'file', id: `${datastore}/${file}` }
}

function noDatastore(name: string): Refusal {
  return new Refusal('not-found', 'datastore.not-found', `There is no datastore ${name}.`)
}

export function createDatastoreFiles(ports: AppPorts & WithFileLocks, ledger: Ledger, checks: FileChecks): DatastoreFiles {
  const { datastores, diskImages, fileLocks } = ports

  return {
    list(datastore) {
      const files = datastores.files(datastore)
      if (files === null) throw noDatastore(datastore)
      const users = new Map<string, Set<string>>()
      for (const record of ledger.vms.values()) {
        for (const { reference } of specsOf(record).flatMap(usesOf)) {
          if (reference.datastore !== datastore) continue
          users.set(reference.file, (users.get(reference.file) ?? new Set()).add(record.id))
        }
      }
      return files.map((file) => ({ ...file, usedBy: [...(users.get(file.name) ?? [])] }))
    },

    async remove(file, by) {
      const path = checks.existing(file)
      requireNone(file, checks.users(file))
      const release = fileLocks.hold([{ ...file, writes: true }], 'file.delete')
      try {
        await diskImages.remove(path)
      } finally {
        release()
      }
      void eventually(ports, `the deletion of ${file.file}`, () => {
        ledger.write((draft) => draft.event('file.deleted', 'info', fileTarget(file), `${file.file} was deleted by ${by}.`))
      })
    },
  }
}
