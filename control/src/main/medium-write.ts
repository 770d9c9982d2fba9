// Writes one file into the root of a stick and ends: mounted in its own view alone, written, flushed, unmounted. What fails is one line on its output.
// Usage: medium-write DEVICE FILE NAME MOUNT-POINT
import { diskSpace, mkdir, mount, readFile, unmount, writeFileAtomic } from 'hv:fs'
import { args, exit } from 'hv:process'
import { fromFd } from 'hv:socket'
import { isNativeError } from '../adapters/host-failure.ts'

const MAX_BYTES = 32 * 1024 * 1024

/** In words of whoever stands at the machine. */
const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'The stick is not there any more.',
  ENXIO: 'The stick is not there any more.',
  ENODEV: 'The stick is not there any more, or its file system cannot be used.',
  EIO: 'The stick could not be written: it was pulled out, or it is broken.',
  EROFS: 'The stick is write-protected, or its file system is damaged.',
  ENOSPC: 'The stick is full.',
  EINVAL: 'The stick has no FAT file system that can be used.',
  EBUSY: 'The stick is in use.',
}

function write(device: string, file: string, name: string, at: string): void {
  const bytes = readFile(file, MAX_BYTES)
  mkdir(at, { mode: 0o700, recursive: true })
  // quiet: FAT has neither owners nor modes, and asking for them is no error.
  mount(device, at, 'vfat', ['nosuid', 'nodev', 'noexec', 'noatime'], 'quiet,umask=0077')
  try {
    const { availableBytes } = diskSpace(at)
    if (availableBytes < bytes.length) {
      throw new Error(`The stick has ${Math.floor(availableBytes / 1024)} KiB left; the bundle has ${Math.ceil(bytes.length / 1024)} KiB.`)
    }
    writeFileAtomic(`${at}/${name}`, bytes)
  } finally {
    unmount(at)
  }
}

function wordsOf(error: unknown): string {
  if (!isNativeError(error)) return error instanceof Error ? error.message : String(error)
  return `${WORDS[error.code] ?? 'The stick could not be written.'} (${error.message})`
}

const [device = '', file = '', name = '', at = ''] = args
try {
  write(device, file, name, at)
  exit(0)
} catch (error) {
  fromFd(1).write(`${wordsOf(error)}\n`)
  exit(1)
}
