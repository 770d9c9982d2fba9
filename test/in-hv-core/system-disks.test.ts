// The disks that the system is on, over a made-up sysfs and directories in place of file systems.
import { readFile, readText } from 'hv:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findSystemDisks, readBootSlots, slotToFill, writeBootEnvironment } from '../../control/src/adapters/system-disks.ts'
import { bootSlotsContract } from '../contract/boot-slots.contract.ts'
import { makeTree } from './sysfs-tree.ts'
import { addArray, addSystemDisk, GRUB_ENVIRONMENT as FILE, NEW_ENVIRONMENT as NEW, systemPlaces } from './system-tree.ts'
import { removeDirectory, temporaryDirectory } from './temporary.ts'

let root = ''
beforeEach(() => {
  root = temporaryDirectory()
})
afterEach(() => removeDirectory(root))

const addDisk = (disk: string) => addSystemDisk(root, disk)
const places = (medium: string) => systemPlaces(root, medium)

bootSlotsContract((installed) => {
  addDisk('vda')
  const at = places(installed ? 'vda3' : 'sr0')
  return { read: () => readBootSlots(at), write: (environment) => writeBootEnvironment(at, environment) }
})

describe('the disks of the system', () => {
  const environment = { order: ['b', 'a'], slots: { a: { mark: 'good', tries: 3 }, b: { mark: 'trying', tries: 2 } }, once: null } as const

  it('are the one that was booted, whatever others of Corbel are plugged in', async () => {
    addDisk('vda')
    addDisk('vdb')
    await writeBootEnvironment(places('vdb4'), environment)
    expect(findSystemDisks(places('vdb4'))).toMatchObject({ running: 'b', disks: [{ esp: '/dev/vdb2' }] })
    expect(readText(`${root}/dev/vda2/${FILE}`)).toBe(NEW)
    expect(readText(`${root}/dev/vdb2/${FILE}`)).toMatch(/^order=b a$/m)
  })

  it('are both of a mirror, and both are written', async () => {
    addDisk('vda')
    addDisk('vdb')
    addArray(root, 'md127', 'raid1', { vda5: 'in_sync', vdb5: 'in_sync' })
    await writeBootEnvironment(places('vda3'), environment)
    expect(await readBootSlots(places('vda3'))).toMatchObject({
      ...{ disk: '/dev/vda', slotBytes: 2_147_483_648 },
      others: [{ disk: '/dev/vdb', versions: { a: '0.1.0', b: null } }],
    })
    expect(readFile(`${root}/dev/vda2/${FILE}`)).toEqual(readFile(`${root}/dev/vdb2/${FILE}`))
    expect(readFile(`${root}/dev/vdb2/${FILE}`).length).toBe(1024)
  })

  it('are both of a mirror while one of them is still being copied to', () => {
    addDisk('vda')
    addDisk('vdb')
    addArray(root, 'md126', 'raid1', { vda6: 'in_sync', vdb6: 'spare' })
    expect(findSystemDisks(places('vdb3'))).toMatchObject({ disks: [{ esp: '/dev/vdb2' }, { esp: '/dev/vda2' }] })
  })

  it.each([
    ['an array of another level', 'raid0', { vda6: 'in_sync', vdb6: 'in_sync' }],
    ['an array of partitions that are neither state nor datastore', 'raid1', { vda4: 'in_sync', vdb4: 'in_sync' }],
    ['an array that joins partitions of different names', 'raid1', { vda5: 'in_sync', vdb6: 'in_sync' }],
    ['an array of other disks', 'raid1', { vdb5: 'in_sync', vdc5: 'in_sync' }],
    ['an array of whole disks', 'raid1', { vda: 'in_sync', vdb: 'in_sync' }],
    ['an array whose other disk is gone', 'raid1', { vda5: 'in_sync', vdx5: 'in_sync' }],
  ])('are the one that was booted: %s makes no mirror', (_, level, members) => {
    for (const disk of ['vda', 'vdb', 'vdc']) addDisk(disk)
    addArray(root, 'md127', level, members)
    expect(findSystemDisks(places('vda3'))?.disks.map(({ esp }) => esp)).toEqual(['/dev/vda2'])
  })

  it('leave out a mirror that has failed in any of its arrays', async () => {
    addDisk('vda')
    addDisk('vdb')
    addArray(root, 'md126', 'raid1', { vda5: 'in_sync', vdb5: 'in_sync' })
    addArray(root, 'md127', 'raid1', { vda6: 'in_sync', vdb6: 'faulty,write_error' })
    await writeBootEnvironment(places('vda3'), environment)
    expect(await readBootSlots(places('vda3'))).toMatchObject({ others: [] })
    expect(readText(`${root}/dev/vdb2/${FILE}`)).toBe(NEW)
  })

  it('have the slot that does not run filled on each, and never the one that runs', () => {
    addDisk('vda')
    addDisk('vdb')
    addArray(root, 'md127', 'raid1', { vda5: 'in_sync', vdb5: 'in_sync' })
    expect(slotToFill(places('vdb3'), 'b')).toEqual(['/dev/vdb4', '/dev/vda4'])
    expect(slotToFill(places('vda4'), 'a')).toEqual(['/dev/vda3', '/dev/vdb3'])
    for (const [medium, slot] of [
      ['vda3', 'a'],
      ['vda4', 'b'],
      ['vda3', 'c'],
      ['vda3', undefined],
      ['sr0', 'b'],
    ] as const) {
      expect(() => slotToFill(places(medium), slot)).toThrow('There is no such slot that does not run.')
    }
  })

  it('whose environment block is none cannot be read', async () => {
    addDisk('vda')
    makeTree(root, { [`dev/vda2/${FILE}`]: 'x'.repeat(1024) })
    await expect(readBootSlots(places('vda3'))).rejects.toMatchObject({ code: 'slots.environment' })
  })
})
