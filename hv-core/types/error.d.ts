// The one error type that native modules throw or reject with.

/**
 * A failed system action. It is an `Error` whose `name` is `HostError`.
 * `code` is the errno name (`ENOENT`) or, for SQLite, the extended result name (`SQLITE_CONSTRAINT_UNIQUE`);
 * `syscall` the call that failed (`openat`, `mount`, `execve`, `sqlite3_step`); `path` the file concerned, where there is one.
 */
interface HostError extends Error {
  readonly name: 'HostError'
  readonly code: string
  readonly syscall: string
  readonly path?: string
}
