// State and datastore on two disks: each an array of two copies (RAID 1), of which one is enough.
import { DATA_PARTITION, STATE_PARTITION } from './block-disk.ts'

export const MIRRORED = { [STATE_PARTITION]: 'state', [DATA_PARTITION]: 'datastore' } as const
export type MirroredPartition = keyof typeof MIRRORED

/** What the superblock on a partition says of its array. */
export interface MirrorMember {
  /** `/dev/vda5`. */
  readonly device: string
  /** Of the disk that it is on: `/dev/vda`. */
  readonly disk: string
  readonly holds: MirroredPartition
  readonly uuid: string
  /** Copies that the array is made to have. */
  readonly copies: number
  /** Counts what was noted in the superblocks; a copy that was left out is behind. */
  readonly events: number
  /** By its own account a copy is missing: it was written to without that. */
  readonly ranAlone: boolean
}

/** What an array is started from. */
export interface ArrayPlan {
  readonly holds: MirrorMember['holds']
  readonly uuid: string
  /** It starts with these. */
  readonly devices: readonly string[]
  /** Left out for a while, and nothing was written to it meanwhile: gets what it lacks. */
  readonly rejoin: readonly string[]
  /** Was written to while it was alone, as was what is used now: left as it is. */
  readonly diverged: readonly string[]
  /** Copies that are nowhere. */
  readonly missing: number
}

export interface MirrorCopy {
  /** `/dev/vda5`. */
  readonly device: string
  /** `copying`: it gets what the other has. `failed`: the kernel has taken it out. */
  readonly state: 'in-sync' | 'copying' | 'failed'
}

/** An array that runs. */
export interface Mirror {
  readonly holds: (typeof MIRRORED)[MirroredPartition]
  /** `/dev/md0`. */
  readonly device: string
  readonly copies: readonly MirrorCopy[]
  /** Copies that it should have and that are nowhere. */
  readonly missing: number
  /** Of what is being copied, 0 to 100; null while nothing is. */
  readonly copiedPercent: number | null
}

/** `/dev/sda5` is on `/dev/sda`, `/dev/nvme0n1p5` on `/dev/nvme0n1`. */
export function isPartitionOf(partition: string, disk: string): boolean {
  return partition.startsWith(disk) && /^p?\d+$/.test(partition.slice(disk.length))
}

/** Something that it should be on is away, or was taken out; what is being copied is there already. */
export function lacksCopy({ copies, missing }: Mirror): boolean {
  return missing > 0 || copies.some(({ state }) => state === 'failed')
}

/** What is wrong, in words; null when all of it is on every disk that it should be on. */
export function mirrorProblem({ holds, copies, missing, copiedPercent }: Mirror): string | null {
  const named = (state: MirrorCopy['state']) => copies.filter((copy) => copy.state === state).map(({ device }) => device)
  const [failed, copying] = [named('failed'), named('copying')]
  if (copying.length > 0)
    return `The ${holds} is being copied to ${copying.join(', ')}${copiedPercent === null ? '' : `, ${copiedPercent} %`}.`
  const why = [
    ...(failed.length === 0 ? [] : [`${failed.join(', ')} has failed`]),
    ...(missing === 0 ? [] : [`${missing === 1 ? 'a disk is' : `${missing} disks are`} missing`]),
  ]
  return why.length === 0 ? null : `The ${holds} is on ${named('in-sync').join(', ') || 'no disk'} alone: ${why.join(', ')}.`
}
