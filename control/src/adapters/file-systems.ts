// Checks and mounts the file systems of the state and the datastore.
import { chmod, mkdir, mount, readText } from 'hv:fs'
import { decodeUtf8 } from 'hv:text'
import { runTool } from './run-tool.ts'

export const STATE_DIRECTORY = '/state'
export const DATASTORE_DIRECTORY = '/datastores/local'

/** 0: clean; 1: errors corrected. Anything else means that it may not be written to. @source e2fsck(8), EXIT CODE */
const CHECKED = [0, 1]
/** Of blkid. @source blkid(8), EXIT STATUS */
const NO_VALUE = 2

/** Replays the journal and mends what can be mended without asking, then mounts for data only. Rejects, in words, when it cannot be had. */
export async function mountPartition(device: string, fileSystem: string, target: string, checkTimeoutMs: number): Promise<void> {
  if (fileSystem === 'ext4') {
    await runTool(['/usr/sbin/e2fsck', '-p', device], { successCodes: CHECKED, timeoutMs: checkTimeoutMs })
  }
  // XFS replays its journal by itself and has no such option for errors: it shuts down.
  const data = fileSystem === 'ext4' ? 'data=ordered,errors=remount-ro' : ''
  mkdirIfMissing(target)
  mount(device, target, fileSystem, ['nosuid', 'nodev', 'noexec', 'noatime'], data)
}

/** 0, 1: sound, or mended. 4 and more: not. @source e2fsck(8), EXIT CODE */
const MENDED = [0, 1]
/** The superblock, and where mke2fs has put its first copy: with blocks of 4 KiB, and of 1 KiB on small partitions. */
const SUPERBLOCKS = [[], ['-b', '32768', '-B', '4096'], ['-b', '8193', '-B', '1024']]

/** Mends a file system of which something may be lost by that, from a copy of its superblock if need be. Rejects, in words, when it is beyond that. */
export async function repairExt4(device: string, timeoutMs: number): Promise<void> {
  let failure: unknown
  for (const superblock of SUPERBLOCKS) {
    try {
      await runTool(['/usr/sbin/e2fsck', '-f', '-y', ...superblock, device], { successCodes: MENDED, timeoutMs })
      return
    } catch (error) {
      failure ??= error
    }
  }
  throw failure
}

/** The state holds keys and password hashes: root's alone, also on a disk that was prepared elsewhere. */
export function closeStateDirectory(): void {
  chmod(STATE_DIRECTORY, 0o700)
}

/** A state in memory, gone at power-off. */
export function mountVolatileState(): void {
  mkdirIfMissing(STATE_DIRECTORY)
  mount('tmpfs', STATE_DIRECTORY, 'tmpfs', ['nosuid', 'nodev', 'noexec'], 'size=64m,mode=0700')
}

/** The image has the mount points, and its root cannot be written to. */
function mkdirIfMissing(path: string): void {
  mkdir(path, { recursive: true })
}

/** True when something is mounted at exactly this path. */
export function isMounted(target: string): boolean {
  return deviceAt(target) !== null
}

/** Of what is mounted at exactly this path; null when nothing is, or it has none. Rejects, in words, when it cannot be found out. */
export async function findFileSystemUuid(target: string): Promise<string | null> {
  const device = deviceAt(target)
  if (device?.startsWith('/dev/') !== true) return null
  const argv = ['/usr/sbin/blkid', '-c', '/dev/null', '-s', 'UUID', '-o', 'value', device]
  const { stdout } = await runTool(argv, { successCodes: [0, NO_VALUE] })
  return decodeUtf8(stdout).trim() || null
}

/** What is mounted there last. */
function deviceAt(target: string): string | null {
  const mounts = readText('/proc/self/mounts')
    .split('\n')
    .map((line) => line.split(' '))
  return mounts.findLast(([, at]) => at === target)?.[0] ?? null
}
