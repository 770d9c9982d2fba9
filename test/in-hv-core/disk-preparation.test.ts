// Disks are looked at and prepared for real, on sparse files that stand in for them.
import { run } from 'hv:process'
import { decodeUtf8 } from 'hv:text'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { examineDisk, hasMark, writeMark } from '../../control/src/adapters/disk-content.ts'
import { prepareDisk } from '../../control/src/adapters/disk-preparation.ts'
import { removeDirectory, temporaryDirectory } from './temporary.ts'

const SIZE = 2 * 1024 ** 3
let directory = ''
let disk = ''

async function tool(argv: string[], stdin = ''): Promise<string> {
  const result = await run({ argv, stdin, env: { PATH: '/usr/sbin:/usr/bin' } })
  expect(`${result.code} ${result.code === 0 ? '' : decodeUtf8(result.stderr)}`).toBe('0 ')
  return decodeUtf8(result.stdout)
}

const put = (offset: number, text: string) => tool(['/usr/bin/busybox', 'dd', `of=${disk}`, 'bs=1', `seek=${offset}`, 'conv=notrunc'], text)

beforeEach(async () => {
  directory = temporaryDirectory()
  disk = `${directory}/disk`
  await tool(['/usr/bin/busybox', 'truncate', '-s', String(SIZE), disk])
})
afterEach(() => removeDirectory(directory))

describe('a disk', () => {
  it('of zeros is blank', async () => {
    expect(await examineDisk(disk, SIZE, [])).toEqual({ kind: 'blank' })
  })

  it('with a file system is in use', async () => {
    await tool(['/usr/sbin/mke2fs', '-q', '-F', disk, '64m'])
    expect(await examineDisk(disk, SIZE, [])).toEqual({ kind: 'used', what: 'a signature of ext2' })
  })

  it('with an empty partition table is in use', async () => {
    await tool(['/usr/sbin/sfdisk', '-q', disk], 'label: dos\n')
    expect(await examineDisk(disk, SIZE, [])).toEqual({ kind: 'used', what: 'a signature of dos' })
  })

  it.each([
    ['first', 1_048_575],
    ['last', SIZE - 1_048_576],
    ['very last byte of the last', SIZE - 1],
  ])('with one strange byte in its %s MiB is in use', async (_name, offset) => {
    await put(offset, 'x')
    expect(await examineDisk(disk, SIZE, [])).toEqual({ kind: 'used', what: 'data of an unknown kind' })
  })

  it('that was marked and then cut off is unfinished, until someone else writes to it', async () => {
    await writeMark(disk, true)
    expect(await hasMark(disk)).toBe(true)
    expect(await examineDisk(disk, SIZE, [])).toEqual({ kind: 'unfinished' })
    expect(await examineDisk(disk, SIZE, ['home'])).toEqual({ kind: 'used', what: 'partitions' })
    await tool(['/usr/sbin/mke2fs', '-q', '-F', disk, '64m'])
    expect(await examineDisk(disk, SIZE, [])).toEqual({ kind: 'used', what: 'a signature of ext2' })
  })
})

describe('a prepared disk', () => {
  it('has two named partitions with clean file systems of the same labels, and no mark', async () => {
    await prepareDisk(disk, SIZE)
    const table: unknown = JSON.parse(await tool(['/usr/sbin/sfdisk', '--json', disk]))
    expect(table).toMatchObject({
      partitiontable: {
        label: 'gpt',
        partitions: [
          { start: 2048, size: 1_048_576, name: 'corbel-state' },
          { start: 1_050_624, size: 3_141_632, name: 'corbel-data' },
        ],
      },
    })
    for (const [label, start] of [
      ['corbel-state', 2048],
      ['corbel-data', 1_050_624],
    ] as const) {
      const found = await tool(['/usr/sbin/blkid', '-p', '-o', 'export', '-O', String(start * 512), disk])
      expect(found).toContain('TYPE=ext4')
      expect(found).toContain(`LABEL=${label}`)
      await tool(['/usr/sbin/e2fsck', '-fn', `${disk}?offset=${start * 512}`])
    }
    expect(await hasMark(disk)).toBe(false)
    expect(await examineDisk(disk, SIZE, ['corbel-state', 'corbel-data'])).toEqual({ kind: 'used', what: 'a signature of gpt' })
  })

  it('can be made again where the first attempt ended half-way', async () => {
    await prepareDisk(disk, SIZE)
    await writeMark(disk, true)
    expect(await examineDisk(disk, SIZE, ['corbel-state', 'corbel-data'])).toEqual({ kind: 'unfinished' })
    await prepareDisk(disk, SIZE)
    expect(await hasMark(disk)).toBe(false)
  })
})
