// The datastore's directory as the app sees it: plain files only.
import { diskSpace, lstat, readDir } from 'hv:fs'
import type { DatastoreFile } from '../domain/datastore.ts'
import type { Datastores } from '../ports/host.ts'
import { isNativeError } from './host-failure.ts'

const NAME = 'local'

/** `directory` is where the one datastore is; `isPresent` tells whether it is mounted there. */
export function createDatastores(directory: string, isPresent: () => boolean): Datastores {
  const plainFile = (file: string): DatastoreFile | null => {
    // A name is one component; anything else would leave the datastore.
    if (file === '' || file === '.' || file === '..' || /[/\u0000]/.test(file)) return null
    try {
      const found = lstat(`${directory}/${file}`)
      return found.kind === 'file' ? { name: file, sizeBytes: found.size } : null
    } catch (error) {
      // Gone, or a name longer than the file system takes: not there either way.
      if (isNativeError(error) && ['ENOENT', 'ENAMETOOLONG', 'EILSEQ', 'EINVAL'].includes(error.code)) return null
      throw error
    }
  }
  const isHere = (datastore: string) => datastore === NAME && isPresent()
  return {
    list: () => (isPresent() ? [{ name: NAME, ...diskSpace(directory) }] : []),
    files: (datastore) => (isHere(datastore) ? readDir(directory).flatMap((file) => plainFile(file) ?? []) : null),
    resolve: (datastore, file) => (isHere(datastore) && plainFile(file) !== null ? `${directory}/${file}` : null),
  }
}
