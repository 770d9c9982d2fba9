// Keeps a hand on a socket that is given away. Bytes are copied natively, both ways, 32 KiB at a time.
declare module 'hv:hold' {
  export interface Hold {
    /** The socket to give away (close-on-exec, the caller's): what is written to it comes to the held one, and the other way round. */
    readonly givenFd: number
    /** Called once when either end has closed, but not for an own `close`. Bytes of the side that ended which the other takes at once still reach it. */
    onClose(handler: () => void): void
    /** Closes both, whoever has a copy of `givenFd`. Idempotent. */
    close(): void
  }
  /** Takes over `fd`, a stream socket. Passed descriptors are dropped. */
  export function hold(fd: number): Hold
}
