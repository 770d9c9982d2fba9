// The small adapters keep the promises of their ports.
import * as fs from 'hv:fs'
import { afterEach, beforeEach, describe } from 'vitest'
import { createClock } from '../../control/src/adapters/clock.ts'
import { createDatastores } from '../../control/src/adapters/datastores.ts'
import { createPasswords } from '../../control/src/adapters/passwords.ts'
import { createRandom } from '../../control/src/adapters/random.ts'
import { clockContract } from '../contract/clock.contract.ts'
import { datastoresContract } from '../contract/datastores.contract.ts'
import { passwordsContract } from '../contract/passwords.contract.ts'
import { randomContract } from '../contract/random.contract.ts'
import { removeDirectory, temporaryDirectory } from './temporary.ts'

describe('the clock of the machine', () => {
  const clock = createClock()
  clockContract(() => ({ clock, pass: (ms) => new Promise((resolve) => clock.after(ms, resolve)) }))
})

describe('the randomness of the kernel', () => randomContract(createRandom))

describe('argon2id', () => passwordsContract(createPasswords))

describe('a directory as datastore', () => {
  let directory = ''
  beforeEach(() => {
    directory = temporaryDirectory()
  })
  afterEach(() => removeDirectory(directory))

  datastoresContract((...files) => {
    for (const file of files) fs.writeFileAtomic(`${directory}/${file}`, 'x')
    // None of these is a file of the datastore.
    fs.symlink('/etc/passwd', `${directory}/link`)
    fs.mkdir(`${directory}/directory`)
    return createDatastores(directory, () => true, null)
  })
})
