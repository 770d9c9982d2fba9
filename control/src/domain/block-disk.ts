// Disks of the host and what is on them, as far as setup wants to know.

/** Names in the GUID partition table by which Corbel finds its own. */
export const STATE_PARTITION = 'corbel-state'
export const DATA_PARTITION = 'corbel-data'

export interface Partition {
  /** `/dev/vda1`; `/dev/md0` where it is a copy of an array that runs. */
  readonly device: string
  /** In the GUID partition table. */
  readonly name: string | null
  /** `ext4`, `xfs`, … */
  readonly fileSystem: string | null
}

/**
 * `blank`: nothing at all on it. `unfinished`: Corbel began to prepare it and was cut off. `used`: anything else, in words.
 * `unexamined`: nobody has asked.
 */
export type DiskContent = { readonly kind: 'unexamined' | 'blank' | 'unfinished' } | { readonly kind: 'used'; readonly what: string }

export interface BlockDisk {
  /** `/dev/vda`. */
  readonly device: string
  readonly serial: string | null
  /** Name in /dev/disk/by-path as other systems have it. */
  readonly byPath: string | null
  readonly sizeBytes: number
  readonly readOnly: boolean
  readonly partitions: readonly Partition[]
  readonly content: DiskContent
}
