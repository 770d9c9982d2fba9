// Support's tools over this machine: what is promised of a bundle, that it is a gzip file of root's own, and that a stick that is not there is told by the program that writes, which is this one once more.
import { readDir, readText, stat } from 'hv:fs'
import { args } from 'hv:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSupportTools } from '../../control/src/adapters/support.ts'
import { supportContract } from '../contract/support.contract.ts'
import { removeDirectory, temporaryDirectory } from './temporary.ts'

// A device, the bundle, a name and where to mount: what the program is started with.
if (args.length === 4) await import('../../control/src/main/medium-write.ts')

const bundle =
  readText('/proc/self/cmdline')
    .split('\0')
    .find((word) => word.endsWith('.qjb')) ?? ''

let root = ''
beforeEach(() => {
  root = temporaryDirectory()
})
afterEach(() => removeDirectory(root))

const make = () => createSupportTools({ directory: `${root}/support`, writer: { engine: '/proc/self/exe', bundle } })

supportContract(make)

describe('the bundle on this machine', () => {
  it('is a gzip file that only root can come to', async () => {
    const support = make()
    await support.pack([{ name: 'host/one.txt', text: 'one\n' }])
    expect([...(support.read() ?? [])].slice(0, 2)).toEqual([0x1f, 0x8b])
    expect(stat(`${root}/support`).mode & 0o777).toBe(0o700)
  })

  it('says in words that the stick is not there, and leaves no descriptor open', async () => {
    const support = make()
    await support.pack([{ name: 'host/one.txt', text: 'one\n' }])
    const count = () => readDir('/proc/self/fd').length
    await support.write('sdx9', 'bundle.tar.gz').catch(() => {})
    const before = count()
    await expect(support.write('sdx9', 'bundle.tar.gz')).rejects.toMatchObject({
      message: expect.stringMatching(/^The stick is not there any more/),
    })
    expect(count()).toBe(before)
  })
})
