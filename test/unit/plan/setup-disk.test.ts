// Which partitions setup adopts, which disk it prepares, and what it says when it does neither.
import { describe, expect, it } from 'vitest'
import type { BlockDisk, DiskContent } from '../../../control/src/domain/block-disk.ts'
import { planStorage } from '../../../control/src/plan/setup-disk.ts'

const USED: DiskContent = { kind: 'used', what: 'partitions' }

function disk(name: string, options: Partial<BlockDisk> = {}): BlockDisk {
  return {
    device: `/dev/${name}`,
    serial: name.toUpperCase(),
    byPath: `pci-0000:00:04.0-${name}`,
    sizeBytes: 8 * 1024 ** 3,
    readOnly: false,
    partitions: [],
    content: { kind: 'blank' },
    ...options,
  }
}

function ours(name: string, options: Partial<BlockDisk> = {}): BlockDisk {
  const partitions = [
    { device: `/dev/${name}1`, name: 'corbel-state', fileSystem: 'ext4' },
    { device: `/dev/${name}2`, name: 'corbel-data', fileSystem: 'ext4' },
  ]
  return disk(name, { partitions, content: USED, ...options })
}

const ifBlank = (serial: string) => ({ disk: { serial }, initialize: 'if-blank' as const })

describe('where state and datastore are', () => {
  it('partitions of ours are adopted without a seed', () => {
    expect(planStorage([disk('sda', { content: USED }), ours('sdb')], null)).toEqual({
      prepare: null,
      state: { device: '/dev/sdb1', name: 'corbel-state', fileSystem: 'ext4' },
      data: { device: '/dev/sdb2', name: 'corbel-data', fileSystem: 'ext4' },
      brokenState: null,
      stateProblem: null,
      dataProblem: null,
    })
  })

  it('both copies of a mirror are one, and a copy that was left out is no problem of theirs', () => {
    const arrays = [
      { device: '/dev/md0', name: 'corbel-state', fileSystem: 'ext4' },
      { device: '/dev/md1', name: 'corbel-data', fileSystem: 'ext4' },
    ]
    const outside = arrays.map((partition, at) => ({ ...partition, device: `/dev/sdc${at}`, fileSystem: 'linux_raid_member' }))
    const disks = [ours('sda', { partitions: arrays }), ours('sdb', { partitions: arrays }), ours('sdc', { partitions: outside })]
    expect(planStorage(disks, null)).toMatchObject({
      ...{ state: { device: '/dev/md0' }, data: { device: '/dev/md1' } },
      ...{ stateProblem: null, dataProblem: null },
    })
    expect(planStorage(disks.slice(2), null).stateProblem).toContain('/dev/sdc0 is named corbel-state but holds linux_raid_member')
  })

  it('without disks there is neither, and that is no problem', () => {
    expect(planStorage([], null)).toEqual({
      prepare: null,
      state: null,
      data: null,
      brokenState: null,
      stateProblem: null,
      dataProblem: null,
    })
  })

  it.each([
    ['nothing that is known is broken', null, '/dev/sda1'],
    ['something else is somebody’s', 'crypto_LUKS', undefined],
  ])('a partition named as the state with %s', (_what, fileSystem, broken) => {
    const partitions = [{ device: '/dev/sda1', name: 'corbel-state', fileSystem }]
    const plan = planStorage([disk('sda', { partitions, content: USED })], null)
    expect([plan.state, plan.brokenState?.device]).toEqual([null, broken])
    expect(planStorage([disk('sda', { partitions, content: USED }), ours('sdb')], null).brokenState).toBeNull()
  })

  it('a blank disk that the seed names is prepared', () => {
    const sda = disk('sda')
    expect(planStorage([sda, disk('sdb')], ifBlank('SDA')).prepare).toBe(sda)
  })

  it('so is one whose preparation was cut off, whatever its table says', () => {
    const sda = ours('sda', { content: { kind: 'unfinished' } })
    expect(planStorage([sda], ifBlank('SDA')).prepare).toBe(sda)
  })

  it('a blank disk is never prepared without being named', () => {
    expect(planStorage([disk('sda')], null).prepare).toBeNull()
    expect(planStorage([disk('sda'), ours('sdb')], ifBlank('SDB')).prepare).toBeNull()
  })

  it.each([
    [
      'a disk in use',
      disk('sda', { content: { kind: 'used', what: 'a signature of ntfs' } }),
      '/dev/sda holds a signature of ntfs and is left alone.',
    ],
    [
      'an unreadable disk',
      disk('sda', { content: { kind: 'unexamined' } }),
      'What /dev/sda holds could not be found out, so it is left alone.',
    ],
    ['a read-only disk', disk('sda', { readOnly: true }), '/dev/sda is read-only.'],
    ['a small disk', disk('sda', { sizeBytes: 1024 ** 3 - 512 }), '/dev/sda is smaller than 1 GiB.'],
    ['another disk', disk('sdz'), 'There is no disk with the serial number SDA.'],
  ])('%s is not prepared, in words', (_name, found, problem) => {
    expect(planStorage([found], ifBlank('SDA'))).toMatchObject({ prepare: null, stateProblem: problem, dataProblem: problem })
  })

  it('a blank disk is not prepared when the seed does not ask for it', () => {
    expect(planStorage([disk('sda')], { disk: { serial: 'SDA' }, initialize: 'never' })).toMatchObject({
      prepare: null,
      dataProblem: '/dev/sda is blank, and the seed does not ask to initialize it.',
    })
  })

  it('a serial number that two disks have names neither', () => {
    expect(planStorage([disk('sda'), disk('sdb', { serial: 'SDA' })], ifBlank('SDA')).dataProblem).toBe(
      '2 disks have the serial number SDA; name one by its path.',
    )
  })

  it.each([
    ['/dev/sda', '/dev/sda'],
    ['/dev/disk/by-path/pci-0000:00:04.0-sdb', '/dev/sdb'],
  ])('the path %s names %s', (path, device) => {
    expect(planStorage([disk('sda'), disk('sdb')], { disk: { path }, initialize: 'if-blank' }).prepare?.device).toBe(device)
  })

  it('of two disks of ours the first by path is used, and said', () => {
    const plan = planStorage([ours('sda', { byPath: 'pci-0000:00:09.0' }), ours('sdb', { byPath: 'pci-0000:00:02.0' })], null)
    expect(plan).toMatchObject({
      state: { device: '/dev/sdb1' },
      stateProblem: '/dev/sdb1 and /dev/sda1 are all named corbel-state; /dev/sdb1 is used.',
      dataProblem: '/dev/sdb2 and /dev/sda2 are all named corbel-data; /dev/sdb2 is used.',
    })
  })

  it('the one that the seed names goes before', () => {
    expect(planStorage([ours('sda'), ours('sdb')], ifBlank('SDB')).data?.device).toBe('/dev/sdb2')
  })

  it('a half-prepared disk is not adopted without a seed', () => {
    const plan = planStorage([ours('sda', { content: { kind: 'unfinished' } })], null)
    expect(plan).toMatchObject({ prepare: null, state: null, data: null })
    expect(plan.stateProblem).toContain('was cut off')
  })

  it('a datastore may be XFS and be alone on its disk; a state may not', () => {
    const partitions = [
      { device: '/dev/sda1', name: 'corbel-state', fileSystem: 'xfs' },
      { device: '/dev/sda2', name: 'corbel-data', fileSystem: 'xfs' },
    ]
    expect(planStorage([disk('sda', { partitions, content: USED })], null)).toMatchObject({
      state: null,
      data: { device: '/dev/sda2' },
      stateProblem: '/dev/sda1 is named corbel-state but holds xfs instead of ext4.',
      dataProblem: null,
    })
  })
})
