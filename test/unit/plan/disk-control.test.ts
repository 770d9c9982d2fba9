// What groups are told of the datastore's disk.
import { describe, expect, it } from 'vitest'
import type { ResourceGroup } from '../../../control/src/domain/resource-group.ts'
import { type DiskPool, findDiskProblems, withDiskControl } from '../../../control/src/plan/disk-control.ts'

const TOP = '/sys/fs/cgroup/corbel.vm'
const group = (path: string, kind: ResourceGroup['kind']): ResourceGroup => ({ path, kind, files: { 'cpu.weight': '1' } })
const GROUPS = [
  ...['corbel.host', 'corbel.image', 'corbel.vm'].map((name) => group(`/sys/fs/cgroup/${name}`, 'top')),
  ...[group(`${TOP}/pool.a`, 'pool'), group(`${TOP}/pool.a/x`, 'vm'), group(`${TOP}/pool.a/y`, 'vm'), group(`${TOP}/z`, 'vm')],
]
const pool = (name: string, rest: Partial<DiskPool['io']> = {}): DiskPool => ({
  name,
  io: { shares: 100, readIops: null, writeIops: null, readBytesPerSecond: null, writeBytesPerSecond: null, ...rest },
})
const DISK = { device: '254:16', weights: true }
const SHARES = new Map([
  ['x', 100],
  ['y', 400],
  ['z', 50],
])

function weights(groups: readonly ResourceGroup[]): Record<string, string | undefined> {
  return Object.fromEntries(groups.map(({ path, files }) => [path.split('/').at(-1), files['io.bfq.weight']]))
}

describe('weights', () => {
  it('are in proportion to shares among those beside each other, and the host comes before all VMs', () => {
    expect(weights(withDiskControl(GROUPS, DISK, [pool('a')], SHARES))).toEqual({
      ...{ 'corbel.host': '1000', 'corbel.image': '25', 'corbel.vm': '500' },
      ...{ 'pool.a': '1000', x: '250', y: '1000', z: '500' },
    })
  })

  it('are at least what the kernel takes', () => {
    const shares = new Map([
      ['x', 1],
      ['y', 10_000],
    ])
    expect(weights(withDiskControl(GROUPS, DISK, [pool('a')], shares))).toMatchObject({ x: '1', y: '1000' })
  })

  it('are not written where nobody divides by them, and that is told where they differ', () => {
    const disk = { device: '254:16', weights: false }
    expect(withDiskControl(GROUPS, disk, [], SHARES)).toEqual(GROUPS)
    expect(findDiskProblems(disk, [], SHARES)).toEqual([expect.stringContaining('I/O shares are not kept')])
    expect(findDiskProblems(disk, [pool('a')], new Map([['x', 100]]))).toEqual([])
  })
})

describe('limits', () => {
  const limited = pool('a', { readIops: 50, writeBytesPerSecond: 1_000_000 })
  const maxOf = (groups: readonly ResourceGroup[], end: string) => groups.find(({ path }) => path.endsWith(end))?.files['io.max']

  it('are of pools, at the whole disk, and said to be none where there are none', () => {
    const groups = withDiskControl(GROUPS, DISK, [limited], SHARES)
    expect([maxOf(groups, '/pool.a'), maxOf(groups, '/z')]).toEqual(['254:16 rbps=max wbps=1000000 riops=50 wiops=max', undefined])
    const free = withDiskControl(GROUPS, DISK, [pool('a')], SHARES)
    expect(maxOf(free, '/pool.a')).toBe('254:16 rbps=max wbps=max riops=max wiops=max')
  })

  it('that cannot be kept are told', () => {
    const disk = { device: null, weights: true }
    expect(maxOf(withDiskControl(GROUPS, disk, [limited], SHARES), '/pool.a')).toBeUndefined()
    expect(findDiskProblems(disk, [limited, pool('b')], SHARES)).toEqual([expect.stringContaining('limits of disks of a are not kept')])
    expect(findDiskProblems(DISK, [limited], SHARES)).toEqual([])
  })
})
