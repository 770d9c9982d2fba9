// What is open and was allowed when it was opened: streams, consoles, uploads. Each ends when whoever opened it may no longer.
import type { AppPorts } from './ports.ts'

/** For what ends by the clock alone: sessions, tokens and certificates that expire. */
const REVIEW_MS = 5_000

export interface Holds {
  /** `end` is called once, as soon as a review finds that `may` is false. The returned function: it has ended by itself. */
  keep(may: () => boolean, end: () => void): () => void
  /** Takes over a socket and gives one in its place, to be given away: it is closed as soon as `may` is false. */
  socket(descriptor: number, may: () => boolean): number
  /** To be called when rights may have changed. */
  review(): void
}

interface Hold {
  readonly may: () => boolean
  readonly end: () => void
}

export function createHolds({ clock, sockets, log }: Pick<AppPorts, 'clock' | 'sockets' | 'log'>): Holds {
  const holds = new Set<Hold>()
  let cancelTimer: (() => void) | null = null

  function reviewLater(): void {
    if (cancelTimer !== null || holds.size === 0) return
    cancelTimer = clock.after(REVIEW_MS, () => {
      cancelTimer = null
      review()
      reviewLater()
    })
  }

  function review(): void {
    for (const hold of [...holds]) {
      if (!holds.has(hold) || allowed(hold)) continue
      holds.delete(hold)
      hold.end()
    }
  }

  /** What cannot be found out is not allowed. */
  function allowed({ may }: Hold): boolean {
    try {
      return may()
    } catch (error) {
      log('warning', `whether a stream may stay open: ${String(error)}`)
      return false
    }
  }

  function keep(may: () => boolean, end: () => void): () => void {
    const hold = { may, end }
    holds.add(hold)
    reviewLater()
    return () => {
      holds.delete(hold)
      if (holds.size > 0) return
      cancelTimer?.()
      cancelTimer = null
    }
  }

  return {
    keep,
    review,
    socket(descriptor, may) {
      const held = sockets.hold(descriptor)
      held.onClose(keep(may, () => held.close()))
      return held.descriptor
    },
  }
}
