// The datastore's directory as the app sees it: plain files only.
import { diskSpace, lstat, readDir } from 'hv:fs'
import type { DatastoreFile } from '../domain/datastore.ts'
import type { Datastores } from '../ports/host.ts'
import { isNativeError } from './host-failure.ts'

const NAME = 'local'

/** `directory` is where the one datastore is; `isPresent` tells whether it is mounted there; `uuid` is that of its file system. */
export function createDatastores(directory: string, isPresent: () => boolean, uuid: string | null): Datastores {
  const plainFile = (file: string): DatastoreFile | null => {
    if (!isName(file)) return null
    try {
      const { kind, size, allocatedBytes, modifiedMs } = lstat(`${directory}/${file}`)
      return kind === 'file' ? { name: file, sizeBytes: size, allocatedBytes, modifiedAt: new Date(modifiedMs).toISOString() } : null
    } catch (error) {
      // Gone, or a name longer than the file system takes: not there either way.
      if (isNativeError(error) && ['ENOENT', 'ENAMETOOLONG', 'EILSEQ', 'EINVAL'].includes(error.code)) return null
      throw error
    }
  }
  const isHere = (datastore: string) => datastore === NAME && isPresent()
  return {
    list: () => (isPresent() ? [{ name: NAME, uuid, ...diskSpace(directory) }] : []),
    files: (datastore) => (isHere(datastore) ? readDir(directory).flatMap((file) => plainFile(file) ?? []) : null),
    resolve: (datastore, file) => (isHere(datastore) && plainFile(file) !== null ? `${directory}/${file}` : null),
    place: (datastore, file) => (isHere(datastore) && isName(file) ? `${directory}/${file}` : null),
  }
}

/** A name is one component, as anything else would leave the datastore; what begins with a dot is the datastore's own business. */
function isName(file: string): boolean {
  return file !== '' && !file.startsWith('.') && !/[/\u0000]/.test(file)
}
