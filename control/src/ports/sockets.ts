// Sockets that are given away and can be taken back.

export interface HeldSocket {
  /** To give away; the caller's. */
  readonly descriptor: number
  /** Calls once when either side has closed, but not for an own `close`. */
  onClose(handler: () => void): void
  /** Closes it under whoever has it. */
  close(): void
}

export interface Sockets {
  /** Takes over a stream socket and gives another in its place. */
  hold(descriptor: number): HeldSocket
}
