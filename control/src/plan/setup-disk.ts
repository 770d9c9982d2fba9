// Decides where the state and the datastore are: which partitions are adopted, and whether a disk is prepared for them.
import { type BlockDisk, DATA_PARTITION, type Partition, STATE_PARTITION } from '../domain/block-disk.ts'
import type { DatastoreWish, DiskSelector } from '../domain/seed.ts'

/** Below this a disk is not prepared: state and an empty datastore would hardly fit. */
const MIN_DISK_BYTES = 1024 ** 3

/** What blkid calls it. */
const MIRROR_COPY = 'linux_raid_member'

export interface StoragePlan {
  /** To be partitioned; state and data are then what comes of it. */
  readonly prepare: BlockDisk | null
  readonly state: Partition | null
  readonly data: Partition | null
  /** Named as the state is, with nothing on it that is known, where there is no other. */
  readonly brokenState: Partition | null
  /** In words, for the console; null when all is as wished. */
  readonly stateProblem: string | null
  readonly dataProblem: string | null
}

/** The disk that a selector names, or why there is none. */
export function selectDisk(disks: readonly BlockDisk[], selector: DiskSelector): { disk: BlockDisk } | { problem: string } {
  const [first, ...others] = disks.filter((disk) => isSelected(disk, selector))
  if (first === undefined) return { problem: `There is no disk with ${describe(selector)}.` }
  if (others.length > 0) return { problem: `${others.length + 1} disks have ${describe(selector)}; name one by its path.` }
  return { disk: first }
}

function isSelected(disk: BlockDisk, selector: DiskSelector): boolean {
  if (selector.serial !== undefined) return disk.serial === selector.serial
  return selector.path === disk.device || selector.path === `/dev/disk/by-path/${disk.byPath}`
}

function describe(selector: DiskSelector): string {
  return selector.serial !== undefined ? `the serial number ${selector.serial}` : `the path ${selector.path}`
}

export function planStorage(disks: readonly BlockDisk[], wish: DatastoreWish | null): StoragePlan {
  const selected = wish === null ? null : selectDisk(disks, wish.disk)
  const wished = selected !== null && 'disk' in selected ? selected.disk : null
  const preparation = wish !== null && wished !== null ? planPreparation(wished, wish) : null
  if (preparation === 'prepare')
    return { prepare: wished, state: null, data: null, brokenState: null, stateProblem: null, dataProblem: null }

  const finished = disks.filter((disk) => disk.content.kind !== 'unfinished').sort((a, b) => compareDisks(a, b, wished))
  const state = choose(finished, STATE_PARTITION, ['ext4'])
  const data = choose(finished, DATA_PARTITION, ['ext4', 'xfs'])
  const refusal = selected !== null && 'problem' in selected ? selected.problem : preparation
  const unfinished = disks
    .filter((disk) => disk.content.kind === 'unfinished')
    .map((disk) => `The preparation of ${disk.device} was cut off; boot with a seed that names it to have it done again.`)
  return {
    prepare: null,
    state: state.partition,
    data: data.partition,
    brokenState: state.partition === null ? state.unusable : null,
    stateProblem: sentences([...state.problems, ...(state.partition === null ? [refusal, ...unfinished] : [])]),
    dataProblem: sentences([...data.problems, refusal, ...(data.partition === null ? unfinished : [])]),
  }
}

function sentences(parts: readonly (string | null)[]): string | null {
  const text = [...new Set(parts)].filter((part) => part !== null).join(' ')
  return text === '' ? null : text
}

/** `prepare`, or why not, or null when the disk already has what is needed. */
function planPreparation(disk: BlockDisk, wish: DatastoreWish): string | null {
  const { device, content } = disk
  if (content.kind !== 'unfinished' && disk.partitions.some((partition) => partition.name === DATA_PARTITION)) return null
  if (content.kind === 'used') return `${device} holds ${content.what} and is left alone.`
  if (content.kind === 'unexamined') return `What ${device} holds could not be found out, so it is left alone.`
  if (wish.initialize !== 'if-blank') return `${device} is blank, and the seed does not ask to initialize it.`
  if (disk.readOnly) return `${device} is read-only.`
  if (disk.sizeBytes < MIN_DISK_BYTES) return `${device} is smaller than 1 GiB.`
  return 'prepare'
}

/** The disk that the seed names first, then by where they are plugged in, then by device name. */
function compareDisks(a: BlockDisk, b: BlockDisk, wished: BlockDisk | null): number {
  const rank = (disk: BlockDisk) => `${disk === wished ? 0 : 1} ${disk.byPath ?? '~'} ${disk.device}`
  return rank(a) < rank(b) ? -1 : 1
}

function choose(
  disks: readonly BlockDisk[],
  name: string,
  fileSystems: readonly string[],
): { partition: Partition | null; unusable: Partition | null; problems: string[] } {
  const all = disks.flatMap((disk) => disk.partitions.filter((partition) => partition.name === name))
  // Both copies of a mirror are one.
  const named = all.filter(({ device }, at) => all.findIndex((other) => other.device === device) === at)
  const usable = named.filter(({ fileSystem }) => fileSystem !== null && fileSystems.includes(fileSystem))
  // A copy of a mirror that was left out is told of elsewhere.
  const isLeftOut = ({ fileSystem }: Partition) => fileSystem === MIRROR_COPY && usable.length > 0
  const problems = named
    .filter((partition) => !usable.includes(partition) && !isLeftOut(partition))
    .map(
      ({ device, fileSystem }) =>
        `${device} is named ${name} but holds ${fileSystem ?? 'no file system'} instead of ${fileSystems.join(' or ')}.`,
    )
  const [partition = null, ...others] = usable
  if (partition !== null && others.length > 0) {
    problems.push(`${usable.map(({ device }) => device).join(' and ')} are all named ${name}; ${partition.device} is used.`)
  }
  // What holds something else is somebody's.
  const [unusable = null] = named.filter(({ fileSystem }) => fileSystem === null)
  return { partition, unusable, problems }
}
