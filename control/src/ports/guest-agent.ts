// The port to the agent inside a guest (qemu-ga). What it says is the guest's claim; that it is there at all is QEMU's word.
import type { GuestClaims } from '../domain/guest.ts'

/**
 * Everything that is asked comes to an end, whatever the guest does: in its answer, or in a HostFailure `guest-agent.absent` (nothing has the channel open,
 * or no longer), `guest-agent.timeout`, `guest-agent.malformed` (it said something that no agent says, or too much), `guest-agent.unsupported` (it
 * does not know that, or is told to refuse it; everything but thawing while its file systems are frozen) or `guest-agent.error` (it could not).
 * What is asked while another answer is awaited waits for that.
 */
export interface GuestAgent {
  /** Whether something in the guest has the channel open. */
  readonly isOpen: boolean
  /** Called when that changes. One handler. */
  onChange(handler: (isOpen: boolean) => void): void
  /** Takes 15 s at most. While the file systems are frozen, that alone is told. */
  observe(): Promise<GuestClaims>
  /** Asks for a shutdown with power-off. Resolves when the agent has not refused; whether the guest does it is seen by its end. */
  shutdown(): Promise<void>
  /** Freezes all file systems, with what is unwritten written; resolves with how many, after 65 s at most. On failure they may be frozen, or become so. */
  freeze(): Promise<number>
  /** Resolves with how many, 0 when none was frozen. */
  thaw(): Promise<number>
  /** Gives the guest the host's time. */
  setTime(): Promise<void>
}
