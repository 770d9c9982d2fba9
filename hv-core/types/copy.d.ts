// Bytes from a descriptor into a file, hashed on the way; none of them enters the script.
declare module 'hv:copy' {
  export interface Copy {
    /**
     * Copies at most `maxBytes` (up to 1 GiB), waiting for the source, and flushes them to disk; this is the one call that blocks the program until the
     * other side has moved. Fewer than `maxBytes` means the source's end. Throws HostError, with `syscall` `read`, `write` or `fdatasync`.
     */
    step(maxBytes: number): number
    /** Of all that was copied until now. */
    sha256(): Uint8Array
  }
  /** Both descriptors stay the caller's; the target is written from where it stands. */
  export function open(sourceFd: number, targetFd: number): Copy
}
