// What blkid prints and where sysfs has disks, as captured from real machines.
import { describe, expect, it } from 'vitest'
import { parseBlkid } from '../../../control/src/codec/blkid.ts'
import { byPathName } from '../../../control/src/codec/by-path.ts'

describe('blkid', () => {
  it('tells file systems, labels and partition tables apart', () => {
    const text = `DEVNAME=/dev/sr0
BLOCK_SIZE=2048
UUID=2026-11-21-01-56-13-00
LABEL=CORBEL-SEED
TYPE=iso9660

DEVNAME=/dev/vda1
LABEL=corbel-state
UUID=d8d41e92-f595-4b28-bebb-4de950159aae
BLOCK_SIZE=4096
TYPE=ext4
PARTLABEL=corbel-state
PARTUUID=a4bd7432-669b-4939-8a59-767387cdc0a6

DEVNAME=/dev/vdb
PTUUID=24a9f36d-856a-4174-b73f-c03f0a11970f
PTTYPE=gpt
`
    expect(parseBlkid(text)).toEqual([
      { device: '/dev/sr0', type: 'iso9660', label: 'CORBEL-SEED', partitionLabel: null, tableType: null },
      { device: '/dev/vda1', type: 'ext4', label: 'corbel-state', partitionLabel: 'corbel-state', tableType: null },
      { device: '/dev/vdb', type: null, label: null, partitionLabel: null, tableType: 'gpt' },
    ])
  })

  it('has its escapes undone and an empty answer understood', () => {
    expect(parseBlkid('DEVNAME=/dev/sda1\nLABEL=My\\ disk\\$\n')[0]?.label).toBe('My disk$')
    expect(parseBlkid('')).toEqual([])
  })
})

describe('a disk’s name by where it is plugged in', () => {
  const PCI = '../devices/pci0000:00'
  it.each([
    ['virtio', `${PCI}/0000:00:04.0/virtio1/block/vda`, 'pci-0000:00:04.0'],
    ['SATA', `${PCI}/0000:00:1f.2/ata1/host0/target0:0:0/0:0:0:0/block/sda`, 'pci-0000:00:1f.2-ata-1'],
    ['SCSI behind a bridge', `${PCI}/0000:00:02.0/0000:03:00.0/host2/target2:0:1/2:0:1:0/block/sdb`, 'pci-0000:03:00.0-scsi-0:0:1:0'],
    ['NVMe behind a bridge', `${PCI}/0000:00:03.0/0000:01:00.0/nvme/nvme0/nvme0n1`, 'pci-0000:01:00.0-nvme-1'],
    ['NVMe', `${PCI}/0000:00:03.0/nvme/nvme0/nvme0n1`, 'pci-0000:00:03.0-nvme-1'],
    ['USB', `${PCI}/0000:00:14.0/usb1/1-2/1-2:1.0/host3/target3:0:0/3:0:0:0/block/sdc`, 'pci-0000:00:14.0-usb-0:2:1.0-scsi-0:0:0:0'],
    ['a loop device', '../devices/virtual/block/loop0', null],
  ])('%s', (_name, path, expected) => {
    expect(byPathName(path)).toBe(expected)
  })
})
