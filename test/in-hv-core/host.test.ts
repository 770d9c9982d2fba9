// The host and its datastore as they are on whatever machine this runs.
import * as fs from 'hv:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDatastores } from '../../control/src/adapters/datastores.ts'
import { createHost, readTpm } from '../../control/src/adapters/host.ts'
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

  it('tells what its TPM has measured, where it has one', () => {
    const directory = temporaryDirectory()
    try {
      expect(readTpm(directory)).toBeNull()
      fs.writeFileAtomic(`${directory}/tpm_version_major`, '2\n')
      fs.mkdir(`${directory}/pcr-sha256`)
      for (let index = 0; index < 24; index++) fs.writeFileAtomic(`${directory}/pcr-sha256/${index}`, `${'AB'.repeat(31)}${index + 10}\n`)
      const registers = readTpm(directory)?.sha256 ?? []
      expect([registers.length, registers[0], registers[23]]).toEqual([24, `${'ab'.repeat(31)}10`, `${'ab'.repeat(31)}33`])
      fs.writeFileAtomic(`${directory}/tpm_version_major`, '1\n')
      expect(readTpm(directory)).toBeNull()
    } finally {
      removeDirectory(directory)
    }
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
