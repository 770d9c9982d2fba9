// The loader and the libraries as entries of a confined root, for whatever C library the appliance was built with.
import { readDir, statOrNull } from 'hv:fs'
import type { RootEntry } from 'hv:process'
import { LIBRARY_DIRECTORIES, LOADERS, pickLibraries, SHARED_DIRECTORY } from '../domain/libraries.ts'

export function libraryEntries(): RootEntry[] {
  const present = [...LOADERS, ...LIBRARY_DIRECTORIES].filter((path) => statOrNull(path) !== null)
  const names = readDir(SHARED_DIRECTORY).filter((name) => statOrNull(`${SHARED_DIRECTORY}/${name}`)?.kind === 'file')
  return pickLibraries(present, names).map((path) => ({ kind: 'bind', source: path, target: path, readOnly: true, allowExec: true }))
}
