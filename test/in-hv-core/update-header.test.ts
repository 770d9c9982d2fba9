// Updates in a directory: told by their headers alone, whatever else lies there.
import * as fs from 'hv:fs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { updatesIn } from '../../control/src/adapters/update-header.ts'
import { removeDirectory, temporaryDirectory } from './temporary.ts'

const MANIFEST = {
  ...{ format: 1, version: '0.2.0', base: 'debian', host: 'ab'.repeat(32), programs: 'ef'.repeat(32), minimumFrom: '0.1.0' },
  payload: { bytes: 100_000, sha256: 'cd'.repeat(32) },
}

let directory = ''
beforeEach(() => {
  directory = temporaryDirectory()
})
afterEach(() => removeDirectory(directory))

const headerOf = (manifest: object) => `CORBELUP1\n${JSON.stringify(manifest)}\n${'A'.repeat(86)}==`.padEnd(4096, '\0')
const put = (name: string, text: string) => fs.writeFileAtomic(`${directory}/${name}`, text)

it('are those with a header of one, however large they are', () => {
  put('corbel.update', headerOf(MANIFEST) + 'x'.repeat(100_000))
  put('notes.txt', 'hello')
  put('other.update', headerOf({ ...MANIFEST, version: 'new' }))
  put('broken.update', headerOf(MANIFEST).replace('{', '['))
  put('.hidden.update', headerOf(MANIFEST))
  fs.mkdir(`${directory}/folder.update`)
  const before = fs.readDir('/proc/self/fd').length
  expect(updatesIn(directory)).toEqual([{ file: 'corbel.update', sizeBytes: 104_096, version: '0.2.0' }])
  expect(fs.readDir('/proc/self/fd').length).toBe(before)
})
