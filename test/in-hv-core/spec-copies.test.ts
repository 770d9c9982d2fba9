// Copies of specs as files: whole, root's alone, and nothing but what is one is taken for one.
import * as fs from 'hv:fs'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createSpecCopies } from '../../control/src/adapters/spec-copies.ts'
import { removeDirectory, temporaryDirectory } from './temporary.ts'

const ID = '01234567-89ab-4def-8123-456789abcdef'
let directory = ''

beforeEach(() => {
  directory = temporaryDirectory()
})
afterEach(() => removeDirectory(directory))

it('are written, replaced, listed and removed', () => {
  const copies = createSpecCopies(directory, () => true)
  expect(copies.list()).toEqual([])
  copies.write(ID, 'one')
  copies.write(ID, 'two')
  expect(copies.list()).toEqual([{ id: ID, text: 'two' }])
  expect([fs.stat(`${directory}/.specs`).mode, fs.stat(`${directory}/.specs/${ID}.json`).mode]).toEqual([0o700, 0o600])
  copies.remove(ID)
  copies.remove(ID)
  expect(copies.list()).toEqual([])
})

it('are none where there is no datastore', () => {
  const copies = createSpecCopies(directory, () => false)
  copies.write(ID, 'one')
  copies.remove(ID)
  expect([copies.list(), fs.readDir(directory)]).toEqual([null, []])
})

it('leave out other names, and follow no link', () => {
  const copies = createSpecCopies(directory, () => true)
  copies.write(ID, 'one')
  fs.writeFileAtomic(`${directory}/.specs/notes.txt`, 'x')
  fs.symlink('/etc/passwd', `${directory}/.specs/${ID.replace('0', 'f')}.json`)
  expect(copies.list()).toEqual([
    { id: ID, text: 'one' },
    { id: ID.replace('0', 'f'), text: '' },
  ])
})
