// Makes an ext4 file system at a place of a disk or on a partition.
import { DATA_PARTITION, STATE_PARTITION } from '../domain/block-disk.ts'
import { runTool } from './run-tool.ts'

const MIB = 1_048_576

interface FileSystem {
  readonly label: string
  readonly offsetMiB: number
  readonly sizeMiB: number
  readonly options: readonly string[]
}

/** Lazy initialisation: the kernel zeroes inode tables later, so that a large disk takes a second and not minutes. */
export async function makeExt4(device: string, { label, offsetMiB, sizeMiB, options }: FileSystem): Promise<void> {
  const extended = `offset=${offsetMiB * MIB},nodiscard,lazy_itable_init=1,lazy_journal_init=1`
  const argv = ['/usr/sbin/mke2fs', '-q', '-F', '-t', 'ext4', '-L', label, ...options, '-E', extended, device, `${sizeMiB}m`]
  await runTool(argv, { timeoutMs: 60_000 })
}

/** A partition whose file system is to be empty; small journal. */
export async function makeState(device: string, sizeBytes: number): Promise<void> {
  await makeExt4(device, {
    label: STATE_PARTITION,
    offsetMiB: 0,
    sizeMiB: Math.floor(sizeBytes / MIB),
    options: ['-m', '1', '-J', 'size=16'],
  })
}

/** Few and large files, hence few inodes, and nothing kept for root. */
export async function makeDatastore(device: string, sizeBytes: number): Promise<void> {
  await makeExt4(device, {
    label: DATA_PARTITION,
    offsetMiB: 0,
    sizeMiB: Math.floor(sizeBytes / MIB),
    options: ['-m', '0', '-i', String(MIB)],
  })
}
