// Copies of VMs' specs as files of root's own, in a directory of the datastore whose name begins with a dot.
import * as fs from 'hv:fs'
import type { SpecCopies } from '../ports/spec-copies.ts'
import { toHostFailure } from './host-failure.ts'

const MAX_BYTES = 262_144
const NAME = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.json$/

export function createSpecCopies(datastore: string, isPresent: () => boolean): SpecCopies {
  const directory = `${datastore}/.specs`
  const pathOf = (id: string) => `${directory}/${id}.json`
  const attempt = (what: string, act: () => void) => {
    try {
      act()
    } catch (error) {
      throw toHostFailure(error, what)
    }
  }
  return {
    list() {
      if (!isPresent()) return null
      if (fs.statOrNull(directory) === null) return []
      return fs.readDir(directory).flatMap((name) => {
        const id = NAME.exec(name)?.[1]
        return id === undefined ? [] : [{ id, text: textOf(pathOf(id)) }]
      })
    },
    write(id, text) {
      if (!isPresent()) return
      attempt('write-spec-copy', () => {
        fs.mkdir(directory, { mode: 0o700, recursive: true })
        fs.writeFileAtomic(pathOf(id), text, { mode: 0o600 })
      })
    },
    remove(id) {
      if (!isPresent() || fs.statOrNull(pathOf(id)) === null) return
      attempt('remove-spec-copy', () => fs.unlink(pathOf(id)))
    },
  }
}

/** One that cannot be read is shown as such. */
function textOf(path: string): string {
  try {
    return fs.lstat(path).kind === 'file' ? fs.readText(path, MAX_BYTES) : ''
  } catch {
    return ''
  }
}
