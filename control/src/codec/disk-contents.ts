// What is on a disk in words of people who know other systems, from the signatures that blkid finds on it and on its partitions.
import type { BlockSignature } from './blkid.ts'

/** @source util-linux libblkid/src/superblocks, names of the probes */
const NAMES: Readonly<Record<string, string>> = {
  ntfs: 'Windows (NTFS)',
  ReFS: 'Windows (ReFS)',
  exfat: 'exFAT',
  vfat: 'FAT',
  BitLocker: 'Windows (BitLocker, encrypted)',
  ext2: 'Linux (ext2)',
  ext3: 'Linux (ext3)',
  ext4: 'Linux (ext4)',
  xfs: 'Linux (XFS)',
  btrfs: 'Linux (Btrfs)',
  f2fs: 'Linux (F2FS)',
  swap: 'Linux (swap)',
  crypto_LUKS: 'Linux (LUKS, encrypted)',
  LVM2_member: 'a member of a Linux volume group (LVM)',
  LVM1_member: 'a member of a Linux volume group (LVM)',
  linux_raid_member: 'a member of a Linux RAID',
  bcache: 'a Linux cache (bcache)',
  drbd: 'a member of a DRBD device',
  zfs_member: 'a member of a ZFS pool',
  ceph_bluestore: 'a Ceph OSD',
  VMFS: 'a VMware datastore (VMFS)',
  VMFS_volume_member: 'a VMware datastore (VMFS)',
  isw_raid_member: 'a member of a firmware RAID (Intel)',
  ddf_raid_member: 'a member of a firmware RAID (DDF)',
  lsi_mega_raid_member: 'a member of a firmware RAID (LSI)',
  promise_fasttrack_raid_member: 'a member of a firmware RAID (Promise)',
  apfs: 'macOS (APFS)',
  hfsplus: 'macOS (HFS+)',
  ufs: 'BSD (UFS)',
  iso9660: 'a boot or installation medium (ISO 9660)',
  squashfs: 'a Linux live system (SquashFS)',
}

/** Partitions that say whose disk it is even where nothing on it is known. */
const PARTITIONS: Readonly<Record<string, string>> = {
  'Microsoft reserved partition': 'Windows',
  'Basic data partition': 'Windows',
}

const TABLES: Readonly<Record<string, string>> = {
  gpt: 'a partition table (GPT)',
  PMBR: 'what is left of a partition table',
  dos: 'a partition table (MBR)',
}

/** Each kind once, in the order of the disk; never empty. `signatures` are those of the disk and its partitions, and no others. */
export function describeContents(signatures: readonly BlockSignature[], partitions: number): string {
  const found = signatures.flatMap(({ type, label, partitionLabel }) => {
    if (type !== null) return [`${NAMES[type] ?? type}${label === null || label === '' ? '' : ` "${label}"`}`]
    const known = PARTITIONS[partitionLabel ?? '']
    return known === undefined ? [] : [known]
  })
  const kinds = [...new Set(found)]
  const count = partitions === 1 ? '1 partition' : `${partitions} partitions`
  if (kinds.length > 0) return partitions > 0 ? `${count}: ${kinds.join(', ')}` : kinds.join(', ')
  const table = signatures.map(({ tableType }) => tableType).find((kind) => kind !== null)
  if (partitions > 0) return `${count} of an unknown kind`
  return table === undefined || table === null ? 'data of an unknown kind' : `${TABLES[table] ?? `a partition table (${table})`}, empty`
}
