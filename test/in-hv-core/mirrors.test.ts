// How arrays are, out of a made-up sysfs.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createMirrors } from '../../control/src/adapters/mirror-health.ts'
import { makeTree, type Tree } from './sysfs-tree.ts'
import { removeDirectory, temporaryDirectory } from './temporary.ts'

let sys = ''
beforeEach(() => {
  sys = temporaryDirectory()
})
afterEach(() => removeDirectory(sys))

const partition = (name: string, label: string): Tree => ({ [`class/block/${name}/uevent`]: `MAJOR=254\nPARTNAME=${label}\n` })
const array = (name: string, states: Readonly<Record<string, string>>, more: Tree = {}): Tree => ({
  ...{ [`block/${name}/md/level`]: 'raid1\n', [`block/${name}/md/raid_disks`]: '2\n', [`block/${name}/md/sync_completed`]: 'none\n' },
  ...Object.fromEntries(Object.entries(states).map(([member, state]) => [`block/${name}/md/dev-${member}/state`, `${state}\n`])),
  ...more,
})
const observed = (...trees: readonly Tree[]) => {
  for (const tree of trees) makeTree(sys, tree)
  return createMirrors(sys).observe()
}
const partitions = [partition('vda5', 'corbel-state'), partition('vdb5', 'corbel-state'), partition('vda6', 'corbel-data')]

describe('an array', () => {
  it('has both copies, and holds what its partitions are named for', () => {
    const all = observed(...partitions, array('md0', { vda5: 'in_sync', vdb5: 'in_sync,write_mostly' }), array('md1', { vda6: 'in_sync' }))
    const [first, second] = ['/dev/vda5', '/dev/vdb5'].map((device) => ({ device, state: 'in-sync' }))
    expect(all).toEqual([
      { holds: 'state', device: '/dev/md0', copies: [first, second], missing: 0, copiedPercent: null },
      { holds: 'datastore', device: '/dev/md1', copies: [{ device: '/dev/vda6', state: 'in-sync' }], missing: 1, copiedPercent: null },
    ])
  })

  it('has a copy that the kernel has taken out', () => {
    const [seen] = observed(...partitions, array('md0', { vda5: 'in_sync', vdb5: 'faulty' }))
    expect(seen?.copies[1]).toEqual({ device: '/dev/vdb5', state: 'failed' })
  })

  it('tells how far a copy is that is being made', () => {
    const copying = array('md0', { vda5: 'in_sync', vdb5: 'spare' }, { 'block/md0/md/sync_completed': '1000 / 4000\n' })
    const [seen] = observed(...partitions, copying)
    expect([seen?.copies[1]?.state, seen?.copiedPercent]).toEqual(['copying', 25])
  })

  it('of somebody else, or of another level, is none of ours', () => {
    const foreign = array('md2', { vdc1: 'in_sync' })
    expect(observed(...partitions, partition('vdc1', 'root'), foreign)).toEqual([])
    expect(observed(array('md3', { vda5: 'in_sync' }, { 'block/md3/md/level': 'raid5\n' }))).toEqual([])
  })
})
