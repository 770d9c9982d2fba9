// What is on a disk, in words, from what blkid finds.
import { describe, expect, it } from 'vitest'
import { parseBlkid } from '../../../control/src/codec/blkid.ts'
import { describeContents } from '../../../control/src/codec/disk-contents.ts'

const windows = `DEVNAME=/dev/sda
PTTYPE=gpt

DEVNAME=/dev/sda1
TYPE=vfat
PARTLABEL=EFI\\ system\\ partition

DEVNAME=/dev/sda2
PARTLABEL=Microsoft\\ reserved\\ partition

DEVNAME=/dev/sda3
LABEL=Data
TYPE=ntfs
PARTLABEL=Basic\\ data\\ partition
`

describe('the contents of a disk', () => {
  it.each([
    ['with Windows', windows, 3, '3 partitions: FAT, Windows, Windows (NTFS) "Data"'],
    [
      'with Linux on LVM and a RAID',
      'DEVNAME=/dev/sda1\nTYPE=LVM2_member\n\nDEVNAME=/dev/sda2\nTYPE=linux_raid_member\n',
      2,
      '2 partitions: a member of a Linux volume group (LVM), a member of a Linux RAID',
    ],
    ['that is a ZFS member as a whole', 'DEVNAME=/dev/sda\nTYPE=zfs_member\n', 0, 'a member of a ZFS pool'],
    ['with a VMware datastore', 'DEVNAME=/dev/sda1\nTYPE=VMFS_volume_member\n', 1, '1 partition: a VMware datastore (VMFS)'],
    [
      'with the same thing on each partition',
      'DEVNAME=/dev/sda1\nTYPE=swap\n\nDEVNAME=/dev/sda2\nTYPE=swap\n',
      2,
      '2 partitions: Linux (swap)',
    ],
    ['with a type that has no name here', 'DEVNAME=/dev/sda1\nTYPE=jfs\n', 1, '1 partition: jfs'],
    ['with an empty table', 'DEVNAME=/dev/sda\nPTTYPE=gpt\n', 0, 'a partition table (GPT), empty'],
    ['with partitions that say nothing', 'DEVNAME=/dev/sda\nPTTYPE=dos\n', 2, '2 partitions of an unknown kind'],
    ['with nothing that is known', '', 0, 'data of an unknown kind'],
  ])('%s', (_, text, partitions, words) => {
    expect(describeContents(parseBlkid(text), partitions)).toBe(words)
  })
})
