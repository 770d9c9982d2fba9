// Terminals.
declare module 'hv:tty' {
  export interface Tty {
    /** A descriptor for `fromFd`, which takes it over; made at first use, and not closed by `close`. */
    readonly fd: number
    size(): { columns: number; rows: number }
    /** Raw mode without echo and signals; restored by `close` and at exit. */
    setRaw(): void
    /** SIGWINCH for a controlling terminal. */
    onResize(handler: () => void): void
    close(): void
  }
  /** Opens and, with `controlling`, makes it this session's controlling terminal. `ENOTTY` when it is none. */
  export function open(path: string, options?: { controlling?: boolean }): Tty
}
