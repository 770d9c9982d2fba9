// Files, directories and mounts. Every function is synchronous and throws HostError.
declare module 'hv:fs' {
  export type FileKind = 'file' | 'directory' | 'symlink' | 'block' | 'char' | 'fifo' | 'socket'

  export interface Stat {
    kind: FileKind
    /** Bytes. */
    size: number
    /** What the file takes on disk: less than `size` where it has holes. */
    allocatedBytes: number
    /** Permission bits only (0o7777). */
    mode: number
    uid: number
    gid: number
    ino: number
    /** Milliseconds since the epoch. */
    modifiedMs: number
  }

  /** The file's bytes; `EFBIG` when there are more than `maxBytes` (default 16 MiB). Works on /proc and /sys. */
  export function readFile(path: string, maxBytes?: number): Uint8Array
  /** The same as text; `EILSEQ` when it is not UTF-8. */
  export function readText(path: string, maxBytes?: number): string
  /** The file's first `maxBytes` bytes, or all of a shorter one. Nothing is read beyond them. */
  export function readHead(path: string, maxBytes: number): Uint8Array
  /**
   * Replaces `path` by `data` so that a power cut at any moment leaves the old or the new content:
   * temporary file beside it, write, fsync, rename, fsync of the directory. `mode` defaults to 0o600.
   */
  export function writeFileAtomic(path: string, data: string | Uint8Array, options?: { mode?: number; uid?: number; gid?: number }): void
  /**
   * One write(2) to an existing file, as /proc, /sys and cgroup files want it. Never creates or truncates. With `uid` it is opened with that user's rights
   * to files, which needs CAP_SETUID: what the kernel keeps of a process belongs to the process's user, and root without CAP_DAC_OVERRIDE is none.
   */
  export function writeControl(path: string, text: string, options?: { uid?: number }): void
  /** Adds to the end of `path`, which is made with `mode` (default 0o600, less the umask) if need be; does not follow a final symlink. Not flushed to disk: what a power cut takes is the end. */
  export function appendFile(path: string, data: string | Uint8Array, options?: { mode?: number }): void
  export function stat(path: string): Stat
  /** `null` when nothing is there (ENOENT, ENOTDIR); other errors throw. Follows symlinks. */
  export function statOrNull(path: string): Stat | null
  export function lstat(path: string): Stat
  /** Names without `.` and `..`, sorted. */
  export function readDir(path: string): string[]
  /** `mode` defaults to 0o755; `recursive` makes parents and accepts an existing directory. */
  export function mkdir(path: string, options?: { mode?: number; recursive?: boolean }): void
  export function rmdir(path: string): void
  export function unlink(path: string): void
  export function rename(from: string, to: string): void
  export function chmod(path: string, mode: number): void
  /** Does not follow a final symlink. */
  export function chown(path: string, uid: number, gid: number): void
  export function symlink(target: string, path: string): void
  export function readLink(path: string): string
  /** Flushes one directory entry list, after unlink or rename, to disk. */
  export function syncDir(path: string): void
  /** Opens and returns a descriptor (close-on-exec). `flags`: `r`, `w` (existing), `rw`, `a` (existing or created 0o600). */
  export function openFd(path: string, flags: 'r' | 'w' | 'rw' | 'a'): number
  export function closeFd(fd: number): void
  export function diskSpace(path: string): { totalBytes: number; availableBytes: number }

  export type MountFlag = 'ro' | 'nosuid' | 'nodev' | 'noexec' | 'noatime' | 'bind' | 'remount'
  /** With `bind` the other flags are set too, at once or not at all; what is mounted below the source is not bound. */
  export function mount(source: string, target: string, type: string, flags?: MountFlag[], data?: string): void
  export function unmount(target: string): void
}
