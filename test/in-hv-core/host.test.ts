// The host and its datastore as they are on whatever machine this runs.
import * as fs from 'hv:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDatastores } from '../../control/src/adapters/datastores.ts'
import { createHost } from '../../control/src/adapters/host.ts'
import { removeDirectory, temporaryDirectory } from './temporary.ts'

describe('the host', () => {
  it('tells what it is and how it does', () => {
    const host = createHost()
    expect(host.facts.product).toBe('Corbel')
    expect(host.facts.cpu.threads).toBeGreaterThan(0)
    const status = host.observeStatus()
    expect(status.memory.totalMiB).toBe(host.facts.memoryMiB)
    expect(status.memory.usedMiB).toBeGreaterThan(0)
    expect(status.time).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/)
    expect(status.addresses.filter(({ address }) => address === '127.0.0.1' || address === '::1')).toEqual([])
  })

  it('whose setup said nothing is volatile, and says why', () => {
    expect(createHost().bootOutcome).toMatchObject({ state: 'volatile', stateProblem: 'Setup did not finish.' })
  })
})

describe('a datastore', () => {
  let directory = ''
  beforeEach(() => {
    directory = temporaryDirectory()
    fs.writeFileAtomic(`${directory}/disk.qcow2`, 'QFI', { mode: 0o600 })
    fs.mkdir(`${directory}/lost+found`)
    fs.symlink('/etc/passwd', `${directory}/link`)
  })
  afterEach(() => {
    fs.unlink(`${directory}/link`)
    removeDirectory(directory)
  })

  it('has its plain files and nothing else', () => {
    const datastores = createDatastores(directory, () => true, null)
    expect(datastores.files('local')).toMatchObject([{ name: 'disk.qcow2', sizeBytes: 3 }])
    expect(datastores.list()).toMatchObject([{ name: 'local' }])
  })

  it.each([
    ['disk.qcow2', true],
    ['link', false],
    ['lost+found', false],
    ['absent', false],
    ['', false],
    ['.', false],
    ['..', false],
    ['lost+found/../disk.qcow2', false],
    ['../disk.qcow2', false],
    ['x'.repeat(300), false],
  ])('%s is there: %s', (file, isThere) => {
    const path = createDatastores(directory, () => true, null).resolve('local', file)
    expect(path).toBe(isThere ? `${directory}/${file}` : null)
  })

  it('that is not mounted does not exist', () => {
    const datastores = createDatastores(directory, () => false, null)
    expect([datastores.list(), datastores.files('local'), datastores.resolve('local', 'disk.qcow2')]).toEqual([[], null, null])
    expect(createDatastores(directory, () => true, null).files('other')).toBeNull()
  })
})
