// Reads what util-linux's `blkid -o export` prints: one block of NAME=VALUE lines for each device.

export interface BlockSignature {
  /** `/dev/vda1`. */
  readonly device: string
  /** File system, RAID or volume type: `ext4`, `vfat`, `iso9660`, `linux_raid_member`, … */
  readonly type: string | null
  /** Of the file system. */
  readonly label: string | null
  /** Name in the GUID partition table. */
  readonly partitionLabel: string | null
  /** `gpt`, `dos`, `PMBR` (a protective record without the table it protects), …: this device holds a partition table. */
  readonly tableType: string | null
}

export function parseBlkid(text: string): readonly BlockSignature[] {
  return text
    .split(/\n\s*\n/)
    .map((block) => new Map(block.split('\n').map(splitPair)))
    .filter((fields) => fields.has('DEVNAME'))
    .map((fields) => ({
      device: fields.get('DEVNAME') ?? '',
      type: fields.get('TYPE') ?? null,
      label: fields.get('LABEL') ?? null,
      partitionLabel: fields.get('PARTLABEL') ?? fields.get('PART_ENTRY_NAME') ?? null,
      tableType: fields.get('PTTYPE') ?? null,
    }))
}

/** Values have shell-special characters after a backslash. */
function splitPair(line: string): [string, string] {
  const at = line.indexOf('=')
  return at < 0 ? ['', ''] : [line.slice(0, at), line.slice(at + 1).replace(/\\(.)/g, '$1')]
}
